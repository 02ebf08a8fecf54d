//! A YAML or JSON file as a tree that remembers lines, the text of every scalar as it was
//! written, and keys that occur twice.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::pairs;
use crate::error::Violation;

/// Deeper than any document is.
const DEEPEST: usize = 64;
/// More nodes than any document needs, so that aliases of aliases end.
const MOST_NODES: usize = 500_000;

#[derive(Debug, Clone)]
pub struct Node {
    pub line: usize,
    pub content: Content,
}

#[derive(Debug, Clone)]
pub enum Content {
    /// Without quotes: what it means depends on where it stands.
    Plain(String),
    /// In quotes, or a block of text.
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone)]
pub struct Entry {
    pub key: String,
    pub line: usize,
    pub node: Node,
}

/// A mistake and the line it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub line: Option<usize>,
    pub violation: Violation,
}

impl Mistake {
    pub fn new(line: usize, field: &str, reason: &'static str, description: impl Into<String>) -> Self {
        Self { line: Some(line), violation: Violation::new(field, reason, description) }
    }

    fn syntax(line: usize, description: impl Into<String>) -> Self {
        Self::new(line, "", "SYNTAX", description)
    }
}

impl From<ScanError> for Mistake {
    fn from(error: ScanError) -> Self {
        Self::syntax(error.marker().line(), error.info())
    }
}

impl Node {
    /// Nothing, as YAML writes it; the same as an absent field.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Plain(text) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The entry `key` of a map.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.content {
            Content::Map(entries) => entries.iter().find(|entry| entry.key == key),
            _ => None,
        }
    }

    pub fn element(&self, index: usize) -> Option<&Self> {
        match &self.content {
            Content::List(nodes) => nodes.get(index),
            _ => None,
        }
    }
}

/// Reads the one document in `text`; none if there is nothing in it.
pub fn parse(text: &str) -> Result<Option<Node>, Mistake> {
    let mut builder = Builder::default();
    let text = pairs::joined(text.trim_start_matches('\u{feff}'));
    let mut parser = Parser::new_from_str(&text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event?;
        builder.take(event, span.start.line())?;
    }
    Ok(builder.root)
}

/// A list or map that is still open.
struct Open {
    node: Node,
    anchor: usize,
    /// In a map: the key whose value comes next.
    key: Option<(String, usize)>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Mistake> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = text.into_owned();
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let content =
                    if style == ScalarStyle::Plain && !is_text { Content::Plain(text) } else { Content::Text(text) };
                self.put(Node { line, content }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(Content::List(Vec::new()), anchor, line),
            Event::MappingStart(anchor, _) => self.begin(Content::Map(Vec::new()), anchor, line),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.put(open.node, open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(node) => {
                    self.nodes = self.nodes.saturating_add(size(node));
                    let node = if self.nodes > MOST_NODES { None } else { Some(node.clone()) };
                    self.put(node.ok_or_else(|| too_large(line))?, 0)
                }
                None => Err(Mistake::syntax(line, "an alias inside what it stands for")),
            },
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(Mistake::syntax(line, "a second document begins here; write one document per file"))
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, content: Content, anchor: usize, line: usize) -> Result<(), Mistake> {
        if self.open.len() >= DEEPEST {
            return Err(Mistake::syntax(line, "nested too deeply"));
        }
        self.open.push(Open { node: Node { line, content }, anchor, key: None });
        Ok(())
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Mistake> {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MOST_NODES {
            return Err(too_large(node.line));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(Open { node: parent, key, .. }) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut parent.content, key.take()) {
            (Content::List(nodes), _) => nodes.push(node),
            (Content::Map(entries), Some((key, line))) => entries.push(Entry { key, line, node }),
            (_, _) => match node.content {
                Content::Plain(text) | Content::Text(text) => *key = Some((text, node.line)),
                _ => return Err(Mistake::syntax(node.line, "a list or a map cannot be a key")),
            },
        }
        Ok(())
    }
}

fn too_large(line: usize) -> Mistake {
    Mistake::syntax(line, "the document is too large")
}

fn size(node: &Node) -> usize {
    let below: usize = match &node.content {
        Content::List(nodes) => nodes.iter().map(size).fold(0, usize::saturating_add),
        Content::Map(entries) => entries.iter().map(|entry| size(&entry.node)).fold(0, usize::saturating_add),
        _ => 0,
    };
    below.saturating_add(1)
}
