//! Decisions over the wire: alone, in batches and in lists, the same question has the same answer.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::collections::{BTreeMap, BTreeSet};

use entitled::proto::v1;
use prost::Message as _;
use tonic::Code;
use tonic_types::pb;

use crate::sample::{
    DUBLIN, EDITION, ENGINEERING, LONDON, Refusal, add_on, check, create, document, fully_consistent, hours, stored,
    time,
};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    a_batch_answers_as_single_checks_do,
    a_full_batch_is_answered,
    a_batch_is_judged_at_one_instant_and_revision,
    a_list_has_every_location_and_service,
    a_list_agrees_with_single_checks,
    a_list_is_filtered,
    a_list_is_paged_completely,
    the_same_question_has_the_same_bytes,
    another_fact_is_another_decision,
    a_view_shows_more_and_decides_the_same,
    texts_come_in_two_languages,
    an_empty_fact_is_an_absent_one,
);

fn at() -> Option<prost_types::Timestamp> {
    time("2026-06-01T10:00:00Z")
}

fn checks_of_all_kinds() -> Vec<v1::CheckEntitlementRequest> {
    let with = |change: fn(&mut v1::CheckEntitlementRequest)| {
        let mut request = check("contoso");
        change(&mut request);
        request
    };
    vec![
        check("contoso"),
        with(|it| it.location_id = LONDON.into()),
        with(|it| it.customer_id = "nobody".into()),
        check("contoso"),
        with(|it| it.customer_id = "Contoso".into()),
        with(|it| it.product_id = "sql-server".into()),
        with(|it| it.quantity = hours(401)),
        with(|it| it.quantity = Some(v1::Quantity { amount: 1, unit: v1::Unit::Visits.into() })),
        with(|it| it.service_id = "unified-enhanced-response".into()),
        with(|it| (it.severity, it.channel) = (99, 99)),
        check("fabrikam"),
        with(|it| it.location_id = "nowhere".into()),
        with(|it| it.service_id = "no-such-service".into()),
        with(|it| it.product_id = "azur".into()),
        with(|it| it.check_time = time("2030-01-01T00:00:00Z")),
        with(|it| (it.view, it.locale) = (v1::View::Full.into(), Some("id".into()))),
        with(|it| it.known_time = time("1970-01-01T00:00:00Z")),
    ]
}

async fn results(
    server: &TestServer,
    request: v1::BatchCheckEntitlementsRequest,
) -> Vec<v1::batch_check_result::Result> {
    let answer = server.entitlements().batch_check_entitlements(request).await.unwrap().into_inner();
    answer.results.into_iter().map(|result| result.result.unwrap()).collect()
}

fn batch(checks: Vec<v1::CheckEntitlementRequest>) -> v1::BatchCheckEntitlementsRequest {
    v1::BatchCheckEntitlementsRequest { checks, ..Default::default() }
}

async fn a_batch_answers_as_single_checks_do(server: &TestServer) {
    stored(server, "contoso").await;
    stored(server, "fabrikam").await;
    let checks = checks_of_all_kinds();
    let answers = results(server, batch(checks.clone())).await;
    assert_eq!(answers.len(), checks.len());
    let mut refused = 0;
    for (check, answer) in checks.into_iter().zip(answers) {
        match (server.entitlements().check_entitlement(check.clone()).await, answer) {
            (Ok(single), v1::batch_check_result::Result::Response(one)) => {
                assert_eq!(one, single.into_inner(), "{check:?}")
            }
            (Err(single), v1::batch_check_result::Result::Status(one)) => {
                refused += 1;
                let single_message = pb::Status::decode(single.details()).unwrap();
                assert_eq!(sorted(one), sorted(single_message), "{check:?}");
                Refusal::of(&single);
            }
            (single, one) => panic!("{check:?}: alone {single:?}, in a batch {one:?}"),
        }
    }
    assert_eq!(refused, 8);
}

/// Metadata is a map, and has no order on the wire.
fn sorted(status: pb::Status) -> (i32, String, Vec<(String, Vec<u8>)>) {
    let details = status.details.into_iter().map(|detail| {
        let mut bytes = detail.value;
        bytes.sort_unstable();
        (detail.type_url, bytes)
    });
    (status.code, status.message, details.collect())
}

