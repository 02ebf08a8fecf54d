//! Customers and work orders, each by itself.

use entitled::proto::v1;
use tonic::Code;

use super::{content, create_customer, get_customer, get_order, update};
use crate::sample::{DUBLIN, base, create, customer, document, mistake, refused, stored};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    what_is_created_is_read_back,
    an_update_replaces_and_is_counted,
    an_update_answers_for_the_orders_it_breaks,
    a_stale_etag_aborts,
    a_work_order_names_its_customer,
);

fn order_content(order: &v1::WorkOrder) -> v1::WorkOrder {
    v1::WorkOrder { version: 0, record_time: None, effective_time: None, actor: String::new(), ..order.clone() }
}

/// What an answer says where a request left it open.
fn with_defaults(mut order: v1::WorkOrder) -> v1::WorkOrder {
    order.state = v1::WorkOrderState::Active.into();
    order.items.iter_mut().for_each(|item| item.funding = v1::Funding::Purchased.into());
    order
}

async fn what_is_created_is_read_back(server: &TestServer) {
    let mut contracts = server.contracts();
    let created = contracts.create_customer(create_customer(customer("contoso"))).await.unwrap().into_inner();
    let told = created.customer.unwrap();
    assert_eq!(content(&told), customer("contoso"));
    assert_eq!((told.version, told.actor.as_str()), (1, "anonymous"));
    assert!(told.record_time.is_some() && !told.etag.is_empty() && !created.revision.is_empty());
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!((read.customer.unwrap(), read.revision), (told.clone(), created.revision.clone()));

    let written = contracts.create_work_order(create(base("contoso"))).await.unwrap().into_inner();
    let order = written.work_order.unwrap();
    assert_eq!(order_content(&order), with_defaults(base("contoso")));
    assert_eq!((order.version, order.actor.as_str()), (1, "anonymous"));
    assert!(order.record_time.unwrap().seconds >= told.record_time.unwrap().seconds);
    assert_ne!(written.revision, created.revision);
    let read = contracts.get_work_order(get_order("wo-1")).await.unwrap().into_inner();
    assert_eq!((read.work_order.unwrap(), read.revision), (order, written.revision));
    // The etag is the contract's: an order changes it too.
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner().customer.unwrap();
    assert_ne!(read.etag, told.etag);
    assert_eq!(read.version, 1);

    // What was returned can be sent again: nothing of it is taken for content.
    let again = contracts.update_customer(update(read.clone())).await.unwrap().into_inner();
    assert_eq!(again.customer.unwrap(), read);
}

async fn an_update_replaces_and_is_counted(server: &TestServer) {
    let mut contracts = server.contracts();
    let first = contracts.create_customer(create_customer(customer("contoso"))).await.unwrap().into_inner();
    let mut changed = v1::Customer { display_name: "Contoso plc".to_owned(), ..customer("contoso") };
    changed.contacts[0].email = None;
    changed.licenses = vec!["microsoft-cloud-for-retail".to_owned()];
    let second = contracts.update_customer(update(changed.clone())).await.unwrap().into_inner();
    let told = second.customer.unwrap();
    assert_eq!(content(&told), changed);
    assert_eq!(told.version, 2);
    assert_ne!(second.revision, first.revision);
    let before = first.customer.unwrap();
    assert_ne!(told.etag, before.etag);
    assert!(
        told.record_time.map(|time| (time.seconds, time.nanos))
            > before.record_time.map(|time| (time.seconds, time.nanos))
    );
    // Equal content changes nothing.
    let third = contracts.update_customer(update(changed)).await.unwrap().into_inner();
    assert_eq!((third.customer.unwrap(), third.revision), (told, second.revision));
}

