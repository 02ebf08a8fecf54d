use serde::Deserialize;

use super::{ClauseKind, NoteDate, Rule, Text};

/// One rule of the service description.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// The public reason code.
    pub code: String,
    /// Section of the service description; `ours` where the rule is the provider's own.
    pub section: String,
    /// Ids of each [`super::Section`] it is from.
    #[serde(default)]
    pub source: Vec<String>,
    pub kinds: Vec<ClauseKind>,
    /// Whether a written agreement can lift it.
    #[serde(default)]
    pub waivable: bool,
    /// What it means when the request lacks the fact it judges.
    #[serde(default)]
    pub missing: Missing,
    /// The function that judges it.
    pub rule: Rule,
    /// The message of a reason with this code.
    pub text: Text,
    /// What to do instead, told where a write is refused for it.
    pub instead: Option<Text>,
    /// For a note: the date it works out, …
    pub date: Option<NoteDate>,
    /// … and what it says when it knows that date.
    pub dated: Option<Text>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The clause is not judged.
    #[default]
    Skip,
    /// The answer is conditional and names the field.
    Open,
}

/// What would turn a reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RemedyKind {
    Buy,
    Renew,
    WaitUntil,
    DesignateLocation,
    AddProduct,
    AddQuantity,
    RecordWaiver,
    ChangeRequest,
    #[default]
    None,
}

impl RemedyKind {
    pub const ALL: [Self; 9] = [
        Self::Buy,
        Self::Renew,
        Self::WaitUntil,
        Self::DesignateLocation,
        Self::AddProduct,
        Self::AddQuantity,
        Self::RecordWaiver,
        Self::ChangeRequest,
        Self::None,
    ];

    /// As catalogue files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "BUY",
            Self::Renew => "RENEW",
            Self::WaitUntil => "WAIT_UNTIL",
            Self::DesignateLocation => "DESIGNATE_LOCATION",
            Self::AddProduct => "ADD_PRODUCT",
            Self::AddQuantity => "ADD_QUANTITY",
            Self::RecordWaiver => "RECORD_WAIVER",
            Self::ChangeRequest => "CHANGE_REQUEST",
            Self::None => "NONE",
        }
    }
}

/// A clause as one service is subject to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClauseUse {
    /// Row in [`super::Edition::clauses`]; always below 128.
    pub row: u8,
    pub rule: Rule,
    pub waivable: bool,
    pub missing: Missing,
}

impl ClauseUse {
    /// Its bit in a set of clauses.
    pub fn bit(&self) -> u128 {
        1u128.checked_shl(u32::from(self.row)).unwrap_or(0)
    }
}
