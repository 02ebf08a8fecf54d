//! What a customer has, and has not.

use std::collections::BTreeMap;

use entitled::proto::v1;

use super::{at, batch, list, results, rows};
use crate::sample::{DUBLIN, EDITION, ENGINEERING, LONDON, check, stored};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    a_list_has_every_location_and_service,
    a_list_agrees_with_single_checks,
    a_list_is_filtered,
    a_list_is_paged_completely,
);

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