async fn a_full_batch_is_answered(server: &TestServer) {
    stored(server, "contoso").await;
    let locations = [LONDON, DUBLIN];
    let checks: Vec<_> = (0..1_000)
        .map(|row| v1::CheckEntitlementRequest {
            location_id: locations[row % 2].to_owned(),
            tenant_id: Some(format!("row-{row}")),
            ..check("contoso")
        })
        .collect();
    let answers =
        results(server, v1::BatchCheckEntitlementsRequest { view: v1::View::Full.into(), ..batch(checks) }).await;
    let mut ids = BTreeSet::new();
    for (row, answer) in answers.iter().enumerate() {
        let v1::batch_check_result::Result::Response(answer) = answer else { panic!("row {row}: {answer:?}") };
        let wanted = [v1::Decision::NotEntitled, v1::Decision::Entitled][row % 2];
        assert_eq!(answer.decision(), wanted, "row {row}");
        ids.insert(&answer.decision_id);
    }
    assert_eq!(ids.len(), 1_000);
    // As many customers nobody knows.
    let checks = (0..1_000).map(|row| check(&format!("nobody-{row}"))).collect();
    for (row, answer) in results(server, batch(checks)).await.into_iter().enumerate() {
        let v1::batch_check_result::Result::Status(status) = answer else { panic!("row {row}: {answer:?}") };
        assert_eq!(status.code, i32::from(Code::NotFound));
        assert!(status.message.contains(&format!("`nobody-{row}`")), "{status:?}");
    }
}

async fn a_batch_is_judged_at_one_instant_and_revision(server: &TestServer) {
    let revisions = [stored(server, "contoso").await, stored(server, "fabrikam").await];
    let now = |customer_id: &str| v1::CheckEntitlementRequest { check_time: None, ..check(customer_id) };
    let checks: Vec<_> = (0..40).map(|row| now(["contoso", "fabrikam"][row % 2])).collect();
    let bounds = [
        (revisions.to_vec(), None),
        (vec![revisions[1].clone()], None),
        (Vec::new(), fully_consistent()),
        (Vec::new(), None),
    ];
    for (at_least_revisions, consistency) in bounds {
        let request = v1::BatchCheckEntitlementsRequest { at_least_revisions, consistency, ..batch(checks.clone()) };
        let mut instants = Vec::new();
        for (row, answer) in results(server, request).await.into_iter().enumerate() {
            let v1::batch_check_result::Result::Response(answer) = answer else { panic!("{answer:?}") };
            assert_eq!(answer.revision, revisions[row % 2]);
            instants.push(answer.check_time.unwrap());
        }
        assert!(instants.windows(2).all(|pair| pair[0] == pair[1]), "{instants:?}");
    }
}

fn list() -> v1::ListEntitlementsRequest {
    v1::ListEntitlementsRequest {
        customer_id: "contoso".to_owned(),
        check_time: at(),
        page_size: 1_000,
        ..Default::default()
    }
}

async fn rows(server: &TestServer, request: v1::ListEntitlementsRequest) -> Vec<v1::Entitlement> {
    let answer = server.entitlements().list_entitlements(request).await.unwrap().into_inner();
    assert_eq!(answer.next_page_token, "");
    answer.entitlements
}

fn key(row: &v1::Entitlement) -> (String, String) {
    (row.location_id.clone(), row.service_id.clone())
}

async fn service_ids(server: &TestServer) -> Vec<String> {
    let request = v1::ListServicesRequest { page_size: 1_000, ..Default::default() };
    let services = server.catalog().list_services(request).await.unwrap().into_inner().services;
    services.into_iter().map(|service| service.service_id).collect()
}

async fn a_list_has_every_location_and_service(server: &TestServer) {
    let revision = stored(server, "contoso").await;
    let services = service_ids(server).await;
    assert!(services.len() > 40);
    let expected: Vec<_> = [LONDON, DUBLIN]
        .iter()
        .flat_map(|location| services.iter().map(|service| ((*location).to_owned(), service.clone())))
        .collect();
    let answer = server.entitlements().list_entitlements(list()).await.unwrap().into_inner();
    assert_eq!(answer.entitlements.iter().map(key).collect::<Vec<_>>(), expected);
    assert_eq!((answer.revision, answer.check_time), (revision, at()));
    for row in &answer.entitlements {
        assert_eq!(row.edition_id, EDITION);
        assert_eq!(row.reasons.is_empty(), row.decision() != v1::Decision::NotEntitled, "{row:?}");
        // Without a product the answer says for which ones it is.
        if let Some(coverage) = &row.coverage {
            assert_eq!(coverage.covered_products, ["azure/*", "windows-server/*"], "{row:?}");
            let narrowed: &[&str] = if row.service_id == ENGINEERING { &["azure/*"] } else { &[] };
            assert_eq!(coverage.product_ids, narrowed, "{row:?}");
        }
    }
    let with_product =
        rows(server, v1::ListEntitlementsRequest { product_id: Some("azure".to_owned()), ..list() }).await;
    assert_eq!(with_product.len(), expected.len());
    for row in with_product {
        assert!(
            row.coverage.is_none_or(|coverage| coverage.covered_products.is_empty() && coverage.product_ids.is_empty())
        );
    }
}

