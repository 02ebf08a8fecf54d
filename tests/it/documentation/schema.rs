//! The JSON Schema of a document takes what is read, and refuses mistakes.

use boon::{Compiler, SchemaIndex, Schemas};
use entitled::cli::document;
use serde_json::{Value, json};

use super::contracts::{files, schema};
use crate::{corpus, yaml};

/// Checks documents by the schema.
struct Checker(Schemas, SchemaIndex);

impl Checker {
    fn new() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("contract.schema.json", serde_json::from_str(&schema()).unwrap()).unwrap();
        let index = compiler.compile("contract.schema.json", &mut schemas).unwrap();
        Self(schemas, index)
    }

    fn told(&self, value: &Value) -> Option<String> {
        self.0.validate(value, self.1).err().map(|error| format!("{error:#}"))
    }
}

#[test]
fn documents_that_are_read_are_valid_by_the_schema() {
    let checker = Checker::new();
    for (file, text) in files() {
        assert_eq!(checker.told(&yaml::parse(&text)), None, "{file}");
        let request = document::read(&text).unwrap().request;
        let written = document::write::document(request.customer.as_ref().unwrap(), &request.work_orders).unwrap();
        assert_eq!(checker.told(&yaml::parse(&document::yaml::yaml(&written))), None, "{file} as it is exported");
    }
    for file in corpus::files() {
        assert_eq!(checker.told(&corpus::load(&file)["document"]), None, "{file:?}");
    }
}

#[test]
fn mistakes_are_mistakes_by_the_schema() {
    let checker = Checker::new();
    let good = yaml::parse(&files()[1].1);
    assert_eq!(checker.told(&good), None);
    let changed = |pointer: &str, value: Value| {
        let mut document = good.clone();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Object(fields) => _ = fields.insert(field.to_owned(), value),
            list => list[field.parse::<usize>().unwrap()] = value,
        }
        checker.told(&document)
    };
    for (pointer, good) in [
        ("/work_orders/0/items/1/unit_price", json!("310.00 EUR")),
        ("/work_orders/0/items/1/unit_price", json!(310.5)),
        ("/work_orders/0/items/1/quantity", json!("12h30m")),
        ("/work_orders/0/items/1/quantity", json!({"amount": "5", "unit": "UNIT_DAYS"})),
        ("/work_orders/0/items/1/quantity", json!("10 Credits")),
        (
            "/work_orders/0/items/0",
            json!({"item_id": "a", "service_id": "b", "location_ids": ["c"], "all_locations": false}),
        ),
        ("/work_orders/0/covered_products", json!(["*", "azure/*", "azure/app-service", "sql-server"])),
        ("/customer/locations/0/time_zone", json!("UTC")),
        ("/work_orders/0/items/1/quantity", json!(null)),
        ("/work_orders/0/items/1/unit_price", json!(null)),
        ("/work_orders/0/items/1/waivers", json!(null)),
        ("/work_orders/0/state", json!(null)),
        ("/work_orders/0/signed_date", json!(null)),
        (
            "/work_orders/0/items/0",
            json!({"item_id": "a", "service_id": "b", "location_ids": ["c"], "all_locations": null}),
        ),
        ("/customer/contacts/0/roles", json!(["CONTACT_ROLE_REACTIVE_CONTACT", "CLOUD_ADMINISTRATOR"])),
    ] {
        assert_eq!(changed(pointer, good.clone()), None, "{good}");
    }
    for (pointer, bad) in [
        ("/work_orders/0/items/1/unit_price", json!("cheap")),
        ("/work_orders/0/items/1/quantity", json!("400")),
        ("/work_orders/0/items/1/quantity", json!(400)),
        ("/work_orders/0/start_date", json!("1 January")),
        ("/work_orders/0/items/0", json!({"item_id": "base", "colour": "red", "service_id": "x"})),
        ("/work_orders/0/items/0", json!({"item_id": "base"})),
        ("/work_orders/0/items/0", json!({"item_id": "a", "service_id": "b"})),
        (
            "/work_orders/0/items/0",
            json!({"item_id": "a", "service_id": "b", "all_locations": true, "location_ids": ["c"]}),
        ),
        ("/work_orders/0/items/0", json!({"item_id": "a", "service_id": "b", "location_ids": []})),
        ("/work_orders/0/items/0", json!({"item_id": "a", "service_id": "b", "location_ids": null})),
        ("/work_orders/0/start_date", json!(null)),
        ("/work_orders/0/covered_products", json!(null)),
        ("/work_orders/0/items/1/quantity", json!({"amount": null, "unit": "HOURS"})),
        ("/customer/locations", json!(null)),
        ("/work_orders/0/covered_products", json!(["azure/*", null])),
        ("/work_orders/0/items/0/item_id", json!("Base")),
        ("/work_orders/0/items/0/item_id", json!("a".repeat(65))),
        ("/work_orders/0/items/0/item_id", json!("")),
        ("/work_orders/0/items/1/unit_price", json!(-1)),
        ("/work_orders/0/items/1/quantity", json!("4 weeks")),
        ("/work_orders/0/items/1/quantity", json!("0h")),
        ("/work_orders/0/items/1/quantity", json!({"amount": 0, "unit": "HOURS"})),
        ("/work_orders/0/items/1/quantity", json!({"amount": 5, "unit": "WEEKS"})),
        ("/work_orders/0/start_date", json!("2026-13-01")),
        ("/work_orders/0/start_date", json!("2026-01-01T00:00:00Z")),
        ("/work_orders/0/currency", json!("euro")),
        ("/work_orders/0/covered_products", json!([])),
        ("/work_orders/0/covered_products", json!(["azure/app/service"])),
        ("/customer/locations/0/time_zone", json!("+01:00")),
        ("/customer/locations/0/country", json!("Netherlands")),
        ("/customer/contacts/0/roles", json!(["BOSS"])),
        ("/customer", json!(null)),
    ] {
        assert!(changed(pointer, bad.clone()).is_some(), "{bad}");
    }
}
