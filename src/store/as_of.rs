use chrono::{DateTime, Utc};

/// Which state of a contract is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsOf {
    pub(super) instant: DateTime<Utc>,
    pub(super) is_now: bool,
    pub(super) known_time: Option<DateTime<Utc>>,
    /// Whether what is planned for later is read, too.
    pub(super) with_plans: bool,
}

impl AsOf {
    /// As it stands now by the clock of this process. A change that took effect when it was recorded stands, however far
    /// the clock of the process that recorded it is ahead.
    pub fn now(now: DateTime<Utc>) -> Self {
        Self { instant: now, is_now: true, known_time: None, with_plans: true }
    }

    /// As it stood, or will stand, at an instant.
    pub fn at(instant: DateTime<Utc>) -> Self {
        Self { instant, is_now: false, known_time: None, with_plans: false }
    }

    /// With what is planned behind it.
    pub fn with_plans(self) -> Self {
        Self { with_plans: true, ..self }
    }

    /// Without what was recorded later.
    pub fn known(self, known_time: DateTime<Utc>) -> Self {
        Self { known_time: Some(known_time), with_plans: true, ..self }
    }

    /// For those who read what is planned for later by themselves.
    pub fn without_plans(self) -> Self {
        Self { with_plans: false, ..self }
    }

    /// The same at a later instant. What stands now by a clock that is ahead stands then, too.
    pub(super) fn later(self, instant: DateTime<Utc>) -> Self {
        Self { instant, with_plans: false, ..self }
    }
}
