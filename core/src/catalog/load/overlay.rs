//! What a file is to the tables that are there.

/// How the tables of a file come to those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A part of the edition: nothing may be there twice.
    Part,
    /// What is there already is changed.
    Overlay,
}

/// What an overlay changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverlayChange {
    pub file: String,
    pub edition_id: String,
    /// Such as `service`.
    pub noun: &'static str,
    /// Empty where there is only one, or none has a name.
    pub id: String,
    /// Paths of the fields given, such as `purchase.maximum`; empty for what is new.
    pub fields: Vec<String>,
}
