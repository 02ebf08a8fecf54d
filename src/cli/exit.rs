//! The exit statuses of every command; `check` has 3 and 4 beside them.

/// Something else went wrong.
pub(super) const FAILED: u8 = 1;
/// Wrong flags or settings, as clap has it.
pub(super) const USAGE: u8 = 2;
/// The server refuses.
pub(super) const REFUSED: u8 = 5;
/// Nobody answers, or cannot serve now.
pub(super) const UNREACHABLE: u8 = 6;
/// It is not known whether a write was applied.
pub(super) const UNSETTLED: u8 = 7;
