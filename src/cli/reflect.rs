//! The API's own descriptors, and answers as proto3 JSON.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use prost_reflect::{
    DescriptorPool, DynamicMessage, EnumDescriptor, Kind, MapKey, MessageDescriptor, SerializeOptions, Value,
};
use serde::ser::{Error as _, SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

use crate::error::{BoxError, Error};
use crate::legible;
use crate::proto::FILE_DESCRIPTOR_SET;

static POOL: LazyLock<Result<DescriptorPool, String>> =
    LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).map_err(|error| error.to_string()));

/// A message of the API by its full name.
pub(super) fn message(name: &str) -> Result<MessageDescriptor, Error> {
    let pool = POOL.as_ref().map_err(|error| Error::internal(error.as_str()))?;
    pool.get_message_by_name(name).ok_or_else(|| Error::internal(format!("no message `{name}`")))
}

/// What all values of an enum begin with: `WORK_ORDER_STATE_`.
pub(super) fn prefix(descriptor: &EnumDescriptor) -> String {
    descriptor.default_value().name().trim_end_matches("UNSPECIFIED").to_owned()
}

/// `answer`, the message `name` of the API, with every control in its texts told by code point.
pub(super) fn without_controls<M: prost::Message + Default>(name: &str, answer: &M) -> Result<M, BoxError> {
    let mut dynamic = DynamicMessage::new(message(name)?);
    dynamic.transcode_from(answer)?;
    show_message(&mut dynamic);
    Ok(dynamic.transcode_to()?)
}

fn show_message(message: &mut DynamicMessage) {
    message.fields_mut().for_each(|(_, value)| show_value(value));
}

fn show_value(value: &mut Value) {
    match value {
        Value::String(text) => *text = legible::shown(text).into_owned(),
        Value::Message(message) => show_message(message),
        Value::List(values) => values.iter_mut().for_each(show_value),
        Value::Map(values) => {
            let legible_values = values.drain().map(|(key, mut value)| {
                show_value(&mut value);
                match key {
                    MapKey::String(key) => (MapKey::String(legible::shown(&key).into_owned()), value),
                    key => (key, value),
                }
            });
            *values = legible_values.collect();
        }
        _ => {}
    }
}

/// `answer`, the message `name` of the API, as proto3 JSON with the names of the proto files.
pub(super) fn json(name: &str, answer: &impl prost::Message) -> Result<String, BoxError> {
    let mut dynamic = DynamicMessage::new(message(name)?);
    dynamic.transcode_from(answer)?;
    Ok(legible::json(&serde_json::to_string_pretty(&Json(&dynamic))?).into_owned())
}

/// Fields in the order of the proto files and maps in the order of their keys, so that equal
/// answers are equal bytes.
struct Json<'a>(&'a DynamicMessage);

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let descriptor = prost_reflect::ReflectMessage::descriptor(self.0);
        if descriptor.package_name() == "google.protobuf" {
            return self.0.serialize_with_options(serializer, &SerializeOptions::new());
        }
        let mut map = serializer.serialize_map(None)?;
        for field in descriptor.fields().filter(|field| self.0.has_field(field)) {
            map.serialize_entry(field.name(), &JsonValue(&self.0.get_field(&field), &field.kind()))?;
        }
        map.end()
    }
}

struct JsonValue<'a>(&'a Value, &'a Kind);

impl Serialize for JsonValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0, self.1) {
            (Value::Message(message), _) => Json(message).serialize(serializer),
            (Value::List(values), kind) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(&JsonValue(value, kind)))?;
                list.end()
            }
            (Value::Map(values), Kind::Message(entry)) => {
                let kind = entry.map_entry_value_field().kind();
                let sorted: BTreeMap<Option<&str>, &Value> =
                    values.iter().map(|(key, value)| (key.as_str(), value)).collect();
                let mut map = serializer.serialize_map(Some(sorted.len()))?;
                sorted.iter().try_for_each(|(key, value)| map.serialize_entry(key, &JsonValue(value, &kind)))?;
                map.end()
            }
            (Value::EnumNumber(number), Kind::Enum(descriptor)) => match descriptor.get_value(*number) {
                Some(value) => serializer.serialize_str(value.name()),
                None => serializer.serialize_i32(*number),
            },
            (Value::String(text), _) => serializer.serialize_str(text),
            (Value::Bool(value), _) => serializer.serialize_bool(*value),
            (Value::I32(number), _) => serializer.serialize_i32(*number),
            (Value::U32(number), _) => serializer.serialize_u32(*number),
            // Proto3 JSON writes 64 bits as text.
            (Value::I64(number), _) => serializer.collect_str(number),
            (Value::U64(number), _) => serializer.collect_str(number),
            _ => Err(S::Error::custom("the API has no values of this kind")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1;

    #[test]
    fn no_control_of_an_answer_is_shown() {
        let evil = "\u{1b}[31mFORGED\n\u{202e}\u{9b}2J";
        let escaped = "\\u{1b}[31mFORGED\\u{a}\\u{202e}\\u{9b}2J";
        let reason = |text: &str| v1::Reason {
            code: text.to_owned(),
            metadata: [(text.to_owned(), text.to_owned())].into(),
            ..Default::default()
        };
        let answer = |text: &str| v1::CheckEntitlementResponse {
            decision: v1::Decision::NotEntitled.into(),
            reasons: vec![reason(text)],
            coverage: Some(v1::Coverage { work_order_id: text.to_owned(), ..Default::default() }),
            revision: text.to_owned(),
            ..Default::default()
        };
        let name = "entitled.v1.CheckEntitlementResponse";
        assert_eq!(without_controls(name, &answer(evil)).unwrap(), answer(escaped));
        let json = json(name, &answer(evil)).unwrap();
        assert!(!json.contains(|letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}'), "{json}");
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(value["revision"], evil);
    }

    #[test]
    fn answers_are_proto3_json_in_a_fixed_order() {
        let metadata = ["e", "d", "c", "b", "a"].map(|key| (key.to_owned(), "1".to_owned())).into();
        let block = v1::Block { granted: 24_000, unit: v1::Unit::Minutes.into(), ..Default::default() };
        let answer = v1::CheckEntitlementResponse {
            decision: v1::Decision::NotEntitled.into(),
            reasons: vec![v1::Reason { code: "X".to_owned(), metadata, ..Default::default() }],
            coverage: Some(v1::Coverage { blocks: vec![block], ..Default::default() }),
            valid_until: Some(prost_types::Timestamp { seconds: 0, nanos: 0 }),
            ..Default::default()
        };
        let json = json("entitled.v1.CheckEntitlementResponse", &answer).unwrap();
        assert_eq!(
            json.split_whitespace().collect::<String>(),
            concat!(
                r#"{"decision":"DECISION_NOT_ENTITLED","#,
                r#""reasons":[{"code":"X","metadata":{"a":"1","b":"1","c":"1","d":"1","e":"1"}}],"#,
                r#""coverage":{"blocks":[{"unit":"UNIT_MINUTES","granted":"24000"}]},"#,
                r#""valid_until":"1970-01-01T00:00:00Z"}"#
            )
        );
    }
}
