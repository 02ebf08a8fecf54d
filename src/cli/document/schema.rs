//! The JSON Schema of a document, for editors that complete and check it.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::{quantity, shape};
use crate::cli::reflect;
use crate::error::Error;
use crate::proto::v1::Unit;

/// The draft that editors know best.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";
const DATE: &str = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";
/// For those who take `format` for a note only.
const TIME: &str =
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[-+][0-9]{2}:[0-9]{2})$";
const WHOLE_NUMBER: &str = "^[-+]?[0-9]+$";
const ABOVE_ZERO: &str = "^[+]?0*[1-9][0-9]*$";
const MONEY: &str = "^[0-9]+([.][0-9]+)?( [A-Z]{3})?$";
const ID: &str = "[a-z0-9._-]{1,64}";
/// A family, a component of it, or all of either.
const PRODUCTS: &str = "^([*]|[a-z0-9._-]{1,64}(/([*]|[a-z0-9._-]{1,64}))?)$";
const COUNTRY: &str = "^[A-Z]{2}$";
const CURRENCY: &str = "^[A-Z]{3}$";
/// A name such as `Europe/London` or `UTC`; no offset.
const ZONE: &str = "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$";
const CLAUSE: &str = "^[A-Z][A-Z0-9_]*$";

/// The schema, as text.
pub fn text() -> Result<String, Error> {
    Ok(format!("{:#}\n", schema()?))
}

fn schema() -> Result<Value, Error> {
    let request = reflect::message("entitled.v1.ApplyContractRequest")?;
    let mut definitions = BTreeMap::new();
    let mut properties = Map::new();
    for field in request.fields().filter(|field| shape::PARTS.contains(&field.name())) {
        properties.insert(field.name().to_owned(), of_field(&field, &mut definitions));
    }
    Ok(json!({
        "$schema": DRAFT,
        "title": "Contract of a customer",
        "description": "What `entitled import` reads: one customer and its work orders.",
        "type": "object",
        "properties": properties,
        "required": ["customer"],
        "additionalProperties": false,
        "definitions": definitions,
    }))
}

fn of_field(field: &FieldDescriptor, definitions: &mut BTreeMap<String, Value>) -> Value {
    let one = of_value(field, definitions);
    let mut value = if field.is_list() { json!({"type": "array", "items": one}) } else { one };
    if let Value::Object(map) = &mut value
        && field.is_list()
        && shape::is_never_empty(field)
    {
        map.insert("minItems".to_owned(), json!(1));
    }
    let is_needed = shape::is_required(field) || shape::is_never_empty(field) || is_amount(field);
    if !is_needed {
        value = or_null(value);
    }
    if let Value::Object(map) = &mut value {
        let mut description = shape::of_field(field);
        if let Kind::Enum(values) = field.kind() {
            description = format!("{description} {}", meanings(&values));
        }
        map.insert("description".to_owned(), Value::String(description.trim().to_owned()));
        if shape::is_output_only(field) {
            map.insert("readOnly".to_owned(), Value::Bool(true));
        }
    }
    value
}

fn is_amount(field: &FieldDescriptor) -> bool {
    field.full_name() == "entitled.v1.Quantity.amount"
}

/// A field that may be left out may be null, too.
fn or_null(mut value: Value) -> Value {
    let Value::Object(map) = &mut value else { return value };
    if let Some(reference) = map.remove("allOf") {
        map.insert("anyOf".to_owned(), reference);
    }
    match map.remove("type") {
        Some(Value::Array(types)) => {
            map.insert("type".to_owned(), types.into_iter().chain([json!("null")]).collect());
        }
        Some(one) => _ = map.insert("type".to_owned(), json!([one, "null"])),
        None => {
            if let Some(Value::Array(ways)) = map.get_mut("anyOf") {
                ways.push(json!({"type": "null"}));
            }
            if let Some(Value::Array(values)) = map.get_mut("enum") {
                values.push(Value::Null);
            }
        }
    }
    value
}

