//! Documents as a whole: all their mistakes at once, and nothing is changed.

use entitled::proto::v1;
use prost::Message as _;
use tonic::Code;

use super::{contact_of, item_of, location_of, order_of};
use crate::sample::{LONDON, Refusal, add_on, create, customer, document, hours, item, order, refused, stored};
use crate::server::{TestServer, on_both_servers, request_id};

on_both_servers!(
    a_document_tells_a_dozen_mistakes_at_once,
    only_clauses_are_a_failed_precondition,
    a_broken_document_changes_nothing,
    other_content_under_a_stored_id_names_the_fields,
    more_mistakes_than_a_status_can_carry_are_counted,
    large_documents_of_nothing_but_mistakes_are_refused_soon,
);

async fn a_document_tells_a_dozen_mistakes_at_once(server: &TestServer) {
    let mut request = document("contoso");
    request.request_id = "me".to_owned();
    location_of(&mut request).time_zone = "Europe/Lodon".to_owned();
    location_of(&mut request).holidays.push("2026-02-30".to_owned());
    contact_of(&mut request).roles.push(99);
    contact_of(&mut request).location_ids.push("nowhere".to_owned());
    let order = order_of(&mut request);
    order.end_date = "soon".to_owned();
    order.currency = "money".to_owned();
    order.downstream_location_ids.push("nowhere".to_owned());
    order.items[0].quantity = Some(v1::Quantity { amount: -1, unit: 99 });
    order.items[0].product_ids.clear();
    order.items[0].location_ids.push(LONDON.to_owned());
    order.items[1].item_id = "ede".to_owned();
    order.items[1].delivery_mode = 7;
    order.items.push(item("direct", "office-365-engineering-direct"));
    order.items.push(item("nothing", "no-such-service"));
    let refusal = refused(server.contracts().apply_contract(request).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "FIELD_INVALID"), "{refusal:?}");
    let mut told = refusal.violations.clone();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "customer.contacts[0].location_ids[1] REFERENCE_UNKNOWN",
            "customer.contacts[0].roles[1] FIELD_INVALID",
            "customer.locations[0].holidays[1] FIELD_INVALID",
            "customer.locations[0].time_zone FIELD_INVALID",
            "request_id FIELD_INVALID",
            "work_orders[0].currency FIELD_INVALID",
            "work_orders[0].downstream_location_ids[1] REFERENCE_UNKNOWN",
            "work_orders[0].end_date FIELD_INVALID",
            "work_orders[0].items[0].location_ids SINGLE_LOCATION_ONLY",
            "work_orders[0].items[0].product_ids PRODUCTS_REQUIRED",
            "work_orders[0].items[0].quantity.amount FIELD_OUT_OF_RANGE",
            "work_orders[0].items[0].quantity.unit FIELD_INVALID",
            "work_orders[0].items[1].delivery_mode FIELD_INVALID",
            "work_orders[0].items[1].item_id DUPLICATE_ID",
            "work_orders[0].items[2].exhibit EXHIBIT_REQUIRED",
            "work_orders[0].items[2].tenant_ids TENANTS_REQUIRED",
            "work_orders[0].items[3].service_id REFERENCE_UNKNOWN",
        ],
        "{refusal:?}"
    );
    assert_eq!(
        refusal.clauses,
        [
            "work_orders[0].items[0].location_ids SINGLE_LOCATION_ONLY",
            "work_orders[0].items[0].product_ids PRODUCTS_REQUIRED",
            "work_orders[0].items[2].tenant_ids TENANTS_REQUIRED",
            "work_orders[0].items[2].exhibit EXHIBIT_REQUIRED",
        ]
    );
}

