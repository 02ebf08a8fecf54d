//! The versions of a work order: listed, compared, and read one by one.

use entitled::proto::v1;
use tonic::Code;

use super::get_order;
use crate::sample::{add_on, document, hours, refused};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    versions_tell_who_changed_what_and_from_where_it_came,
    versions_are_listed_in_pages,
    what_is_wrong_with_a_question_about_versions_is_told,
);

fn versions(page_size: i32, page_token: &str) -> v1::ListWorkOrderVersionsRequest {
    v1::ListWorkOrderVersionsRequest {
        customer_id: "contoso".to_owned(),
        work_order_id: "wo-2".to_owned(),
        page_size,
        page_token: page_token.to_owned(),
    }
}

fn diff(old_version: Option<i64>, new_version: Option<i64>) -> v1::DiffWorkOrderVersionsRequest {
    let (customer_id, work_order_id) = ("contoso".to_owned(), "wo-2".to_owned());
    v1::DiffWorkOrderVersionsRequest { customer_id, work_order_id, old_version, new_version }
}

/// So many hours from now on.
async fn amend(server: &TestServer, amount: i64) -> String {
    let mut order = add_on("contoso", "wo-2");
    order.items[0].quantity = hours(amount);
    let request_id = request_id();
    let request =
        v1::AmendWorkOrderRequest { work_order: Some(order), request_id: request_id.clone(), ..Default::default() };
    server.contracts().amend_work_order(request).await.unwrap();
    request_id
}

async fn applied(server: &TestServer) {
    let lines =
        [("work_orders[0].items[0].quantity", 12), ("customer.display_name", 2), ("work_orders[1].currency", 30)];
    let lines = lines.map(|(path, line)| (path.to_owned(), line)).into();
    let provenance = Some(v1::Provenance { file: "contoso.yaml".to_owned(), lines });
    let request = v1::ApplyContractRequest { provenance, ..document("contoso") };
    assert_eq!(request.work_orders[0].work_order_id, "wo-2");
    server.contracts().apply_contract(request).await.unwrap();
}

fn quantity(change: &v1::FieldChange) -> [&str; 3] {
    [&change.field, &change.old_value, &change.new_value]
}

async fn versions_tell_who_changed_what_and_from_where_it_came(server: &TestServer) {
    applied(server).await;
    let request_id = amend(server, 300).await;
    let mut contracts = server.contracts();
    let listed = contracts.list_work_order_versions(versions(0, "")).await.unwrap().into_inner().work_order_versions;
    let [newest, first] = listed.as_slice() else { panic!("{listed:?}") };
    let order = newest.work_order.as_ref().unwrap();
    assert_eq!((order.version, order.actor.as_str()), (2, "anonymous"));
    assert!(order.effective_time.is_some() && order.record_time.is_some());
    assert_eq!(newest.request_id.as_deref(), Some(request_id.as_str()));
    let [change] = newest.changes.as_slice() else { panic!("{newest:?}") };
    let item_id = &order.items[0].item_id;
    let before = first.work_order.as_ref().unwrap().items[0].quantity.unwrap().amount.to_string();
    assert_eq!(quantity(change), [&format!("items[{item_id}].quantity.amount"), before.as_str(), "300"]);
    assert_eq!((newest.provenance.as_ref(), newest.omitted_changes), (None, 0));

    let provenance = first.provenance.as_ref().unwrap();
    assert_eq!(provenance.file, "contoso.yaml");
    assert_eq!(provenance.lines, [("items[0].quantity".to_owned(), 12)].into());
    assert!(first.changes.is_empty() && first.work_order.as_ref().unwrap().effective_time.is_none());

    let told = contracts.diff_work_order_versions(diff(None, None)).await.unwrap().into_inner();
    assert_eq!((told.old_version, told.new_version, told.changes.as_slice()), (1, 2, newest.changes.as_slice()));
    let told = contracts.diff_work_order_versions(diff(Some(2), Some(1))).await.unwrap().into_inner();
    assert_eq!(quantity(&told.changes[0])[1..], ["300", before.as_str()]);
    let told = contracts.diff_work_order_versions(diff(None, Some(1))).await.unwrap().into_inner();
    assert_eq!((told.old_version, told.changes.len()), (0, 0));

    for (number, version) in [(1, first), (2, newest)] {
        let request = v1::GetWorkOrderRequest { version: Some(number), ..get_order("wo-2") };
        let read = contracts.get_work_order(request).await.unwrap().into_inner();
        assert_eq!(read.work_order, version.work_order);
    }
    let record_time = first.work_order.as_ref().unwrap().record_time;
    for request in [
        v1::GetWorkOrderRequest { as_of_time: record_time, ..get_order("wo-2") },
        v1::GetWorkOrderRequest { known_time: record_time, ..get_order("wo-2") },
    ] {
        let read = contracts.get_work_order(request).await.unwrap().into_inner();
        assert_eq!(read.work_order.unwrap().version, 1);
    }
}

