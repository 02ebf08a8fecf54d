use super::*;

const CUSTOMER: &str = r#"{"customer_id":"contoso","display_name":"Contoso","locations":[{"location_id":"gb-london",
    "display_name":"London","country":"GB","time_zone":"Europe/London","holidays":["2026-12-25"]}],
    "contacts":[{"contact_id":"ada","display_name":"Ada","email":"ada@contoso.example",
    "location_ids":["gb-london"],"roles":["SUPPORT_ADMINISTRATOR","REACTIVE_CONTACT",
    "CLOUD_ADMINISTRATOR"]}],"licenses":["software-assurance"]}"#;
const LEAST_CUSTOMER: &str = r#"{"customer_id":"contoso","display_name":"","locations":[]}"#;
const ORDER: &str = r#"{"work_order_id":"wo-1","customer_id":"contoso","edition_id":"2026-01","start_date":"2026-01-01",
    "end_date":"2026-12-31","signed_date":"2025-12-01","state":"TERMINATED",
    "terminate_time":"2026-06-01T00:00:00Z","host_location_id":"gb-london",
    "downstream_location_ids":["de-berlin"],"base_work_order_id":"wo-0","covered_products":["azure/*"],
    "currency":"EUR","flex_allowance":100,"items":[{"item_id":"hours","service_id":"engineering",
    "location_ids":["gb-london"],"all_locations":true,"quantity":{"amount":10,"unit":"HOURS"},
    "predefined_offering":"small","product_ids":["azure/*"],"tenant_ids":["t1"],
    "delivery_mode":"ON_SITE","time_zone":"Europe/London","exhibit":"A","unit_price":5,
    "funding":"FLEX_ALLOWANCE","start_date":"2026-02-01","end_date":"2026-11-30",
    "included_hours":{"reactive_support_management":1,"service_delivery_management":2},"priority":1,
    "events":[{"event_id":"e1","solution_id":"shop","product_ids":["azure/*"],
    "start_time":"2026-03-01T00:00:00Z","end_time":"2026-03-02T00:00:00Z",
    "confirmed_time":"2026-02-01T00:00:00.000001Z"}],"waivers":[{"code":"MINIMUM_ENGAGEMENT",
    "reference":"mail","granted_by":"ada","start_date":"2026-01-01","end_date":"2026-12-31",
    "product_ids":["azure/*"]}]}]}"#;
const LEAST_ORDER: &str = r#"{"work_order_id":"wo-2","customer_id":"contoso","edition_id":"2026-01",
    "start_date":"2026-01-01","end_date":"2026-12-31","state":"ACTIVE","host_location_id":"gb-london","covered_products":[],
    "currency":"EUR","items":[{"item_id":"hours","service_id":"engineering","funding":"PURCHASED"}]}"#;

/// The texts here are broken into lines to be read.
fn in_one_line(text: &str) -> String {
    text.lines().map(str::trim_start).collect()
}

/// A request that an older version kept is known by the hash of then. A new field of a document must leave this
/// text as it is where the field is absent.
#[test]
fn the_content_of_a_command_is_the_text_it_always_was() {
    let customer = |text: &str| serde_json::from_str::<Customer>(text).unwrap();
    let order = |text: &str| serde_json::from_str::<WorkOrder>(text).unwrap();
    let etag = "YzM".to_owned();
    let work_orders = vec![order(ORDER), order(LEAST_ORDER)];
    let cases = [
        (
            ContractCommand::CreateCustomer { customer: customer(LEAST_CUSTOMER) },
            format!(r#"{{"create_customer":{{"customer":{LEAST_CUSTOMER}}}}}"#),
            "CreateCustomer ce3526cd345cecf7e84f3acaa2323abc5d97b72c6e0823de3df8f377241eeade",
        ),
        (
            ContractCommand::UpdateCustomer { customer: customer(CUSTOMER), etag: etag.clone(), effective_time: None },
            format!(r#"{{"update_customer":{{"customer":{CUSTOMER},"etag":"YzM"}}}}"#),
            "UpdateCustomer f2dd76267c2e70df8ba519715b931b3b6b9efee02f12bf3bc3892ef05221570f",
        ),
        (
            ContractCommand::CreateWorkOrder { work_order: order(ORDER) },
            format!(r#"{{"create_work_order":{{"work_order":{ORDER}}}}}"#),
            "CreateWorkOrder d881fd1b21afa2507b88643e4a74638c7143664f54503b61e6c369476848604a",
        ),
        (
            ContractCommand::Apply { customer: customer(CUSTOMER), work_orders, etag, effective_time: None },
            format!(r#"{{"apply":{{"customer":{CUSTOMER},"work_orders":[{ORDER},{LEAST_ORDER}],"etag":"YzM"}}}}"#),
            "ApplyContract 94de30d2bc6a49d35430d51004166a0f3c8c4ebfa34d4daac6793e4404a77736",
        ),
    ];
    for (command, text, identity) in cases {
        let text = in_one_line(&text);
        assert_eq!(serde_json::to_string(&command).unwrap(), text);
        let Content { hash, bytes } = command.content().unwrap();
        assert_eq!((format!("{} {hash}", command.method()).as_str(), bytes), (identity, text.len()));
    }
}