async fn only_clauses_are_a_failed_precondition(server: &TestServer) {
    let mut request = document("contoso");
    item_of(&mut request).product_ids.clear();
    item_of(&mut request).location_ids.push(LONDON.to_owned());
    order_of(&mut request).items.push(item("direct", "office-365-engineering-direct"));
    let clauses = [
        "work_orders[0].items[0].location_ids SINGLE_LOCATION_ONLY",
        "work_orders[0].items[0].product_ids PRODUCTS_REQUIRED",
        "work_orders[0].items[2].tenant_ids TENANTS_REQUIRED",
        "work_orders[0].items[2].exhibit EXHIBIT_REQUIRED",
    ];
    let refusal = refused(server.contracts().apply_contract(request).await);
    assert_eq!(
        (refusal.code, refusal.reason.as_str()),
        (Code::FailedPrecondition, "SINGLE_LOCATION_ONLY"),
        "{refusal:?}"
    );
    assert_eq!(refusal.metadata("field"), Some("work_orders[0].items[0].location_ids"));
    assert_eq!(refusal.violations, clauses);
    assert_eq!(refusal.clauses, clauses);

    // An add-on without any base, alone and beside what is malformed deep inside of it.
    let no_base = || v1::ApplyContractRequest {
        work_orders: vec![v1::WorkOrder { base_work_order_id: None, ..add_on("", "wo-2") }],
        ..document("contoso")
    };
    let refusal = refused(server.contracts().apply_contract(no_base()).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::FailedPrecondition, "BASE_AGREEMENT_REQUIRED"));
    let mut request = no_base();
    item_of(&mut request).funding = 99;
    let refusal = refused(server.contracts().apply_contract(request).await);
    assert_eq!(refusal.code, Code::InvalidArgument, "{refusal:?}");
    assert_eq!(
        refusal.violations,
        ["work_orders[0].items[0].funding FIELD_INVALID", "work_orders[0].items BASE_AGREEMENT_REQUIRED"]
    );
    assert_eq!(refusal.clauses, ["work_orders[0].items BASE_AGREEMENT_REQUIRED"]);
}

async fn a_broken_document_changes_nothing(server: &TestServer) {
    let mut contracts = server.contracts();
    let revision = stored(server, "contoso").await;
    let before = contracts.list_work_orders(orders_of("contoso")).await.unwrap().into_inner();

    let mut broken = document("contoso");
    broken.work_orders.push(add_on("", "wo-3"));
    broken.work_orders.push(order("", "wo-4", vec![item("direct", "office-365-engineering-direct")]));
    assert_eq!(refused(contracts.apply_contract(broken).await).code, Code::FailedPrecondition);
    let mut broken = document("contoso");
    broken.work_orders.push(add_on("", "wo-3"));
    broken.work_orders[2].currency = "??".to_owned();
    assert_eq!(refused(contracts.apply_contract(broken).await).code, Code::InvalidArgument);
    let mut broken = document("contoso");
    broken.work_orders.push(add_on("", "wo-3"));
    broken.work_orders[1].currency = "EUR".to_owned();
    assert_eq!(refused(contracts.apply_contract(broken).await).code, Code::AlreadyExists);

    let after = contracts.list_work_orders(orders_of("contoso")).await.unwrap().into_inner();
    assert_eq!(after, before);
    let get = v1::GetCustomerRequest { customer_id: "contoso".to_owned(), ..Default::default() };
    assert_eq!(contracts.get_customer(get).await.unwrap().into_inner().revision, revision);

    // Nor is a new customer left behind without its document.
    let mut broken = document("fabrikam");
    item_of(&mut broken).product_ids.clear();
    assert_eq!(refused(contracts.apply_contract(broken).await).code, Code::FailedPrecondition);
    let get = v1::GetCustomerRequest { customer_id: "fabrikam".to_owned(), ..Default::default() };
    assert_eq!(refused(contracts.get_customer(get).await).reason, "CUSTOMER_NOT_FOUND");
    // The request id of a refused write is free.
    let mut request = document("fabrikam");
    let good = request.clone();
    item_of(&mut request).product_ids.clear();
    assert_eq!(refused(contracts.apply_contract(request).await).code, Code::FailedPrecondition);
    contracts.apply_contract(good).await.unwrap();
}

fn orders_of(customer_id: &str) -> v1::ListWorkOrdersRequest {
    v1::ListWorkOrdersRequest { customer_id: customer_id.to_owned(), ..Default::default() }
}

