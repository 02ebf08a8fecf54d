//! What the proto files say of each element, for Markdown.

use entitled::proto::FILE_DESCRIPTOR_SET;
use prost_reflect::{DescriptorPool, FileDescriptor};

pub(super) const PACKAGE: &str = "entitled.v1";

pub(super) fn pool() -> DescriptorPool {
    DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap()
}

/// The comment before the element at `place`, its paragraphs each on one line. Every element has one.
pub(super) fn paragraphs(file: &FileDescriptor, place: &[i32]) -> Vec<String> {
    let source = file.file_descriptor_proto().source_code_info.as_ref().unwrap();
    let location = source.location.iter().find(|location| location.path == place).unwrap();
    let comment = location.leading_comments.as_deref().unwrap_or_default();
    let paragraphs: Vec<_> = comment.trim().split("\n\n").map(joined).collect();
    assert!(!paragraphs[0].is_empty(), "{} has an element without a comment: {place:?}", file.name());
    paragraphs
}

/// The whole comment as the cell of a table.
pub(super) fn cell(file: &FileDescriptor, place: &[i32]) -> String {
    in_cell(&paragraphs(file, place).join("<br>"))
}

pub(super) fn in_cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn joined(lines: &str) -> String {
    lines.split_whitespace().collect::<Vec<_>>().join(" ")
}
