//! The values without fields of their own: text, numbers, enums, times, short quantities.

use std::str::FromStr;

use prost_reflect::{DynamicMessage, EnumDescriptor, Kind, MessageDescriptor, Value};

use super::node::{Node, NodeContent};
use super::quantity;
use super::shape::{QUANTITY, TIMESTAMP};
use crate::cli::{reflect, values};
use crate::error::reason;
use crate::legible::excerpt;
use crate::suggest::nearest;

/// Why a value does not do.
#[derive(Debug)]
pub(super) struct Wrong {
    pub reason: &'static str,
    pub description: String,
}

impl Wrong {
    pub(super) fn kind(description: String) -> Self {
        Self { reason: reason::FIELD_INVALID, description }
    }
}

/// Whether a message may be written as one scalar.
pub(super) fn has_short_form(descriptor: &MessageDescriptor) -> bool {
    matches!(descriptor.full_name(), TIMESTAMP | QUANTITY)
}

pub(super) fn value(kind: &Kind, node: &Node) -> Result<Value, Wrong> {
    let (text, is_plain) = match &node.content {
        NodeContent::Plain(text) if !node.is_null() => (text.as_str(), true),
        NodeContent::Text(text) => (text.as_str(), false),
        _ => return Err(Wrong::kind(format!("expected {}; found {}", expected(kind), node.describe()))),
    };
    match kind {
        Kind::String if is_plain && !is_text(text) => {
            Err(Wrong::kind(format!("expected text; to mean the text `{}`, put it in quotes", excerpt(text))))
        }
        Kind::String => Ok(Value::String(text.to_owned())),
        Kind::Bool => boolean(text, is_plain).map(Value::Bool),
        Kind::Int64 => whole_number(text).map(Value::I64),
        Kind::Int32 => whole_number(text).map(Value::I32),
        Kind::Enum(descriptor) => enum_value(descriptor, text).map(Value::EnumNumber),
        Kind::Message(descriptor) => short_form(descriptor, text),
        _ => Err(Wrong::kind("a value of this kind cannot be written in a document".to_owned())),
    }
}

fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::String => "text",
        Kind::Bool => "true or false",
        Kind::Int32 | Kind::Int64 => "a whole number",
        Kind::Enum(_) => "a name",
        Kind::Message(descriptor) if descriptor.full_name() == TIMESTAMP => "a time such as \"2026-06-01T10:00:00Z\"",
        Kind::Message(descriptor) if descriptor.full_name() == QUANTITY => "a quantity such as 400h",
        _ => "another kind of value",
    }
}

/// Whether YAML reads this, without quotes, as text: not as a number, a boolean or nothing.
fn is_text(plain: &str) -> bool {
    let is_boolean = matches!(plain, "true" | "True" | "TRUE" | "false" | "False" | "FALSE");
    let unsigned = plain.trim_start_matches(['+', '-']);
    let is_number = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && (f64::from_str(plain).is_ok()
            || unsigned.strip_prefix("0x").is_some_and(|digits| i64::from_str_radix(digits, 16).is_ok())
            || unsigned.strip_prefix("0o").is_some_and(|digits| i64::from_str_radix(digits, 8).is_ok()));
    let is_special = matches!(unsigned.to_ascii_lowercase().as_str(), ".inf" | ".nan");
    !(is_boolean || is_number || is_special)
}

fn boolean(text: &str, is_plain: bool) -> Result<bool, Wrong> {
    match text {
        "true" | "True" | "TRUE" if is_plain => Ok(true),
        "false" | "False" | "FALSE" if is_plain => Ok(false),
        "true" | "false" => Err(Wrong::kind(format!("expected true or false; write {text} without quotes"))),
        _ => Err(Wrong::kind(format!("expected true or false; found `{}`", excerpt(text)))),
    }
}

/// As a number or, as JSON writes long ones, as text.
fn whole_number<T: FromStr>(text: &str) -> Result<T, Wrong> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Wrong::kind(format!("expected a whole number; found `{}`", excerpt(text))));
    }
    text.parse().map_err(|_| Wrong {
        reason: reason::FIELD_OUT_OF_RANGE,
        description: format!("`{}` is larger than this field can hold", excerpt(text)),
    })
}

/// With or without the prefix that all values of the enum share.
fn enum_value(descriptor: &EnumDescriptor, text: &str) -> Result<i32, Wrong> {
    let prefix = reflect::prefix(descriptor);
    let values: Vec<(String, i32)> = descriptor
        .values()
        .filter(|value| value.number() != 0)
        .map(|value| (value.name().trim_start_matches(&prefix).to_owned(), value.number()))
        .collect();
    let short = text.strip_prefix(&prefix).unwrap_or(text);
    if let Some((_, number)) = values.iter().find(|(name, _)| name == short) {
        return Ok(*number);
    }
    let names = || values.iter().map(|(name, _)| name.as_str());
    let hint = match nearest(&short.to_uppercase(), names()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("known are {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Wrong::kind(format!("`{}` is not known here; {hint}", excerpt(text))))
}

fn short_form(descriptor: &MessageDescriptor, text: &str) -> Result<Value, Wrong> {
    let mut message = DynamicMessage::new(descriptor.clone());
    let filled = match descriptor.full_name() {
        TIMESTAMP => message.transcode_from(&values::time(text).map_err(Wrong::kind)?),
        _ => message.transcode_from(&quantity::parse(text).map_err(Wrong::kind)?),
    };
    filled.map_err(|error| Wrong::kind(error.to_string()))?;
    Ok(Value::Message(message))
}
