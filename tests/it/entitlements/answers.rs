//! One check: its identity, its views and its texts.

use std::collections::BTreeSet;

use entitled::proto::v1;
use prost::Message as _;

use super::{batch, checks_of_all_kinds, list, results, rows};
use crate::sample::{ENGINEERING, LONDON, add_on, check, create, document, fully_consistent, hours, stored, time};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    the_same_question_has_the_same_bytes,
    another_fact_is_another_decision,
    a_view_shows_more_and_decides_the_same,
    texts_come_in_two_languages,
    an_empty_fact_is_an_absent_one,
);

async fn the_same_question_has_the_same_bytes(server: &TestServer) {
    let document = v1::ApplyContractRequest { request_id: request_id(), ..document("contoso") };
    server.contracts().apply_contract(document).await.unwrap();
    let path = "/entitled.v1.EntitlementService/CheckEntitlement";
    for check in checks_of_all_kinds().into_iter().filter(|check| check.customer_id == "contoso") {
        let mut answers = BTreeSet::new();
        for consistency in [None, fully_consistent(), None, fully_consistent()] {
            let request = v1::CheckEntitlementRequest { consistency, ..check.clone() };
            match crate::raw::call(server.channel.clone(), path, request.encode_to_vec()).await {
                Ok(bytes) => answers.insert(bytes),
                Err(status) => answers.insert(status.message().as_bytes().to_vec()),
            };
        }
        assert_eq!(answers.len(), 1, "{check:?}");
    }
}

async fn another_fact_is_another_decision(server: &TestServer) {
    stored(server, "contoso").await;
    stored(server, "fabrikam").await;
    let id = async |request: v1::CheckEntitlementRequest| {
        let id = server.entitlements().check_entitlement(request).await.unwrap().into_inner().decision_id;
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        id
    };
    fn delivery(request: &mut v1::CheckEntitlementRequest) -> &mut v1::Delivery {
        request.delivery.get_or_insert_default()
    }
    let same: [fn(&mut v1::CheckEntitlementRequest); 4] = [
        |_| {},
        |it| it.locale = Some("id".into()),
        |it| it.view = v1::View::Full.into(),
        |it| it.consistency = fully_consistent(),
    ];
    let other: [fn(&mut v1::CheckEntitlementRequest); 19] = [
        |it| it.customer_id = "fabrikam".into(),
        |it| it.location_id = LONDON.into(),
        |it| it.product_id = "azure".into(),
        |it| it.service_id = "workshops".into(),
        |it| it.check_time = time("2026-06-01T10:00:01Z"),
        |it| it.known_time = time("2999-06-01T10:00:01Z"),
        |it| it.severity = 1,
        |it| it.channel = 1,
        |it| it.language = Some("en".into()),
        |it| it.contact_id = Some("ada".into()),
        |it| it.tenant_id = Some("ada".into()),
        |it| it.activity = Some("ada".into()),
        |it| it.quantity = hours(1),
        |it| delivery(it).start_time = time("2026-06-02T10:00:00Z"),
        |it| delivery(it).end_time = time("2026-06-02T10:00:00Z"),
        |it| delivery(it).mode = 1,
        |it| delivery(it).requested_time = time("2026-06-02T10:00:00Z"),
        |it| delivery(it).solution_ids = vec!["shop".into()],
        |it| it.incident_close_time = time("2026-06-02T10:00:00Z"),
    ];
    let first = id(check("contoso")).await;
    for change in same {
        let mut request = check("contoso");
        change(&mut request);
        assert_eq!(id(request).await, first);
    }
    let mut ids = BTreeSet::from([first]);
    for (row, change) in other.into_iter().enumerate() {
        let mut request = check("contoso");
        change(&mut request);
        assert!(ids.insert(id(request).await), "fact {row}");
    }
    // So is the same question about a contract that changed.
    server.contracts().create_work_order(create(add_on("contoso", "wo-3"))).await.unwrap();
    let request = v1::CheckEntitlementRequest { consistency: fully_consistent(), ..check("contoso") };
    assert!(ids.insert(id(request).await));
}

