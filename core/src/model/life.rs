use chrono::{DateTime, Utc};

/// From when to when a block is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Life {
    pub start: DateTime<Utc>,
    /// Exclusive; what is left then is lost.
    pub end: DateTime<Utc>,
}

/// Since when a contract stands as it does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Since {
    /// From when on it is in effect; none: as long as there is one.
    pub effective: Option<DateTime<Utc>>,
    /// When the last of its changes was recorded; none: that was never changed.
    pub recorded: Option<DateTime<Utc>>,
}

impl Since {
    /// From when on it stood so in fact: what was recorded late stood as it was recorded.
    pub fn begun(self) -> Option<DateTime<Utc>> {
        self.effective.max(self.recorded)
    }
}

impl Life {
    /// What a contract that gives a block the life `given` makes of the one it was written down with: when it was there
    /// before that stays true, and what was left when it ended is lost for good.
    pub fn continued(self, given: Self, since: Since) -> Self {
        let is_over = self.is_over(since);
        let begun_before = since.effective.filter(|since| self.start < self.end.min(*since));
        match begun_before {
            // There is a gap: a later base revives nothing.
            _ if is_over && given.start > self.end => self,
            None if is_over && given.end <= given.start => self,
            None => given,
            Some(since) => {
                let lived = self.end.min(since);
                let end = match given.end > since {
                    // No time at all, wherever that would be.
                    true if given.start == given.end => lived,
                    true => given.end,
                    false => given.end.max(lived),
                };
                Self { start: self.start.min(given.start), end }
            }
        }
    }

    /// The same of contracts that stood one after the other, the last of them now. What is over by that, and behind a gap,
    /// stays so, whatever those before it say.
    pub fn continued_by(self, given: &[(Self, Since)]) -> Self {
        match given.last() {
            Some((now, since)) if self.is_over(*since) && now.start > self.end => self,
            _ => given.iter().fold(self, |life, (given, since)| life.continued(*given, *since)),
        }
    }

    /// A change that was recorded late ends and begins nothing before people could know of it.
    fn is_over(self, since: Since) -> bool {
        self.start < self.end && since.begun() >= Some(self.end)
    }
}
