//! Parses a YAML or JSON file into its tree.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};

use super::node::{DocumentMistake, MapEntry, Node, NodeContent};
use super::pairs;
use super::room::{DEEPEST, Room, too_deep};

impl From<ScanError> for DocumentMistake {
    fn from(error: ScanError) -> Self {
        Self::syntax(error.marker().line(), error.info())
    }
}

/// Reads the one document in `text`; none if there is nothing in it.
pub(super) fn parse(text: &str) -> Result<Option<Node>, DocumentMistake> {
    let mut builder = TreeBuilder::default();
    let text = pairs::joined(text.trim_start_matches('\u{feff}'));
    let mut parser = Parser::new_from_str(&text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event?;
        builder.take(event, span.start.line())?;
    }
    Ok(builder.root)
}

/// A list or map that is still open.
struct OpenNode {
    node: Node,
    anchor: usize,
    /// In a map: the key whose value comes next.
    key: Option<(String, usize)>,
}

#[derive(Default)]
struct TreeBuilder {
    open: Vec<OpenNode>,
    anchors: BTreeMap<usize, Node>,
    room: Room,
    root: Option<Node>,
}

impl TreeBuilder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), DocumentMistake> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = text.into_owned();
                let is_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
                let content = if style == ScalarStyle::Plain && !is_text {
                    NodeContent::Plain(text)
                } else {
                    NodeContent::Text(text)
                };
                self.put(Node { line, content }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(NodeContent::List(Vec::new()), anchor, line),
            Event::MappingStart(anchor, _) => self.begin(NodeContent::Map(Vec::new()), anchor, line),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.put(open.node, open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                // Before it is written out: it may not fit.
                Some(node) => {
                    self.room.take_all(node, self.open.len(), line)?;
                    let node = node.clone();
                    self.hold(node, 0)
                }
                None => Err(DocumentMistake::syntax(line, "an alias inside what it stands for")),
            },
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(DocumentMistake::syntax(line, "a second document begins here; write one document per file"))
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, content: NodeContent, anchor: usize, line: usize) -> Result<(), DocumentMistake> {
        if self.open.len() >= DEEPEST {
            return Err(too_deep(line));
        }
        self.open.push(OpenNode { node: Node { line, content }, anchor, key: None });
        Ok(())
    }

    /// What was read to its end. Of a list or a map the parts have been counted.
    fn put(&mut self, node: Node, anchor: usize) -> Result<(), DocumentMistake> {
        self.room.take(&node.content, node.line)?;
        self.hold(node, anchor)
    }

    fn hold(&mut self, node: Node, anchor: usize) -> Result<(), DocumentMistake> {
        if anchor > 0 {
            self.room.take_all(&node, self.open.len(), node.line)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(OpenNode { node: parent, key, .. }) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut parent.content, key.take()) {
            (NodeContent::List(nodes), _) => nodes.push(node),
            (NodeContent::Map(entries), Some((key, line))) => entries.push(MapEntry { key, line, node }),
            (_, _) => match node.content {
                NodeContent::Plain(text) | NodeContent::Text(text) => *key = Some((text, node.line)),
                _ => return Err(DocumentMistake::syntax(node.line, "a list or a map cannot be a key")),
            },
        }
        Ok(())
    }
}