async fn a_view_shows_more_and_decides_the_same(server: &TestServer) {
    stored(server, "contoso").await;
    let ask = async |view: v1::View, batch_view: Option<v1::View>| {
        let request = v1::CheckEntitlementRequest { view: view.into(), ..check("contoso") };
        match batch_view {
            None => server.entitlements().check_entitlement(request).await.unwrap().into_inner(),
            Some(batch_view) => {
                let request = v1::BatchCheckEntitlementsRequest { view: batch_view.into(), ..batch(vec![request]) };
                let Some(v1::batch_check_result::Result::Response(answer)) = results(server, request).await.pop()
                else {
                    panic!("no answer")
                };
                answer
            }
        }
    };
    let basic = ask(v1::View::Unspecified, None).await;
    let full = ask(v1::View::Full, None).await;
    assert_eq!(ask(v1::View::Basic, None).await, basic);
    // A check of a batch has its own view, else the batch's.
    assert_eq!(ask(v1::View::Unspecified, Some(v1::View::Full)).await, full);
    assert_eq!(ask(v1::View::Basic, Some(v1::View::Full)).await, basic);
    assert_eq!(ask(v1::View::Full, Some(v1::View::Unspecified)).await, full);

    let terms = full.coverage.clone().unwrap();
    assert_eq!(terms.covered_products, ["azure/*", "windows-server/*"]);
    assert_eq!(terms.service_hours.as_ref().unwrap().time_zone, "Europe/Dublin");
    assert!(!terms.delivery_modes.is_empty());
    assert!(!terms.description.is_empty() && !terms.deliverables.is_empty());
    let without_terms = v1::Coverage {
        delivery_modes: Vec::new(),
        languages: Vec::new(),
        channels: Vec::new(),
        covered_products: Vec::new(),
        product_ids: Vec::new(),
        service_hours: None,
        description: String::new(),
        deliverables: Vec::new(),
        ..terms
    };
    assert_eq!(basic.coverage, Some(without_terms.clone()));
    let reduced = v1::CheckEntitlementResponse {
        coverage: Some(without_terms),
        notes: Vec::new(),
        response_target: None,
        ..full
    };
    assert_eq!(basic, reduced);
    let block = &basic.coverage.unwrap().blocks[0];
    assert_eq!((block.granted, block.available, block.unit()), (24_000, 24_000, v1::Unit::Minutes));
}

async fn texts_come_in_two_languages(server: &TestServer) {
    stored(server, "contoso").await;
    let ask = async |locale: Option<&str>| {
        let locale = locale.map(str::to_owned);
        let request = v1::CheckEntitlementRequest { locale, location_id: LONDON.to_owned(), ..check("contoso") };
        server.entitlements().check_entitlement(request).await.unwrap().into_inner()
    };
    let english = ask(None).await;
    for same in ["", "en", "en-GB", "EN", "fr"] {
        assert_eq!(ask(Some(same)).await, english, "{same}");
    }
    let indonesian = ask(Some("id")).await;
    for same in ["id-ID", "ID"] {
        assert_eq!(ask(Some(same)).await, indonesian, "{same}");
    }
    let [reason] = english.reasons.as_slice() else { panic!("{english:?}") };
    let [translated] = indonesian.reasons.as_slice() else { panic!("{indonesian:?}") };
    assert_eq!(reason.code, "LOCATION_NOT_DESIGNATED");
    assert_ne!(reason.message, translated.message);
    assert_ne!(reason.remedy.as_ref().unwrap().message, translated.remedy.as_ref().unwrap().message);
    // Only the texts differ.
    let silent = |answer: &v1::CheckEntitlementResponse| {
        let mut answer = answer.clone();
        answer.reasons[0].message.clear();
        answer.reasons[0].remedy.as_mut().unwrap().message.clear();
        answer
    };
    assert_eq!(silent(&english), silent(&indonesian));
    let listed = rows(
        server,
        v1::ListEntitlementsRequest {
            locale: Some("id".to_owned()),
            product_id: Some("azure/app-service".to_owned()),
            ..list()
        },
    )
    .await;
    let row =
        listed.iter().find(|row| (row.location_id.as_str(), row.service_id.as_str()) == (LONDON, ENGINEERING)).unwrap();
    assert_eq!(row.reasons[0], *translated);
}

async fn an_empty_fact_is_an_absent_one(server: &TestServer) {
    stored(server, "contoso").await;
    let empty = v1::CheckEntitlementRequest {
        language: Some(String::new()),
        contact_id: Some(String::new()),
        tenant_id: Some(String::new()),
        activity: Some(String::new()),
        locale: Some(String::new()),
        delivery: Some(v1::Delivery::default()),
        consistency: Some(v1::Consistency { requirement: None }),
        ..check("contoso")
    };
    let mut client = server.entitlements();
    let answer = client.check_entitlement(empty).await.unwrap().into_inner();
    assert_eq!(answer, client.check_entitlement(check("contoso")).await.unwrap().into_inner());
    // Answers, not errors.
    let unknown = v1::CheckEntitlementRequest {
        service_id: "problem-resolution-support".to_owned(),
        contact_id: Some("eve".to_owned()),
        ..check("contoso")
    };
    let answer = client.check_entitlement(unknown).await.unwrap().into_inner();
    assert_eq!(answer.reasons[0].code, "CONTACT_NOT_DESIGNATED");
    let unknown = v1::CheckEntitlementRequest {
        service_id: "cybersecurity-incident-response".to_owned(),
        activity: Some("gardening".to_owned()),
        ..check("contoso")
    };
    let answer = client.check_entitlement(unknown).await.unwrap().into_inner();
    assert_eq!(answer.decision(), v1::Decision::NotEntitled);
}
