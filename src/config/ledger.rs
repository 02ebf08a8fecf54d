//! What the ledger takes.

use chrono::TimeDelta;

use super::setting::Setting;
use super::value::Value;
use crate::ledger::{DEFAULT_GRACE, LONGEST_GRACE};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerSettings {
    /// How long after a block's end work delivered before it can be recorded.
    pub grace: TimeDelta,
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self { grace: DEFAULT_GRACE }
    }
}

pub(super) const SETTINGS: &[Setting] = &[Setting {
    key: "ledger_grace",
    variable: "ENTITLED_LEDGER_GRACE",
    flag: Some("TIME"),
    default: Some("30d"),
    value: Value::Time {
        range: ["0d", "366d"],
        // What is within the range is not too long for the type.
        set: |config, time| config.ledger.grace = TimeDelta::from_std(time).unwrap_or(LONGEST_GRACE),
    },
    meaning: "how long after a block's end work delivered before it can be recorded; the same for all replicas",
}];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, RawValue};

    #[test]
    fn the_longest_grace_is_the_ledgers_own() {
        let [Setting { value, .. }] = SETTINGS else { panic!("one setting") };
        let mut config = Config::default();
        value.set(&mut config, &RawValue::Text("366d".to_owned())).unwrap();
        assert_eq!(config.ledger.grace, LONGEST_GRACE);
    }
}
