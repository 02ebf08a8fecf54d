//! The rules as the API shows them. The catalogue is in no database: one server suffices.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::collections::BTreeSet;

use entitled::proto::v1;

use crate::sample::{EDITION, mistake, refused};
use crate::server::{Backend, TestServer};

#[tokio::test]
async fn editions_are_listed_and_read() {
    let server = TestServer::start(Backend::Sqlite).await;
    let mut catalog = server.catalog();
    let listed = catalog.list_editions(v1::ListEditionsRequest::default()).await.unwrap().into_inner();
    assert_eq!(listed.next_page_token, "");
    let ids: Vec<_> = listed.editions.iter().map(|edition| edition.edition_id.as_str()).collect();
    assert_eq!(ids, [EDITION]);
    let get = |locale: Option<&str>| v1::GetEditionRequest {
        edition_id: EDITION.to_owned(),
        locale: locale.map(str::to_owned),
    };
    let english = catalog.get_edition(get(None)).await.unwrap().into_inner().edition.unwrap();
    assert_eq!(english, listed.editions[0]);
    let indonesian = catalog.get_edition(get(Some("id-ID"))).await.unwrap().into_inner().edition.unwrap();
    assert_ne!(indonesian.display_name, english.display_name);
    let empty = v1::GetEditionRequest::default();
    assert_eq!(mistake(catalog.get_edition(empty).await), "edition_id FIELD_REQUIRED");
    let bad = v1::GetEditionRequest { edition_id: "?".to_owned(), locale: Some("?".to_owned()) };
    assert_eq!(
        refused(catalog.get_edition(bad).await).violations,
        ["edition_id FIELD_INVALID", "locale FIELD_INVALID"]
    );
    server.stop().await;
}

#[tokio::test]
async fn every_list_is_paged_completely() {
    let server = TestServer::start(Backend::Sqlite).await;
    let mut catalog = server.catalog();
    let mut services = async |page_size: i32, page_token: String| {
        let request = v1::ListServicesRequest { page_size, page_token, ..Default::default() };
        let answer = catalog.list_services(request).await.unwrap().into_inner();
        (answer.services.into_iter().map(|service| service.service_id).collect(), answer.next_page_token)
    };
    paged(&mut services, 55).await;
    let mut catalog = server.catalog();
    let mut products = async |page_size: i32, page_token: String| {
        let request = v1::ListProductsRequest { page_size, page_token, ..Default::default() };
        let answer = catalog.list_products(request).await.unwrap().into_inner();
        (answer.products.into_iter().map(|product| product.product_id).collect(), answer.next_page_token)
    };
    paged(&mut products, 21).await;
    let mut catalog = server.catalog();
    let mut clauses = async |page_size: i32, page_token: String| {
        let request = v1::ListClausesRequest { page_size, page_token, ..Default::default() };
        let answer = catalog.list_clauses(request).await.unwrap().into_inner();
        (answer.clauses.into_iter().map(|clause| clause.code).collect(), answer.next_page_token)
    };
    paged(&mut clauses, 70).await;
    server.stop().await;
}

/// Pages of every size make up the same list, of at least so many entries.
async fn paged(list: &mut impl AsyncFnMut(i32, String) -> (Vec<String>, String), least: usize) {
    let (all, next) = list(i32::MAX, String::new()).await;
    assert_eq!(next, "");
    assert!(all.len() >= least, "{}", all.len());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert_eq!(list(0, String::new()).await.0.len(), all.len().min(50));
    let exact = i32::try_from(all.len()).unwrap();
    for page_size in [1, 7, exact - 1, exact] {
        let mut found = Vec::new();
        let mut token = String::new();
        loop {
            let (page, next) = list(page_size, token).await;
            assert_eq!(page.len(), usize::try_from(page_size).unwrap().min(all.len() - found.len()));
            found.extend(page);
            assert_eq!(next.is_empty(), found.len() == all.len(), "no empty page at the end");
            if next.is_empty() {
                break;
            }
            token = next;
        }
        assert_eq!(found, all);
    }
}

#[tokio::test]
async fn what_is_listed_can_be_read_and_asked_for() {
    let server = TestServer::start(Backend::Sqlite).await;
    let mut catalog = server.catalog();
    let request =
        v1::ListServicesRequest { edition_id: Some(EDITION.to_owned()), page_size: 1_000, ..Default::default() };
    let services = catalog.list_services(request).await.unwrap().into_inner().services;
    let clauses = v1::ListClausesRequest { page_size: 1_000, ..Default::default() };
    let clauses = catalog.list_clauses(clauses).await.unwrap().into_inner().clauses;
    let codes: BTreeSet<_> = clauses.iter().map(|clause| clause.code.as_str()).collect();
    for service in &services {
        // No edition: the default one.
        for edition_id in [None, Some(String::new()), Some(EDITION.to_owned())] {
            let request = v1::GetServiceRequest { edition_id, service_id: service.service_id.clone(), locale: None };
            let read = catalog.get_service(request).await.unwrap().into_inner().service.unwrap();
            assert_eq!(read, *service);
        }
        assert!(!service.display_name.is_empty(), "{service:?}");
        assert_ne!(service.plan(), v1::Plan::Unspecified, "{service:?}");
    }
    // What refuses and the tests of it are codes that are listed.
    for code in ["NOT_PURCHASED", "SINGLE_LOCATION_ONLY", "SUPPORT_ADMINISTRATOR_REQUIRED"] {
        assert!(codes.contains(code), "{code}");
    }
    let products = v1::ListProductsRequest { page_size: 1_000, ..Default::default() };
    let products = catalog.list_products(products).await.unwrap().into_inner().products;
    assert!(products.iter().any(|product| product.product_id == "azure"));
    server.stop().await;
}