async fn a_list_agrees_with_single_checks(server: &TestServer) {
    stored(server, "contoso").await;
    let mut outcomes = BTreeMap::new();
    for product_id in ["azure/app-service", "windows-server", "sql-server"] {
        for view in [v1::View::Basic, v1::View::Full] {
            let request =
                v1::ListEntitlementsRequest { product_id: Some(product_id.to_owned()), view: view.into(), ..list() };
            let rows = rows(server, request).await;
            let ask = |row: &v1::Entitlement| v1::CheckEntitlementRequest {
                location_id: row.location_id.clone(),
                service_id: row.service_id.clone(),
                product_id: product_id.to_owned(),
                view: view.into(),
                ..check("contoso")
            };
            let answers = results(server, batch(rows.iter().map(ask).collect())).await;
            for (row, answer) in rows.into_iter().zip(answers) {
                let v1::batch_check_result::Result::Response(answer) = answer else { panic!("{row:?}: {answer:?}") };
                let as_row = v1::Entitlement {
                    location_id: row.location_id.clone(),
                    service_id: row.service_id.clone(),
                    decision: answer.decision,
                    reasons: answer.reasons,
                    open_conditions: answer.open_conditions,
                    notes: answer.notes,
                    coverage: answer.coverage,
                    valid_until: answer.valid_until,
                    edition_id: answer.edition_id,
                };
                *outcomes.entry(row.decision().as_str_name()).or_insert(0) += 1;
                assert_eq!(row, as_row);
            }
        }
    }
    assert_eq!(outcomes.len(), 3, "{outcomes:?}");
}

async fn a_list_is_filtered(server: &TestServer) {
    stored(server, "contoso").await;
    let all = rows(server, list()).await;
    let only = async |change: fn(&mut v1::ListEntitlementsRequest), keep: fn(&v1::Entitlement) -> bool| {
        let mut request = list();
        change(&mut request);
        let found = rows(server, request).await;
        let expected: Vec<_> = all.iter().filter(|row| keep(row)).cloned().collect();
        assert!(!found.is_empty() && found.len() < all.len());
        assert_eq!(found, expected);
    };
    only(|it| it.location_id = Some(DUBLIN.into()), |row| row.location_id == DUBLIN).await;
    only(|it| it.decision = v1::Decision::Entitled.into(), |row| row.decision() == v1::Decision::Entitled).await;
    only(|it| it.decision = v1::Decision::Conditional.into(), |row| row.decision() == v1::Decision::Conditional).await;
    only(|it| it.decision = v1::Decision::NotEntitled.into(), |row| row.decision() == v1::Decision::NotEntitled).await;
    only(
        |it| it.group = Some("education".into()),
        |row| ["on-demand-education", "webcasts", "chalk-talks", "workshops"].contains(&row.service_id.as_str()),
    )
    .await;
    only(
        |it| {
            it.location_id = Some(LONDON.into());
            it.group = Some("education".into());
            it.decision = v1::Decision::NotEntitled.into();
        },
        |row| row.location_id == LONDON && ["chalk-talks", "workshops"].contains(&row.service_id.as_str()),
    )
    .await;
}

async fn a_list_is_paged_completely(server: &TestServer) {
    stored(server, "contoso").await;
    let filters: [fn(&mut v1::ListEntitlementsRequest); 4] = [
        |_| {},
        // No time: all pages are judged at the instant of the first.
        |it| it.check_time = None,
        |it| it.decision = v1::Decision::NotEntitled.into(),
        |it| it.decision = v1::Decision::Conditional.into(),
    ];
    for filter in filters {
        let mut request = list();
        filter(&mut request);
        let all = rows(server, request.clone()).await;
        let exact = i32::try_from(all.len()).unwrap();
        for page_size in [0, 1, 7, exact - 1, exact, i32::MAX] {
            let size = match page_size {
                0 if request.decision == 0 => 50,
                0 => 50.min(all.len()),
                size => usize::try_from(size).unwrap(),
            };
            let mut found = Vec::new();
            let mut instants = Vec::new();
            let mut page = v1::ListEntitlementsRequest { page_size, ..request.clone() };
            loop {
                let answer = server.entitlements().list_entitlements(page.clone()).await.unwrap().into_inner();
                instants.push(answer.check_time);
                let is_last = answer.next_page_token.is_empty();
                let rest = all.len() - found.len();
                assert_eq!(answer.entitlements.len(), size.min(rest), "of {page_size}");
                assert_eq!(is_last, size >= rest, "no empty page at the end, of {page_size}");
                found.extend(answer.entitlements);
                if is_last {
                    break;
                }
                page.page_token = answer.next_page_token;
            }
            assert_eq!(
                found.iter().map(key).collect::<Vec<_>>(),
                all.iter().map(key).collect::<Vec<_>>(),
                "of {page_size}"
            );
            assert!(instants.iter().all(|instant| *instant == instants[0]));
        }
    }
}

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
    let without_terms = v1::Coverage {
        delivery_modes: Vec::new(),
        languages: Vec::new(),
        channels: Vec::new(),
        covered_products: Vec::new(),
        product_ids: Vec::new(),
        service_hours: None,
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
    let unknown = v1::CheckEntitlementRequest { contact_id: Some("eve".to_owned()), ..check("contoso") };
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
