//! The JSON Schema of a document, for editors that complete and check it.

use std::collections::BTreeMap;

use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::{Map, Value, json};

use super::shape;
use crate::cli::reflect;
use crate::error::Error;

/// The draft that editors know best.
const DRAFT: &str = "http://json-schema.org/draft-07/schema#";
const DATE: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$";
const WHOLE_NUMBER: &str = "^[-+]?[0-9]+$";
const MONEY: &str = "^-?[0-9]+([.][0-9]+)?( [A-Z]{3})?$";
/// As `quantity::parse` reads it: a number and a unit, or hours and minutes.
const QUANTITY: &str = "^ *[0-9]+ *[A-Za-z]+( *[0-9]+ *[Mm][A-Za-z]*)? *$";

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

fn of_value(field: &FieldDescriptor, definitions: &mut BTreeMap<String, Value>) -> Value {
    match field.kind() {
        Kind::String if shape::is_date(field.name()) => json!({"type": "string", "pattern": DATE}),
        Kind::String => json!({"type": "string"}),
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Int64 if shape::is_money(field.name()) => {
            json!({"type": ["number", "string"], "pattern": MONEY, "examples": ["310.00", "310.00 SGD"]})
        }
        Kind::Enum(values) => {
            let prefix = reflect::prefix(&values);
            let short: Vec<String> = shape::values(&values).into_iter().map(|(name, _)| name).collect();
            let long = short.iter().map(|name| format!("{prefix}{name}"));
            json!({"enum": short.iter().cloned().chain(long).collect::<Vec<_>>()})
        }
        Kind::Message(message) if message.full_name() == shape::TIMESTAMP => {
            json!({"type": "string", "format": "date-time", "examples": ["2026-06-01T10:00:00+02:00"]})
        }
        Kind::Message(message) => {
            let reference = defined(&message, definitions);
            match message.full_name() == shape::QUANTITY {
                true => {
                    let short = json!({"type": "string", "pattern": QUANTITY, "examples": ["400h", "10 credits"]});
                    json!({"anyOf": [short, reference]})
                }
                // What stands beside a reference is not read in this draft.
                false => json!({"allOf": [reference]}),
            }
        }
        _ => json!({"type": ["integer", "string"], "pattern": WHOLE_NUMBER}),
    }
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
        let definition = json!({
            "type": "object",
            "description": shape::of_message(message),
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        definitions.insert(name.clone(), definition);
    }
    json!({"$ref": format!("#/definitions/{name}")})
}

/// `ACTIVE: In force within its dates. …`
fn meanings(values: &EnumDescriptor) -> String {
    let meanings = shape::values(values).into_iter().map(|(name, meaning)| format!("{name}: {meaning}"));
    meanings.collect::<Vec<_>>().join(" ")
}
