//! Which language texts come in, and which tags name one.

use entitled::proto::v1;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use crate::server::{Backend, TestServer, request_id};
use crate::{corpus, yaml};

const ENGLISH: &str = "Rapid Response";
const INDONESIAN: &str = "Tanggapan Cepat";

fn with_language<M>(message: M, language: Option<&'static str>) -> Request<M> {
    let mut request = Request::new(message);
    if let Some(language) = language {
        request.metadata_mut().insert("accept-language", language.parse().unwrap());
    }
    request
}

async fn prepared() -> TestServer {
    let server = TestServer::start(Backend::Sqlite).await;
    let file = corpus::files().into_iter().find(|file| file.ends_with("t-rapid.yaml")).unwrap();
    let document = entitled::cli::document::read(&corpus::load(&file)["document"].to_string()).unwrap();
    let request = v1::ApplyContractRequest { request_id: request_id(), ..document.request };
    server.contracts().apply_contract(request).await.unwrap();
    server
}

/// A refusal: its reason has words.
fn check() -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest {
        customer_id: "t-rapid".to_owned(),
        location_id: "gb-london".to_owned(),
        product_id: "windows-server".to_owned(),
        service_id: "workshops".to_owned(),
        ..v1::CheckEntitlementRequest::default()
    }
}

fn incident() -> v1::GetResponseTargetRequest {
    v1::GetResponseTargetRequest {
        customer_id: "t-rapid".to_owned(),
        location_id: "gb-london".to_owned(),
        product_id: "windows-server".to_owned(),
        severity: v1::Severity::A.into(),
        ..v1::GetResponseTargetRequest::default()
    }
}

#[tokio::test]
async fn every_call_with_texts_heeds_the_language_asked_for() {
    let server = prepared().await;
    let (mut entitlements, mut catalog) = (server.entitlements(), server.catalog());
    for (header, locale, is_indonesian) in [
        (None, None, false),
        (Some("id-ID, en;q=0.7"), None, true),
        (Some("fr, id;q=0.3"), None, true),
        (Some("fr"), None, false),
        (Some("in-ID"), None, true),
        (None, Some("in"), true),
        (Some("no-such-language, xx;q=0.9, ind;q=0.3"), None, true),
        (Some("in"), Some("eng"), false),
        (Some("id"), Some("en"), false),
        (Some("en"), Some("id"), true),
        (Some("id"), Some("fr"), false),
        (Some("id"), Some(""), true),
    ] {
        let locale = locale.map(str::to_owned);
        let words = |english: &'static str, indonesian| if is_indonesian { indonesian } else { english };
        let refused = words("Workshops is neither on a work order", "Lokakarya tidak tercantum");

        let ask = v1::CheckEntitlementRequest { locale: locale.clone(), ..check() };
        let answer = entitlements.check_entitlement(with_language(ask.clone(), header)).await.unwrap().into_inner();
        assert!(answer.reasons[0].message.starts_with(refused), "{header:?} {locale:?} {:?}", answer.reasons);

        let batch = v1::BatchCheckEntitlementsRequest { checks: vec![ask], ..Default::default() };
        let answer = entitlements.batch_check_entitlements(with_language(batch, header)).await.unwrap().into_inner();
        let answer = yaml::to_json("entitled.v1.BatchCheckEntitlementsResponse", &answer);
        assert!(answer["results"][0]["response"]["reasons"][0]["message"].as_str().unwrap().starts_with(refused));

        let list = v1::ListEntitlementsRequest {
            customer_id: "t-rapid".to_owned(),
            group: Some("education".to_owned()),
            decision: v1::Decision::NotEntitled.into(),
            locale: locale.clone(),
            page_size: 1_000,
            ..Default::default()
        };
        let rows = entitlements.list_entitlements(with_language(list, header)).await.unwrap().into_inner().entitlements;
        let row = rows.iter().find(|row| row.service_id == "workshops").unwrap();
        assert!(row.reasons[0].message.starts_with(refused));

        let incident = v1::GetResponseTargetRequest { locale: locale.clone(), ..incident() };
        let target = entitlements.get_response_target(with_language(incident, header)).await.unwrap().into_inner();
        let manager = words("A senior incident manager", "Manajer Insiden Senior");
        assert!(target.resources[0].message.starts_with(manager), "{:?}", target.resources);

        let service = v1::GetServiceRequest {
            service_id: "rapid-response".to_owned(),
            locale: locale.clone(),
            ..Default::default()
        };
        let service = catalog.get_service(with_language(service, header)).await.unwrap().into_inner();
        assert_eq!(service.service.unwrap().display_name, words(ENGLISH, INDONESIAN));
        let services = v1::ListServicesRequest { locale: locale.clone(), page_size: 1_000, ..Default::default() };
        let services = catalog.list_services(with_language(services, header)).await.unwrap().into_inner().services;
        assert!(services.iter().any(|service| service.display_name == words(ENGLISH, INDONESIAN)));

        let name = words("Unified Enterprise Support Services 2023", "Layanan Dukungan Perusahaan Terpadu 2023");
        let edition_id = "unified-enterprise-2023".to_owned();
        let edition = v1::GetEditionRequest { edition_id, locale: locale.clone() };
        let edition = catalog.get_edition(with_language(edition, header)).await.unwrap().into_inner();
        assert_eq!(edition.edition.unwrap().display_name, name);
        let editions = v1::ListEditionsRequest { locale, ..Default::default() };
        let editions = catalog.list_editions(with_language(editions, header)).await.unwrap().into_inner().editions;
        assert!(editions.iter().any(|edition| edition.display_name == name));
    }
    drop((entitlements, catalog));
    server.stop().await;
}