async fn other_content_under_a_stored_id_names_the_fields(server: &TestServer) {
    stored(server, "contoso").await;
    let mut contracts = server.contracts();
    let taken = |refusal: Refusal, resource_type: &str, id: &str, fields: &str| {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "CONTENT_DIFFERS"), "{refusal:?}");
        assert_eq!(refusal.metadata("resource_type"), Some(resource_type));
        assert_eq!(refusal.metadata("id"), Some(id));
        assert_eq!(refusal.metadata("fields"), Some(fields));
        assert_eq!(refusal.resource, Some(format!("{resource_type} {id}")));
    };
    let changed = v1::Customer { display_name: "Contoso plc".to_owned(), ..customer("contoso") };
    let request = v1::CreateCustomerRequest { customer: Some(changed), request_id: request_id(), ..Default::default() };
    let refusal = refused(contracts.create_customer(request).await);
    assert!(
        refusal.message.contains("customer.display_name (stored `Contoso Ltd`, sent `Contoso plc`)"),
        "{refusal:?}"
    );
    assert_eq!(refusal.clauses, ["customer.display_name CONTENT_DIFFERS"]);
    taken(refusal, "customer", "contoso", "customer.display_name");
    let mut changed = add_on("contoso", "wo-2");
    changed.items[0].quantity = hours(500);
    changed.currency = "EUR".to_owned();
    let refusal = refused(contracts.create_work_order(create(changed.clone())).await);
    taken(refusal, "work_order", "wo-2", "work_order.currency,work_order.items[0].quantity.amount");
    let mut request = document("contoso");
    request.work_orders[0] = v1::WorkOrder { customer_id: String::new(), ..changed };
    request.work_orders.reverse();
    let refusal = refused(contracts.apply_contract(request).await);
    taken(refusal, "work_order", "wo-2", "work_orders[1].currency,work_orders[1].items[0].quantity.amount");

    // Very many fields: counted, so that every client can read the answer.
    let services = ["proof-of-concept", "onboarding-services", "adoption-services"];
    let items = |price: i64| {
        let services = services.into_iter().cycle().take(900).enumerate();
        services.map(move |(row, id)| v1::Item { unit_price: Some(price), ..item(&format!("i-{row}"), id) })
    };
    let large =
        |price: i64| v1::WorkOrder { items: items(price).collect(), ..order("contoso", "wo-large", Vec::new()) };
    contracts.create_work_order(create(large(1))).await.unwrap();
    let refusal = refused(contracts.create_work_order(create(large(2))).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "CONTENT_DIFFERS"), "{refusal:?}");
    let fields: Vec<_> = refusal.metadata("fields").unwrap().split(',').collect();
    assert_eq!(fields[0], "work_order.items[0].unit_price");
    let omitted: usize = refusal.metadata("omitted").unwrap().parse().unwrap();
    assert_eq!(fields.len() + omitted, 900);
}

async fn more_mistakes_than_a_status_can_carry_are_counted(server: &TestServer) {
    let mut request = document("contoso");
    request.customer.as_mut().unwrap().licenses = (0..700).map(|row| format!("NO-LICENCE-{row}")).collect();
    let refusal = refused(server.contracts().apply_contract(request).await);
    assert_eq!(refusal.code, Code::InvalidArgument);
    assert!(refusal.violations.len() >= 20, "{refusal:?}");
    let omitted: usize = refusal.metadata("omitted").unwrap().parse().unwrap();
    assert_eq!(refusal.violations.len() + omitted, 700);
    assert!(refusal.message.contains("699 more"), "{refusal:?}");
}

/// What 1 MiB can hold of them is looked at in bounded time.
async fn large_documents_of_nothing_but_mistakes_are_refused_soon(server: &TestServer) {
    let mut roles = document("contoso");
    contact_of(&mut roles).roles = vec![99; 1_000_000];
    let mut holidays = document("contoso");
    location_of(&mut holidays).holidays = vec![String::new(); 500_000];
    let mut contacts = document("contoso");
    contacts.customer.as_mut().unwrap().contacts = vec![v1::Contact { roles: vec![99], ..Default::default() }; 200_000];
    let mut items = document("contoso");
    order_of(&mut items).items = vec![v1::Item { funding: 99, ..Default::default() }; 200_000];
    let mut orders = document("contoso");
    orders.work_orders = vec![v1::WorkOrder::default(); 500_000];
    let mut services = document("contoso");
    order_of(&mut services).items = (0..20_000).map(|row| item(&format!("i{row}"), "workshops")).collect();
    let mut named = document("contoso");
    named.work_orders =
        (0..100_000).map(|row| v1::WorkOrder { work_order_id: format!("{row}"), ..Default::default() }).collect();
    let mut products = document("contoso");
    order_of(&mut products).covered_products = vec![String::new(); 500_000];
    let requests = [
        ("roles", roles),
        ("holidays", holidays),
        ("contacts", contacts),
        ("items", items),
        ("services", services),
        ("orders", orders),
        ("named orders", named),
        ("products", products),
    ];
    for (name, request) in requests {
        assert!(request.encoded_len() < 1 << 20, "{name}");
        let begun = std::time::Instant::now();
        let refusal = refused(server.contracts().apply_contract(request).await);
        assert_eq!(refusal.code, Code::InvalidArgument, "{name}: {refusal:?}");
        assert!(begun.elapsed().as_secs() < 20, "{name} took {:?}", begun.elapsed());
    }
}
