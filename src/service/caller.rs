//! Who makes a call.

use std::borrow::Cow;

/// Who calls: every use case takes it first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The name that is kept with what the caller changes.
    pub actor: Cow<'static, str>,
}

impl Caller {
    /// Callers are not identified yet.
    pub const fn anonymous() -> Self {
        Self { actor: Cow::Borrowed("anonymous") }
    }
}
