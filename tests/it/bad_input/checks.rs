//! Every field of a check.

use entitled::proto::v1;
use prost_types::Timestamp;
use tonic::Code;

use super::altered;
use crate::sample::{at_least, check, hours, mistake, refused, stored, time};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(every_malformed_field_of_a_check_is_told, a_check_tells_all_its_mistakes_at_once);

type CheckCase = (fn(&mut v1::CheckEntitlementRequest), &'static str);
const NO_TIME: i64 = 253_402_300_800;

async fn every_malformed_field_of_a_check_is_told(server: &TestServer) {
    stored(server, "contoso").await;
    let other = stored(server, "fabrikam").await;
    fn delivery(request: &mut v1::CheckEntitlementRequest) -> &mut v1::Delivery {
        request.delivery.get_or_insert_default()
    }
    fn quantity(amount: i64, unit: i32) -> Option<v1::Quantity> {
        Some(v1::Quantity { amount, unit })
    }
    let cases: &[CheckCase] = &[
        (|it| it.customer_id.clear(), "customer_id FIELD_REQUIRED"),
        (|it| it.customer_id = "Contoso".into(), "customer_id FIELD_INVALID"),
        (|it| it.customer_id = "cont oso".into(), "customer_id FIELD_INVALID"),
        (|it| it.customer_id = "contoso\0".into(), "customer_id FIELD_INVALID"),
        (|it| it.customer_id = "contöso".into(), "customer_id FIELD_INVALID"),
        (|it| it.customer_id = "a".repeat(65), "customer_id FIELD_INVALID"),
        (|it| it.location_id.clear(), "location_id FIELD_REQUIRED"),
        (|it| it.location_id = "ie/dublin".into(), "location_id FIELD_INVALID"),
        (|it| it.service_id.clear(), "service_id FIELD_REQUIRED"),
        (|it| it.service_id = "Workshops".into(), "service_id FIELD_INVALID"),
        (|it| it.product_id.clear(), "product_id FIELD_REQUIRED"),
        (|it| it.product_id = "azure/*".into(), "product_id FIELD_INVALID"),
        (|it| it.product_id = "azure/a/b".into(), "product_id FIELD_INVALID"),
        (|it| it.product_id = "azure/".into(), "product_id FIELD_INVALID"),
        (|it| it.product_id = "/".into(), "product_id FIELD_INVALID"),
        (|it| it.product_id = "*".into(), "product_id FIELD_INVALID"),
        (|it| it.check_time = Some(Timestamp { seconds: -1, nanos: 0 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: NO_TIME, nanos: 0 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: i64::MAX, nanos: 0 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: i64::MIN, nanos: 0 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: 0, nanos: -1 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.check_time = Some(Timestamp { seconds: 0, nanos: 1_000_000_000 }), "check_time FIELD_OUT_OF_RANGE"),
        // A leap second in chrono's own notation is none on the wire.
        (|it| it.check_time = Some(Timestamp { seconds: 59, nanos: 1_500_000_000 }), "check_time FIELD_OUT_OF_RANGE"),
        (|it| it.known_time = Some(Timestamp { seconds: -1, nanos: 0 }), "known_time FIELD_OUT_OF_RANGE"),
        (
            |it| it.incident_close_time = Some(Timestamp { seconds: -1, nanos: 0 }),
            "incident_close_time FIELD_OUT_OF_RANGE",
        ),
        (|it| it.severity = 99, "severity FIELD_INVALID"),
        (|it| it.severity = -1, "severity FIELD_INVALID"),
        (|it| it.channel = 99, "channel FIELD_INVALID"),
        (|it| it.view = 99, "view FIELD_INVALID"),
        (|it| it.language = Some("e".into()), "language FIELD_INVALID"),
        (|it| it.language = Some("en_GB".into()), "language FIELD_INVALID"),
        (|it| it.language = Some("en-".into()), "language FIELD_INVALID"),
        (|it| it.language = Some("englishlanguage".into()), "language FIELD_INVALID"),
        (|it| it.language = Some("日本語".into()), "language FIELD_INVALID"),
        (|it| it.locale = Some("1d".into()), "locale FIELD_INVALID"),
        (|it| it.contact_id = Some("Ada Lovelace".into()), "contact_id FIELD_INVALID"),
        (|it| it.tenant_id = Some("t".repeat(201)), "tenant_id FIELD_OUT_OF_RANGE"),
        (|it| it.activity = Some("a".repeat(201)), "activity FIELD_OUT_OF_RANGE"),
        (|it| it.quantity = hours(0), "quantity.amount FIELD_OUT_OF_RANGE"),
        (|it| it.quantity = hours(-8), "quantity.amount FIELD_OUT_OF_RANGE"),
        (|it| it.quantity = hours(i64::MAX), "quantity.amount FIELD_OUT_OF_RANGE"),
        (|it| it.quantity = quantity(8, 0), "quantity.unit FIELD_REQUIRED"),
        (|it| it.quantity = quantity(8, 99), "quantity.unit FIELD_INVALID"),
        (|it| it.quantity = quantity(8, v1::Unit::Visits.into()), "quantity.unit UNIT_MISMATCH"),
        (|it| delivery(it).mode = 99, "delivery.mode FIELD_INVALID"),
        (
            |it| delivery(it).start_time = Some(Timestamp { seconds: -1, nanos: 0 }),
            "delivery.start_time FIELD_OUT_OF_RANGE",
        ),
        (
            |it| delivery(it).requested_time = Some(Timestamp { seconds: -1, nanos: 0 }),
            "delivery.requested_time FIELD_OUT_OF_RANGE",
        ),
        (
            |it| delivery(it).confirmed_time = Some(Timestamp { seconds: -1, nanos: 0 }),
            "delivery.confirmed_time FIELD_OUT_OF_RANGE",
        ),
        (
            |it| {
                delivery(it).start_time = time("2026-06-02T10:00:00Z");
                delivery(it).end_time = time("2026-06-02T09:00:00Z");
            },
            "delivery.end_time FIELD_OUT_OF_RANGE",
        ),
        (|it| delivery(it).solution_ids = vec!["a".into(), "".into()], "delivery.solution_ids[1] FIELD_REQUIRED"),
        (|it| delivery(it).solution_ids = vec!["a b".into()], "delivery.solution_ids[0] FIELD_INVALID"),
        (|it| delivery(it).solution_ids = vec!["a".into(); 101], "delivery.solution_ids FIELD_OUT_OF_RANGE"),
        (|it| it.consistency = at_least("AAAA"), "consistency.at_least_revision REVISION_INVALID"),
        (|it| it.consistency = at_least("no token!"), "consistency.at_least_revision REVISION_INVALID"),
    ];
    for (change, told) in cases {
        let mut request = check("contoso");
        change(&mut request);
        assert_eq!(mistake(server.entitlements().check_entitlement(request).await), *told);
    }

    let request = v1::CheckEntitlementRequest { consistency: at_least(&other), ..check("contoso") };
    let told = mistake(server.entitlements().check_entitlement(request).await);
    assert_eq!(told, "consistency.at_least_revision REVISION_INVALID", "another customer's token");
    let own = server.entitlements().check_entitlement(check("contoso")).await.unwrap().into_inner().revision;
    let request = v1::CheckEntitlementRequest { consistency: at_least(&altered(&own)), ..check("contoso") };
    let told = mistake(server.entitlements().check_entitlement(request).await);
    assert_eq!(told, "consistency.at_least_revision REVISION_INVALID", "an altered token");

    // The very ends of time are within it.
    for seconds in [0, NO_TIME - 1] {
        let request =
            v1::CheckEntitlementRequest { check_time: Some(Timestamp { seconds, nanos: 0 }), ..check("contoso") };
        let answer = server.entitlements().check_entitlement(request).await.unwrap().into_inner();
        assert_eq!(answer.check_time.unwrap().seconds, seconds);
        assert_eq!(answer.decision(), v1::Decision::NotEntitled);
    }
}

async fn a_check_tells_all_its_mistakes_at_once(server: &TestServer) {
    let bad_time = Some(Timestamp { seconds: -1, nanos: 0 });
    let request = v1::CheckEntitlementRequest {
        customer_id: "Contoso".to_owned(),
        location_id: String::new(),
        product_id: "azure//".to_owned(),
        service_id: "?".to_owned(),
        check_time: bad_time,
        known_time: bad_time,
        severity: 9,
        channel: 9,
        language: Some("e".to_owned()),
        contact_id: Some("A".to_owned()),
        tenant_id: Some("t".repeat(201)),
        activity: Some("a".repeat(201)),
        quantity: Some(v1::Quantity { amount: 0, unit: 0 }),
        delivery: Some(v1::Delivery {
            start_time: time("2026-06-02T10:00:00Z"),
            end_time: time("2026-06-02T09:00:00Z"),
            mode: 9,
            requested_time: bad_time,
            confirmed_time: bad_time,
            solution_ids: vec![String::new()],
        }),
        incident_close_time: bad_time,
        consistency: at_least("?"),
        locale: Some("i".to_owned()),
        view: 9,
    };
    let refusal = refused(server.entitlements().check_entitlement(request).await);
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "FIELD_INVALID"));
    let mut told = refusal.violations;
    told.sort_unstable();
    assert_eq!(
        told,
        [
            "activity FIELD_OUT_OF_RANGE",
            "channel FIELD_INVALID",
            "check_time FIELD_OUT_OF_RANGE",
            "consistency.at_least_revision REVISION_INVALID",
            "contact_id FIELD_INVALID",
            "customer_id FIELD_INVALID",
            "delivery.confirmed_time FIELD_OUT_OF_RANGE",
            "delivery.end_time FIELD_OUT_OF_RANGE",
            "delivery.mode FIELD_INVALID",
            "delivery.requested_time FIELD_OUT_OF_RANGE",
            "delivery.solution_ids[0] FIELD_REQUIRED",
            "incident_close_time FIELD_OUT_OF_RANGE",
            "known_time FIELD_OUT_OF_RANGE",
            "language FIELD_INVALID",
            "locale FIELD_INVALID",
            "location_id FIELD_REQUIRED",
            "product_id FIELD_INVALID",
            "quantity.amount FIELD_OUT_OF_RANGE",
            "quantity.unit FIELD_REQUIRED",
            "service_id FIELD_INVALID",
            "severity FIELD_INVALID",
            "tenant_id FIELD_OUT_OF_RANGE",
            "view FIELD_INVALID",
        ]
    );
}
