//! Every field of a document.

use entitled::proto::v1;
use prost_types::Timestamp;
use tonic::Code;

use super::{contact_of, item_of, location_of, order_of};
use crate::sample::{LONDON, base, document, hours, mistake, refused, stored};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(every_malformed_field_of_a_document_is_told);

type DocumentCase = (fn(&mut v1::ApplyContractRequest), &'static [&'static str]);

async fn every_malformed_field_of_a_document_is_told(server: &TestServer) {
    let cases: &[DocumentCase] = &[
        (|it| it.customer = None, &["customer FIELD_REQUIRED"]),
        (|it| it.request_id.clear(), &["request_id FIELD_REQUIRED"]),
        (|it| it.request_id = "1".into(), &["request_id FIELD_INVALID"]),
        (|it| it.request_id = "g".repeat(36), &["request_id FIELD_INVALID"]),
        (|it| it.request_id = "0198c0de00007000800000000000000000".into(), &["request_id FIELD_INVALID"]),
        (
            |it| (it.customer, it.request_id) = (None, String::new()),
            &["customer FIELD_REQUIRED", "request_id FIELD_REQUIRED"],
        ),
        (|it| it.customer.as_mut().unwrap().customer_id = "Contoso".into(), &["customer.customer_id FIELD_INVALID"]),
        (
            |it| it.customer.as_mut().unwrap().customer_id.clear(),
            &[
                "customer.customer_id FIELD_REQUIRED",
                "work_orders[0].customer_id FIELD_REQUIRED",
                "work_orders[1].customer_id FIELD_REQUIRED",
            ],
        ),
        (|it| it.customer.as_mut().unwrap().display_name.clear(), &["customer.display_name FIELD_REQUIRED"]),
        (
            |it| it.customer.as_mut().unwrap().licenses = vec!["x".into(), "x".into()],
            &["customer.licenses[1] DUPLICATE_ID"],
        ),
        (|it| location_of(it).time_zone = "Europe/Lodon".into(), &["customer.locations[0].time_zone FIELD_INVALID"]),
        (|it| location_of(it).time_zone.clear(), &["customer.locations[0].time_zone FIELD_REQUIRED"]),
        (|it| location_of(it).country = "UK".into(), &["customer.locations[0].country FIELD_INVALID"]),
        (|it| location_of(it).country.clear(), &["customer.locations[0].country FIELD_REQUIRED"]),
        (
            |it| location_of(it).holidays = vec!["2026-02-30".into()],
            &["customer.locations[0].holidays[0] FIELD_INVALID"],
        ),
        (|it| location_of(it).holidays = vec![String::new()], &["customer.locations[0].holidays[0] FIELD_INVALID"]),
        (
            |it| location_of(it).holidays = vec!["2026-12-25".into(), "2026-12-25".into()],
            &["customer.locations[0].holidays[1] DUPLICATE_ID"],
        ),
        (|it| contact_of(it).roles.push(0), &["customer.contacts[0].roles[1] FIELD_INVALID"]),
        (|it| contact_of(it).roles.push(9), &["customer.contacts[0].roles[1] FIELD_INVALID"]),
        (|it| contact_of(it).roles.push(1), &["customer.contacts[0].roles[1] DUPLICATE_ID"]),
        (|it| contact_of(it).email = Some("ada".into()), &["customer.contacts[0].email FIELD_INVALID"]),
        (
            |it| contact_of(it).location_ids.push("nowhere".into()),
            &["customer.contacts[0].location_ids[1] REFERENCE_UNKNOWN"],
        ),
        (|it| order_of(it).customer_id = "fabrikam".into(), &["work_orders[0].customer_id FIELD_CONFLICT"]),
        (|it| order_of(it).work_order_id = "WO 2".into(), &["work_orders[0].work_order_id FIELD_INVALID"]),
        (|it| order_of(it).work_order_id = "w".repeat(65), &["work_orders[0].work_order_id FIELD_INVALID"]),
        (|it| order_of(it).work_order_id.clear(), &["work_orders[0].work_order_id FIELD_REQUIRED"]),
        (|it| it.work_orders.push(base("")), &["work_orders[2].work_order_id DUPLICATE_ID"]),
        (|it| order_of(it).edition_id = "unified-2023".into(), &["work_orders[0].edition_id REFERENCE_UNKNOWN"]),
        (|it| order_of(it).start_date = "2026-02-30".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "2026-2-1".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "01.02.2026".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "2026- 2- 1".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "+2026-02-1".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "2026-002-1".into(), &["work_orders[0].start_date FIELD_INVALID"]),
        (|it| order_of(it).start_date = "1969-12-31".into(), &["work_orders[0].start_date FIELD_OUT_OF_RANGE"]),
        (|it| order_of(it).end_date.clear(), &["work_orders[0].end_date FIELD_REQUIRED"]),
        (|it| order_of(it).end_date = "2027-02-29".into(), &["work_orders[0].end_date FIELD_INVALID"]),
        (|it| order_of(it).end_date = "2026-01-31".into(), &["work_orders[0].end_date FIELD_CONFLICT"]),
        (|it| order_of(it).signed_date = Some("yesterday".into()), &["work_orders[0].signed_date FIELD_INVALID"]),
        (|it| order_of(it).state = 9, &["work_orders[0].state FIELD_INVALID"]),
        (|it| order_of(it).state = 4, &["work_orders[0].terminate_time FIELD_REQUIRED"]),
        (
            |it| order_of(it).terminate_time = Some(Timestamp { seconds: 0, nanos: -1 }),
            &["work_orders[0].terminate_time FIELD_OUT_OF_RANGE"],
        ),
        (
            |it| order_of(it).host_location_id = "gb-londn".into(),
            &["work_orders[0].host_location_id REFERENCE_UNKNOWN"],
        ),
        (
            |it| order_of(it).base_work_order_id = Some("wo-9".into()),
            &["work_orders[0].base_work_order_id REFERENCE_UNKNOWN"],
        ),
        (|it| order_of(it).covered_products.clear(), &["work_orders[0].covered_products FIELD_REQUIRED"]),
        (
            |it| order_of(it).covered_products[1] = "azur/*".into(),
            &["work_orders[0].covered_products[1] REFERENCE_UNKNOWN"],
        ),
        (|it| order_of(it).currency = "gbp".into(), &["work_orders[0].currency FIELD_INVALID"]),
        (|it| order_of(it).flex_allowance = Some(-1), &["work_orders[0].flex_allowance FIELD_OUT_OF_RANGE"]),
        (|it| order_of(it).items.clear(), &["work_orders[0].items FIELD_REQUIRED"]),
        (|it| item_of(it).item_id = "Item".into(), &["work_orders[0].items[0].item_id FIELD_INVALID"]),
        (|it| item_of(it).service_id = "work-shops".into(), &["work_orders[0].items[0].service_id REFERENCE_UNKNOWN"]),
        (|it| item_of(it).quantity = hours(0), &["work_orders[0].items[0].quantity.amount FIELD_OUT_OF_RANGE"]),
        (|it| item_of(it).quantity = hours(-1), &["work_orders[0].items[0].quantity.amount FIELD_OUT_OF_RANGE"]),
        (|it| item_of(it).quantity = hours(i64::MAX), &["work_orders[0].items[0].quantity.amount FIELD_OUT_OF_RANGE"]),
        (
            |it| item_of(it).quantity.as_mut().unwrap().unit = 0,
            &["work_orders[0].items[0].quantity.unit FIELD_REQUIRED"],
        ),
        (
            |it| item_of(it).quantity.as_mut().unwrap().unit = 99,
            &["work_orders[0].items[0].quantity.unit FIELD_INVALID"],
        ),
        (
            |it| item_of(it).quantity.as_mut().unwrap().unit = 7,
            &["work_orders[0].items[0].quantity.unit UNIT_MISMATCH"],
        ),
        (|it| order_of(it).items[1].quantity = hours(1), &["work_orders[0].items[1].quantity UNIT_MISMATCH"]),
        (
            |it| {
                order_of(it).items[1].location_ids = vec![LONDON.into()];
            },
            &["work_orders[0].items[1].location_ids FIELD_CONFLICT"],
        ),
        (|it| item_of(it).delivery_mode = 9, &["work_orders[0].items[0].delivery_mode FIELD_INVALID"]),
        (|it| item_of(it).funding = -3, &["work_orders[0].items[0].funding FIELD_INVALID"]),
        (|it| item_of(it).time_zone = Some("GMT+25".into()), &["work_orders[0].items[0].time_zone FIELD_INVALID"]),
        (|it| item_of(it).unit_price = Some(-1), &["work_orders[0].items[0].unit_price FIELD_OUT_OF_RANGE"]),
        (
            |it| item_of(it).start_date = Some("2026-01-31".into()),
            &["work_orders[0].items[0].start_date FIELD_OUT_OF_RANGE"],
        ),
        (
            |it| {
                item_of(it).waivers =
                    vec![v1::Waiver { code: "ONSITE".into(), reference: "a".into(), ..Default::default() }]
            },
            &["work_orders[0].items[0].waivers[0].code REFERENCE_UNKNOWN"],
        ),
        (
            |it| {
                let end_date = Some("2026-13-01".to_owned());
                let code = "ONSITE_NOT_INCLUDED".to_owned();
                item_of(it).waivers = vec![v1::Waiver { code, end_date, ..Default::default() }];
            },
            &[
                "work_orders[0].items[0].waivers[0].end_date FIELD_INVALID",
                "work_orders[0].items[0].waivers[0].reference FIELD_REQUIRED",
            ],
        ),
    ];
    for (change, told) in cases {
        let mut request = document("contoso");
        change(&mut request);
        let refusal = refused(server.contracts().apply_contract(request).await);
        assert_eq!(refusal.code, Code::InvalidArgument, "{refusal:?}");
        assert_eq!(refusal.violations, *told, "{refusal:?}");
        assert_eq!(refusal.clauses, [""; 0], "{refusal:?}");
    }
    let many = |count: usize| v1::ApplyContractRequest {
        work_orders: (0..count)
            .map(|row| v1::WorkOrder { work_order_id: format!("w{row}"), ..Default::default() })
            .collect(),
        ..document("contoso")
    };
    let refusal = refused(server.contracts().apply_contract(many(201)).await);
    assert_eq!(refusal.violations, ["work_orders FIELD_OUT_OF_RANGE"]);
    let refusal = refused(server.contracts().apply_contract(many(200)).await);
    assert_eq!(refusal.violations[0], "work_orders[0].start_date FIELD_REQUIRED");
    // Twice is twice, even if it is stored just so.
    stored(server, "fabrikam").await;
    let mut request = document("fabrikam");
    request.work_orders.push(base(""));
    let told = mistake(server.contracts().apply_contract(request).await);
    assert_eq!(told, "work_orders[2].work_order_id DUPLICATE_ID");

    let mut contracts = server.contracts();
    let both = ["work_order FIELD_REQUIRED", "request_id FIELD_REQUIRED"];
    assert_eq!(refused(contracts.create_work_order(v1::CreateWorkOrderRequest::default()).await).violations, both);
    let both = ["customer FIELD_REQUIRED", "request_id FIELD_REQUIRED"];
    assert_eq!(refused(contracts.create_customer(v1::CreateCustomerRequest::default()).await).violations, both);
    assert_eq!(refused(contracts.update_customer(v1::UpdateCustomerRequest::default()).await).violations, both);
    // Nothing to be told of an id that only a write needs.
    let request = v1::CreateWorkOrderRequest { validate_only: true, ..Default::default() };
    assert_eq!(refused(contracts.create_work_order(request).await).violations, ["work_order FIELD_REQUIRED"]);
}