async fn versions_are_listed_in_pages(server: &TestServer) {
    applied(server).await;
    for amount in 1..=6 {
        amend(server, 300 + amount).await;
    }
    let mut contracts = server.contracts();
    let (mut numbers, mut token) = (Vec::new(), String::new());
    loop {
        let page = contracts.list_work_order_versions(versions(3, &token)).await.unwrap().into_inner();
        assert!(page.work_order_versions.iter().all(|version| {
            let is_first = version.work_order.as_ref().unwrap().version == 1;
            version.changes.len() == usize::from(!is_first)
        }));
        numbers.extend(page.work_order_versions.iter().map(|version| version.work_order.as_ref().unwrap().version));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);
}

async fn what_is_wrong_with_a_question_about_versions_is_told(server: &TestServer) {
    applied(server).await;
    let mut contracts = server.contracts();
    let get = |version, known: bool| v1::GetWorkOrderRequest {
        version: Some(version),
        known_time: known.then_some(prost_types::Timestamp { seconds: 1_780_000_000, nanos: 0 }),
        ..get_order("wo-2")
    };
    for (request, code, reason) in [
        (get(0, false), Code::InvalidArgument, "FIELD_OUT_OF_RANGE"),
        (get(1, true), Code::InvalidArgument, "FIELD_CONFLICT"),
        (get(2, false), Code::NotFound, "WORK_ORDER_VERSION_NOT_FOUND"),
        (get(i64::MAX, false), Code::NotFound, "WORK_ORDER_VERSION_NOT_FOUND"),
    ] {
        let refusal = refused(contracts.get_work_order(request).await);
        assert_eq!((refusal.code, refusal.reason.as_str()), (code, reason), "{refusal:?}");
    }
    let refusal = refused(contracts.diff_work_order_versions(diff(Some(-1), Some(0))).await);
    assert_eq!(refusal.violations, ["old_version FIELD_OUT_OF_RANGE", "new_version FIELD_OUT_OF_RANGE"]);
    let refusal = refused(contracts.diff_work_order_versions(diff(None, Some(9))).await);
    assert_eq!(refusal.reason, "WORK_ORDER_VERSION_NOT_FOUND");
    let unknown = v1::ListWorkOrderVersionsRequest { work_order_id: "wo-9".to_owned(), ..versions(0, "") };
    let refusal = refused(contracts.list_work_order_versions(unknown).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::NotFound, "WORK_ORDER_NOT_FOUND"));
    assert_eq!(refused(contracts.list_work_order_versions(versions(-1, "x")).await).code, Code::InvalidArgument);

    let apply = |provenance| v1::ApplyContractRequest { provenance: Some(provenance), ..document("contoso") };
    let provenance = |file: &str, path: &str, line| v1::Provenance {
        file: file.to_owned(),
        lines: [(path.to_owned(), line)].into(),
    };
    for (wrong, field) in [
        (provenance("", "customer", 1), "provenance.file FIELD_REQUIRED"),
        (provenance(&"x".repeat(300), "customer", 1), "provenance.file"),
        (provenance("x", "customer", 0), "provenance.lines FIELD_OUT_OF_RANGE"),
        (provenance("x", &"y".repeat(300), 1), "provenance.lines FIELD_OUT_OF_RANGE"),
    ] {
        let refusal = refused(contracts.apply_contract(apply(wrong)).await);
        assert!(refusal.violations[0].starts_with(field), "{refusal:?}");
    }
}
