//! A document as a tree that remembers lines, the text of every scalar as it was written, and keys that occur twice; and a
//! mistake in it.

use crate::error::Violation;
use crate::legible::{excerpt, sentence};

#[derive(Debug, Clone)]
pub(super) struct Node {
    pub line: usize,
    pub content: NodeContent,
}

#[derive(Debug, Clone)]
pub(super) enum NodeContent {
    /// Without quotes: what it means depends on where it stands.
    Plain(String),
    /// In quotes, or a block of text.
    Text(String),
    List(Vec<Node>),
    Map(Vec<MapEntry>),
}

#[derive(Debug, Clone)]
pub(super) struct MapEntry {
    pub key: String,
    pub line: usize,
    pub node: Node,
}

/// A mistake and the line it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentMistake {
    pub line: Option<usize>,
    pub violation: Violation,
}

impl DocumentMistake {
    pub fn new(line: usize, field: &str, reason: &'static str, description: impl Into<String>) -> Self {
        Self { line: Some(line), violation: Violation::new(sentence(field), reason, sentence(&description.into())) }
    }

    pub fn syntax(line: usize, description: impl Into<String>) -> Self {
        Self::new(line, "", "SYNTAX", description)
    }
}

impl Node {
    /// Nothing, as YAML writes it; the same as an absent field.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, NodeContent::Plain(text) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What a scalar says, as it was written.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.content {
            NodeContent::Plain(text) | NodeContent::Text(text) => Some(text),
            NodeContent::List(_) | NodeContent::Map(_) => None,
        }
    }

    /// The entry `key` of a map.
    pub(super) fn entry(&self, key: &str) -> Option<&MapEntry> {
        match &self.content {
            NodeContent::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    pub(super) fn element(&self, index: usize) -> Option<&Self> {
        match &self.content {
            NodeContent::List(nodes) => nodes.get(index),
            _ => None,
        }
    }

    /// What it is, for a message: the beginning of its text, or whether it is a list or a map.
    pub(super) fn describe(&self) -> String {
        match &self.content {
            NodeContent::Plain(_) if self.is_null() => "nothing".to_owned(),
            NodeContent::Plain(text) | NodeContent::Text(text) => format!("`{}`", excerpt(text)),
            NodeContent::List(_) => "a list".to_owned(),
            NodeContent::Map(_) => "a map of fields".to_owned(),
        }
    }
}
