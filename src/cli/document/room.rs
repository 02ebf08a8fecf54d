//! How large a document may become, with all that its aliases stand for written out.

use super::node::{DocumentMistake, Node, NodeContent};
use crate::input::LARGEST_FILE;

/// Deeper than any document is.
pub(super) const DEEPEST: usize = 64;
/// More nodes than any document needs.
const MOST_NODES: usize = 500_000;
/// In bytes; no field of the API takes nearly as much.
const LONGEST_SCALAR: usize = 64 * 1024;

/// What was taken so far.
#[derive(Debug, Default)]
pub(super) struct Room {
    nodes: usize,
    bytes: u64,
}

impl Room {
    /// Of one value, or of one list or map without what it holds.
    pub(super) fn take(&mut self, content: &NodeContent, line: usize) -> Result<(), DocumentMistake> {
        match content {
            NodeContent::Plain(text) | NodeContent::Text(text) => self.take_text(text, line),
            NodeContent::List(_) | NodeContent::Map(_) => self.take_bytes(0, line),
        }
    }

    /// Of a node with all it holds, `depth` below the top: another copy of what was read already.
    pub(super) fn take_all(&mut self, node: &Node, depth: usize, line: usize) -> Result<(), DocumentMistake> {
        if depth > DEEPEST {
            return Err(too_deep(line));
        }
        self.take(&node.content, line)?;
        let below = depth.saturating_add(1);
        match &node.content {
            NodeContent::List(nodes) => nodes.iter().try_for_each(|node| self.take_all(node, below, line)),
            NodeContent::Map(entries) => entries.iter().try_for_each(|entry| {
                self.take_text(&entry.key, line)?;
                self.take_all(&entry.node, below, line)
            }),
            NodeContent::Plain(_) | NodeContent::Text(_) => Ok(()),
        }
    }

    fn take_text(&mut self, text: &str, line: usize) -> Result<(), DocumentMistake> {
        if text.len() > LONGEST_SCALAR {
            let description = format!("a value of {} bytes is too long: at most {LONGEST_SCALAR}", text.len());
            return Err(DocumentMistake::syntax(line, description));
        }
        self.take_bytes(text.len(), line)
    }

    fn take_bytes(&mut self, bytes: usize, line: usize) -> Result<(), DocumentMistake> {
        self.nodes = self.nodes.saturating_add(1);
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.nodes <= MOST_NODES && self.bytes <= LARGEST_FILE {
            return Ok(());
        }
        let description = format!(
            "the document is too large: with its aliases written out it may have {MOST_NODES} values \
             and {LARGEST_FILE} bytes"
        );
        Err(DocumentMistake::syntax(line, description))
    }
}

pub(super) fn too_deep(line: usize) -> DocumentMistake {
    DocumentMistake::syntax(line, format!("nested too deeply: at most {DEEPEST} levels"))
}
