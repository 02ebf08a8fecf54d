//! Lists are complete.

use std::collections::BTreeSet;

use entitled::proto::v1;
use prost::Message as _;

use super::create_customer;
use crate::sample::{base, create, customer, document, mistake};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    customers_are_paged_completely,
    work_orders_are_paged_completely,
    a_page_ends_before_it_is_too_large_for_a_client,
);

async fn customers_are_paged_completely(server: &TestServer) {
    let mut contracts = server.contracts();
    let ids: BTreeSet<String> = (0..60).map(|row| format!("customer-{row:02}")).collect();
    for id in ids.iter().rev() {
        contracts.create_customer(create_customer(customer(id))).await.unwrap();
    }
    let mut pages = async |page_size: i32| {
        let mut pages = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListCustomersRequest { page_size, page_token };
            let page = contracts.list_customers(request).await.unwrap().into_inner();
            pages.push(page.customers.iter().map(|customer| customer.customer_id.clone()).collect::<Vec<_>>());
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return pages;
            }
        }
    };
    let all: Vec<_> = ids.into_iter().collect();
    for (page_size, sizes) in [
        (0, vec![50, 10]),
        (60, vec![60]),
        (59, vec![59, 1]),
        (30, vec![30, 30]),
        (7, [7; 8].into_iter().chain([4]).collect()),
        (i32::MAX, vec![60]),
    ] {
        let pages = pages(page_size).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), sizes, "of {page_size}");
        assert_eq!(pages.concat(), all, "of {page_size}");
    }
}

async fn work_orders_are_paged_completely(server: &TestServer) {
    let mut contracts = server.contracts();
    let mut large = document("contoso");
    // Ids sort as text: `wo-10` before `wo-2`.
    large.work_orders = (1..=198).map(|row| v1::WorkOrder { work_order_id: format!("wo-{row}"), ..base("") }).collect();
    contracts.apply_contract(large).await.unwrap();
    contracts
        .create_work_order(create(v1::WorkOrder { work_order_id: "wo-199".to_owned(), ..base("contoso") }))
        .await
        .unwrap();
    let mut page = async |page_size: i32, page_token: String| {
        let request = v1::ListWorkOrdersRequest { customer_id: "contoso".to_owned(), page_size, page_token };
        contracts.list_work_orders(request).await.unwrap().into_inner()
    };
    assert_eq!(page(0, String::new()).await.work_orders.len(), 50);
    let mut ids = Vec::new();
    let first = page(198, String::new()).await;
    assert_eq!(first.work_orders.len(), 198);
    let second = page(198, first.next_page_token).await;
    assert_eq!((second.work_orders.len(), second.next_page_token.as_str()), (1, ""));
    ids.extend(first.work_orders.into_iter().chain(second.work_orders).map(|order| order.work_order_id));
    let expected: BTreeSet<String> = (1..=199).map(|row| format!("wo-{row}")).collect();
    assert_eq!(ids, expected.into_iter().collect::<Vec<_>>());
    // A page that ends with the list has no next one.
    let first = page(198, String::new()).await;
    assert_eq!(page(1, first.next_page_token).await.next_page_token, "");

    // What is written between two pages is found at its place.
    let begun = page(100, String::new()).await;
    server
        .contracts()
        .create_work_order(create(v1::WorkOrder { work_order_id: "wo-zzz".to_owned(), ..base("contoso") }))
        .await
        .unwrap();
    let rest = page(1_001, begun.next_page_token).await;
    assert_eq!(rest.work_orders.len(), 100);
    assert_eq!(rest.work_orders.last().unwrap().work_order_id, "wo-zzz");

    // More than a customer may have are refused, one by one as in a document.
    let one_more = create(v1::WorkOrder { work_order_id: "wo-zzzz".to_owned(), ..base("contoso") });
    let told = mistake(contracts.create_work_order(one_more).await);
    assert_eq!(told, "work_order.work_order_id FIELD_OUT_OF_RANGE");
}

/// What clients take as one message unless told otherwise.
const CLIENTS_TAKE: usize = 4 << 20;

async fn a_page_ends_before_it_is_too_large_for_a_client(server: &TestServer) {
    let mut contracts = server.contracts();
    let contact = |row: usize| v1::Contact {
        contact_id: format!("contact-{row}"),
        display_name: Some("x".repeat(200)),
        ..v1::Contact::default()
    };
    let ids: Vec<String> = (0..24).map(|row| format!("customer-{row:02}")).collect();
    for id in &ids {
        let large = v1::Customer { contacts: (0..990).map(contact).collect(), ..customer(id) };
        contracts.create_customer(create_customer(large)).await.unwrap();
    }
    let (mut found, mut page_token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let request = v1::ListCustomersRequest { page_size: 1_000, page_token };
        let page = contracts.list_customers(request).await.unwrap().into_inner();
        assert!(page.encoded_len() < CLIENTS_TAKE, "{} bytes", page.encoded_len());
        pages += 1;
        found.extend(page.customers.into_iter().map(|customer| customer.customer_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!((found, pages), (ids, 2));
}
