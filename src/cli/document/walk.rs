//! From the tree of a document to the message the API takes.

use std::collections::BTreeMap;

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};

use super::instants;
use super::money;
use super::node::{DocumentMistake, MapEntry, Node, NodeContent};
use super::scalar::{self, Wrong};
use super::shape;
use crate::cli::reflect;
use crate::error::MOST_VIOLATIONS;
use crate::legible::excerpt;
use crate::proto::v1::ApplyContractRequest;
use crate::suggest::nearest_or_all;
use crate::written::wrong_date;

/// With which old YAML merges maps.
const MERGE_KEY: &str = "<<";

/// Builds the request, or tells every mistake.
pub(super) fn request(root: &Node) -> Result<ApplyContractRequest, Vec<DocumentMistake>> {
    let cannot = |error: String| vec![DocumentMistake::new(root.line, "", "INTERNAL", error)];
    let descriptor = reflect::message("entitled.v1.ApplyContractRequest").map_err(|error| cannot(error.to_string()))?;
    let mut walk = Walk { root, mistakes: Vec::new() };
    let message = walk.fields(&descriptor, root, "", &shape::PARTS);
    if !walk.mistakes.is_empty() {
        walk.mistakes.sort_by_key(|mistake| mistake.line);
        return Err(walk.mistakes);
    }
    message.transcode_to().map_err(|error| cannot(error.to_string()))
}

struct Walk<'a> {
    root: &'a Node,
    mistakes: Vec<DocumentMistake>,
}

impl Walk<'_> {
    /// Whether there are as many mistakes as one answer lists.
    fn is_full(&self) -> bool {
        self.mistakes.len() >= MOST_VIOLATIONS
    }

    fn wrong(&mut self, line: usize, path: &str, wrong: Wrong) {
        self.mistakes.push(DocumentMistake::new(line, path, wrong.reason, wrong.description));
    }

    /// A message written as a map, of which only `allowed` may be written.
    fn fields(&mut self, descriptor: &MessageDescriptor, node: &Node, path: &str, allowed: &[&str]) -> DynamicMessage {
        let mut message = DynamicMessage::new(descriptor.clone());
        let NodeContent::Map(entries) = &node.content else {
            let names = allowed.iter().take(4).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            // What is no document at all may be any file, a secret one too: nothing of it is quoted.
            let is_document = !path.is_empty() || matches!(node.content, NodeContent::List(_));
            let found = if is_document { node.describe() } else { "text".to_owned() };
            self.wrong(node.line, path, Wrong::kind(format!("expected fields such as {names}; found {found}")));
            return message;
        };
        let mut seen = BTreeMap::new();
        for entry in entries {
            if self.is_full() {
                break;
            }
            let path = if path.is_empty() { excerpt(&entry.key) } else { format!("{path}.{}", excerpt(&entry.key)) };
            if let Some(line) = seen.insert(entry.key.as_str(), entry.line) {
                let description = format!("`{}` is written twice: already in line {line}", excerpt(&entry.key));
                self.wrong(entry.line, &path, Wrong { reason: "DUPLICATE_KEY", description });
                continue;
            }
            let field = descriptor.get_field_by_name(&entry.key).filter(|field| allowed.contains(&field.name()));
            match field {
                Some(field) => {
                    if let Some(value) = self.field(&field, entry, &path) {
                        message.set_field(&field, value);
                    }
                }
                None => self.unknown(entry, &path, allowed),
            }
        }
        message
    }

    fn unknown(&mut self, entry: &MapEntry, path: &str, allowed: &[&str]) {
        if entry.key == MERGE_KEY {
            let description = format!(
                "`{MERGE_KEY}` merges no maps here: write the fields out; an alias may stand for a whole value"
            );
            return self.wrong(entry.line, path, Wrong { reason: "FIELD_UNKNOWN", description });
        }
        let hint = nearest_or_all(&entry.key, allowed);
        let description = format!("there is no `{}` here; {hint}", excerpt(&entry.key));
        self.wrong(entry.line, path, Wrong { reason: "FIELD_UNKNOWN", description });
    }

    fn field(&mut self, field: &FieldDescriptor, entry: &MapEntry, path: &str) -> Option<Value> {
        if entry.node.is_null() {
            return None;
        }
        if !field.is_list() {
            // A long value may begin in a later line than its key, but it is found by the key.
            return self.value(&field.kind(), &entry.node, path, entry.line);
        }
        let NodeContent::List(nodes) = &entry.node.content else {
            self.wrong(entry.line, path, Wrong::kind(format!("expected a list; found {}", entry.node.describe())));
            return None;
        };
        let mut values = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            if self.is_full() {
                break;
            }
            values.extend(self.value(&field.kind(), node, &format!("{path}[{index}]"), node.line));
        }
        Some(Value::List(values))
    }

    /// An amount of money, if it is one: its decimals are those of the order's currency.
    fn money(&self, kind: &Kind, node: &Node, path: &str) -> Option<Result<Value, Wrong>> {
        let text = node.text().filter(|_| *kind == Kind::Int64)?;
        path.rsplit('.').next().filter(|field| shape::is_money(field))?;
        let row = path.strip_prefix("work_orders[")?.split(']').next()?;
        let order = self.root.entry("work_orders")?.node.element(row.parse().ok()?)?;
        let Some(currency) = order.entry("currency").and_then(|entry| entry.node.text()) else {
            let is_whole = text.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit());
            let why = "expected a whole number, or an amount beside the `currency` of the order, whose decimals it has";
            return (!is_whole).then(|| Err(Wrong::kind(format!("{why}; found `{}`", excerpt(text)))));
        };
        Some(money::parse(text, currency).map(|money| Value::I64(money.minor_units)).map_err(Wrong::kind))
    }

    /// What is wrong in the words of the field, where it can be told.
    fn better(&self, kind: &Kind, node: &Node, path: &str) -> Option<Wrong> {
        let (NodeContent::Plain(text) | NodeContent::Text(text)) = &node.content else { return None };
        let field = path.rsplit('.').next()?.split('[').next()?;
        if *kind == Kind::String && shape::is_date(field) {
            return Some(Wrong::kind(wrong_date(text)));
        }
        let termination = instants::termination(self.root, path, text)?;
        Some(Wrong::kind(format!("`{}` is a date and no instant; {termination}", excerpt(text))))
    }

    fn value(&mut self, kind: &Kind, node: &Node, path: &str, line: usize) -> Option<Value> {
        if let Kind::Message(descriptor) = kind {
            let is_map = matches!(node.content, NodeContent::Map(_));
            if is_map || !scalar::has_short_form(descriptor) {
                let fields: Vec<FieldDescriptor> = descriptor.fields().collect();
                let names: Vec<&str> = fields.iter().map(FieldDescriptor::name).collect();
                return Some(Value::Message(self.fields(descriptor, node, path, &names)));
            }
        }
        match self.money(kind, node, path).unwrap_or_else(|| scalar::value(kind, node)) {
            Ok(value) => Some(value),
            Err(wrong) => {
                let wrong = self.better(kind, node, path).unwrap_or(wrong);
                self.wrong(line, path, wrong);
                None
            }
        }
    }
}