async fn an_update_answers_for_the_orders_it_breaks(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let before = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();

    let mut alone = customer("contoso");
    alone.contacts.clear();
    let refusal = refused(contracts.update_customer(update(alone)).await);
    assert_eq!(
        (refusal.code, refusal.reason.as_str()),
        (Code::FailedPrecondition, "SUPPORT_ADMINISTRATOR_REQUIRED"),
        "{refusal:?}"
    );
    assert_eq!(
        refusal.clauses,
        ["work_orders[wo-1].host_location_id SUPPORT_ADMINISTRATOR_REQUIRED"],
        "the order that carries the base"
    );
    let mut elsewhere = customer("contoso");
    elsewhere.contacts[0].location_ids = vec![DUBLIN.to_owned()];
    assert_eq!(refused(contracts.update_customer(update(elsewhere)).await).reason, "SUPPORT_ADMINISTRATOR_REQUIRED");

    let mut smaller = customer("contoso");
    smaller.locations.retain(|location| location.location_id != DUBLIN);
    let refusal = refused(contracts.update_customer(update(smaller)).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "REFERENCE_UNKNOWN"), "{refusal:?}");
    assert_eq!(
        refusal.violations,
        [
            "work_orders[wo-1].downstream_location_ids[0] REFERENCE_UNKNOWN",
            "work_orders[wo-2].downstream_location_ids[0] REFERENCE_UNKNOWN",
            "work_orders[wo-2].items[0].location_ids[0] REFERENCE_UNKNOWN",
        ]
    );
    let after = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner();
    assert_eq!(after, before);

    // A location nobody uses may go.
    let mut larger = customer("contoso");
    larger.locations.push(v1::Location { location_id: "fr-paris".to_owned(), ..larger.locations[0].clone() });
    contracts.update_customer(update(larger)).await.unwrap();
    contracts.update_customer(update(customer("contoso"))).await.unwrap();
}

async fn a_stale_etag_aborts(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let etag = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner().customer.unwrap().etag;
    let renamed = |name: &str| v1::Customer { display_name: name.to_owned(), ..customer("contoso") };
    let request = v1::UpdateCustomerRequest { etag: etag.clone(), ..update(renamed("one")) };
    let fresh = contracts.update_customer(request).await.unwrap().into_inner().customer.unwrap().etag;
    let stale = |refusal: crate::sample::Refusal| {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Aborted, "ETAG_MISMATCH"), "{refusal:?}");
        assert_eq!(refusal.metadata("customer_id"), Some("contoso"));
    };
    for bad in [etag.as_str(), "x"] {
        for validate_only in [false, true] {
            let request = v1::UpdateCustomerRequest { etag: bad.to_owned(), validate_only, ..update(renamed("two")) };
            stale(refused(contracts.update_customer(request).await));
        }
        let request =
            v1::ApplyContractRequest { etag: bad.to_owned(), customer: Some(renamed("one")), ..document("contoso") };
        stale(refused(contracts.apply_contract(request).await));
    }
    let request =
        v1::ApplyContractRequest { etag: fresh.clone(), customer: Some(renamed("one")), ..document("contoso") };
    assert_eq!(contracts.apply_contract(request).await.unwrap().into_inner().etag, fresh);
    let read = contracts.get_customer(get_customer("contoso")).await.unwrap().into_inner().customer.unwrap();
    assert_eq!((read.display_name.as_str(), read.etag), ("one", fresh));
}

async fn a_work_order_names_its_customer(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    assert_eq!(mistake(contracts.create_work_order(create(base(""))).await), "work_order.customer_id FIELD_REQUIRED");
    // In a document it may be named, if it is the document's.
    let mut named = document("contoso");
    named.work_orders.iter_mut().for_each(|order| order.customer_id = "contoso".to_owned());
    contracts.apply_contract(named).await.unwrap();
    let order = contracts.get_work_order(get_order("wo-1")).await.unwrap().into_inner().work_order.unwrap();
    assert_eq!(order.customer_id, "contoso");
    // The same id belongs to each customer on its own.
    stored(server, "fabrikam").await;
}