/// What is said to people, of the first field and of the first precondition.
fn words(status: &Status) -> (String, String, String) {
    let details = status.get_error_details();
    let field = &details.bad_request().unwrap().field_violations[0];
    let localized = field.localized_message.as_ref().unwrap();
    let precondition = details.precondition_failure().unwrap().violations[0].description.clone();
    assert_eq!(localized.message, precondition);
    assert_eq!(details.error_info().unwrap().metadata["section"], "2.3");
    (localized.locale.clone(), precondition, field.description.clone())
}

#[tokio::test]
async fn a_refused_write_speaks_the_language_asked_for() {
    let server = prepared().await;
    let file = corpus::files().into_iter().find(|file| file.ends_with("t-rapid.yaml")).unwrap();
    let mut document = entitled::cli::document::read(&corpus::load(&file)["document"].to_string()).unwrap().request;
    "t-rapid-2".clone_into(&mut document.customer.as_mut().unwrap().customer_id);
    let order = &mut document.work_orders[0];
    "t-rapid-2".clone_into(&mut order.customer_id);
    order.items.push(v1::Item {
        item_id: "too-short".to_owned(),
        service_id: "office-365-incident-response".to_owned(),
        quantity: Some(v1::Quantity { amount: 39, unit: v1::Unit::Hours.into() }),
        location_ids: vec![order.host_location_id.clone()],
        product_ids: vec!["microsoft-365".to_owned()],
        ..v1::Item::default()
    });
    for (header, language, instead) in [
        (None, "en", "Buy at least 40 h. (section 2.3)"),
        (Some("id-ID, en;q=0.7"), "id", "Beli sedikitnya 40 jam. (bagian 2.3)"),
        (Some("fr"), "en", "Buy at least 40 h. (section 2.3)"),
    ] {
        for validate_only in [false, true] {
            let request_id = request_id();
            let request = v1::ApplyContractRequest { request_id, validate_only, ..document.clone() };
            let refused = server.contracts().apply_contract(with_language(request, header)).await.unwrap_err();
            assert_eq!(refused.code(), Code::FailedPrecondition, "{refused:?}");
            let (locale, message, description) = words(&refused);
            assert_eq!(locale, language);
            assert!(message.ends_with(instead), "{message}");
            assert_eq!(description, "`office-365-incident-response` is at least 40 hours");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_tag_that_names_no_language_is_refused() {
    let server = prepared().await;
    let refused = |status: Status, field: &str, tag: &str| {
        assert_eq!(status.code(), Code::InvalidArgument, "{tag}");
        let violations = status.get_details_bad_request().unwrap().field_violations;
        assert_eq!((violations[0].field.as_str(), violations[0].reason.as_str()), (field, "FIELD_INVALID"), "{tag}");
    };
    for tag in ["xx", "qqq-private", "english", "en_GB", "e", "en-"] {
        let tag = Some(tag.to_owned());
        let told = tag.clone().unwrap();
        let ask = v1::CheckEntitlementRequest { language: tag.clone(), ..check() };
        refused(server.entitlements().check_entitlement(ask).await.unwrap_err(), "language", &told);
        let ask = v1::CheckEntitlementRequest { locale: tag.clone(), ..check() };
        refused(server.entitlements().check_entitlement(ask).await.unwrap_err(), "locale", &told);
        let ask = v1::GetResponseTargetRequest { language: tag.clone(), ..incident() };
        refused(server.entitlements().get_response_target(ask).await.unwrap_err(), "language", &told);
        let ask = v1::GetResponseTargetRequest { locale: tag, ..incident() };
        refused(server.entitlements().get_response_target(ask).await.unwrap_err(), "locale", &told);
    }
    for tag in ["fr", "eng", "iw", "ji-001", "pt-BR", "fil", "zh-Hant-TW"] {
        let ask =
            v1::CheckEntitlementRequest { language: Some(tag.to_owned()), locale: Some(tag.to_owned()), ..check() };
        server.entitlements().check_entitlement(ask).await.unwrap();
    }
    server.stop().await;
}
