use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Where a document came from: a file, and the line of each of its fields.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The name of the file.
    pub file: String,
    /// By the path of the field in the document, such as `items[0].quantity`; lines are counted from 1.
    pub lines: BTreeMap<String, i32>,
}