fn of_value(field: &FieldDescriptor, definitions: &mut BTreeMap<String, Value>) -> Value {
    match field.kind() {
        Kind::String if shape::is_date(field.name()) => {
            json!({"type": "string", "format": "date", "pattern": or_empty(field, DATE)})
        }
        Kind::String => match pattern(field) {
            Some(pattern) => json!({"type": "string", "pattern": or_empty(field, &pattern)}),
            None => json!({"type": "string"}),
        },
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int64 if shape::is_money(field.name()) => {
            let examples = json!(["310.00", "310.00 SGD"]);
            json!({"type": ["number", "string"], "minimum": 0, "pattern": MONEY, "examples": examples})
        }
        Kind::Enum(values) => {
            let prefix = reflect::prefix(&values);
            let short: Vec<String> = shape::values(&values).into_iter().map(|(name, _)| name).collect();
            let long = short.iter().map(|name| format!("{prefix}{name}"));
            json!({"enum": short.iter().cloned().chain(long).collect::<Vec<_>>()})
        }
        Kind::Message(message) if message.full_name() == shape::TIMESTAMP => {
            let examples = json!(["2026-06-01T10:00:00+02:00"]);
            json!({"type": "string", "format": "date-time", "pattern": TIME, "examples": examples})
        }
        Kind::Message(message) => {
            let reference = defined(&message, definitions);
            match message.full_name() == shape::QUANTITY {
                true => {
                    let short =
                        json!({"type": "string", "pattern": short_quantity(), "examples": ["400h", "10 credits"]});
                    json!({"anyOf": [short, reference]})
                }
                // What stands beside a reference is not read in this draft.
                false => json!({"allOf": [reference]}),
            }
        }
        _ if is_amount(field) => {
            json!({"type": ["integer", "string"], "minimum": 1, "pattern": ABOVE_ZERO})
        }
        _ => json!({"type": ["integer", "string"], "pattern": WHOLE_NUMBER}),
    }
}

/// What a text looks like, where its field says more than that it is one.
fn pattern(field: &FieldDescriptor) -> Option<String> {
    Some(match field.name() {
        // Whatever the directory calls it.
        "tenant_ids" => return None,
        "product_ids" | "covered_products" | "covered_products_except" => PRODUCTS.to_owned(),
        "country" => COUNTRY.to_owned(),
        "currency" => CURRENCY.to_owned(),
        "time_zone" => ZONE.to_owned(),
        "code" => CLAUSE.to_owned(),
        "licenses" | "base_services_except" => format!("^{ID}$"),
        name if name.ends_with("_id") || name.ends_with("_ids") => format!("^{ID}$"),
        _ => return None,
    })
}

/// A field that may be left out may be empty, too.
fn or_empty(field: &FieldDescriptor, pattern: &str) -> String {
    if field.is_list() || shape::is_required(field) { pattern.to_owned() } else { format!("^$|{pattern}") }
}

/// As `quantity::parse` reads it: a number and a unit, or hours and minutes; units in any case.
fn short_quantity() -> String {
    let any_case = |unit: &str| {
        let letters = unit.chars().map(|letter| format!("[{}{letter}]", letter.to_ascii_uppercase()));
        letters.collect::<String>()
    };
    let of = |spellings: &[&str]| spellings.iter().map(|it| any_case(it)).collect::<Vec<_>>().join("|");
    let [units, hours, minutes] =
        [quantity::spellings(None), quantity::spellings(Some(Unit::Hours)), quantity::spellings(Some(Unit::Minutes))]
            .map(|spellings| of(&spellings));
    let (one, number) = ("0*[1-9][0-9]*", "[0-9]+");
    format!("^ *({one} *({units})|{number} *({hours}) *{number} *({minutes})) *$")
}

/// Of an item's fields exactly one says where it is for.
fn places(message: &MessageDescriptor) -> Option<Value> {
    (message.full_name() == "entitled.v1.Item").then(|| {
        let some = json!({"required": ["location_ids"], "properties": {
            "location_ids": {"type": "array", "minItems": 1}, "all_locations": {"enum": [false, null]}}});
        let all = json!({"required": ["all_locations"], "properties": {
            "all_locations": {"const": true}, "location_ids": {"maxItems": 0}}});
        json!([some, all])
    })
}

/// A reference to a message, which is defined where it was not yet.
fn defined(message: &MessageDescriptor, definitions: &mut BTreeMap<String, Value>) -> Value {
    let name = message.name().to_owned();
    if !definitions.contains_key(&name) {
        // It may hold itself.
        definitions.insert(name.clone(), Value::Null);
        let mut properties = Map::new();
        for field in message.fields() {
            properties.insert(field.name().to_owned(), of_field(&field, definitions));
        }
        let required: Vec<String> =
            message.fields().filter(shape::is_required).map(|field| field.name().to_owned()).collect();
        let mut definition = json!({
            "type": "object",
            "description": shape::of_message(message),
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        if let (Value::Object(map), Some(places)) = (&mut definition, places(message)) {
            map.insert("oneOf".to_owned(), places);
        }
        definitions.insert(name.clone(), definition);
    }
    json!({"$ref": format!("#/definitions/{name}")})
}

/// `ACTIVE: In force within its dates. …`
fn meanings(values: &EnumDescriptor) -> String {
    let meanings = shape::values(values).into_iter().map(|(name, meaning)| format!("{name}: {meaning}"));
    meanings.collect::<Vec<_>>().join(" ")
}
