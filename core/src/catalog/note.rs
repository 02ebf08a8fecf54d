use serde::Deserialize;

/// A date a note works out for the case, and the fact that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum NoteDate {
    /// The last day to ask for work: this many days before the order's last. Told only when
    /// it has passed.
    RequestDeadline { days: u64 },
    /// The same day, told while it is ahead.
    RequestBy { days: u64 },
    /// The last of the item's first days.
    FirstDays { days: u64 },
    /// This many days before the first day of the delivery.
    BeforeDelivery { days: u64 },
    /// This many days after its last.
    AfterDelivery { days: u64 },
    /// No date: told where an item at the host serves another location.
    HostServes,
}

impl NoteDate {
    /// The name of the fact, as texts use it.
    pub fn fact(self) -> &'static str {
        match self {
            Self::RequestDeadline { .. } => "request_deadline",
            Self::RequestBy { .. } => "request_by",
            Self::FirstDays { .. } => "onboarding_deadline",
            Self::BeforeDelivery { .. } => "free_until",
            Self::AfterDelivery { .. } => "deliverables_due",
            Self::HostServes => "",
        }
    }
}
