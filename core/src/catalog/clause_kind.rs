use serde::Deserialize;

/// Who enforces a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClauseKind {
    /// Every check.
    Gate,
    /// Every change of a contract.
    Purchase,
    /// Every use of a counted thing.
    Ledger,
    /// Nobody: it is told.
    Note,
}

impl ClauseKind {
    /// As catalogue files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Purchase => "purchase",
            Self::Ledger => "ledger",
            Self::Note => "note",
        }
    }
}
