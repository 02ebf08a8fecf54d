//! How many calls each caller may make.

use super::setting::Setting;
use super::value::Value;

/// Calls of one caller a second; 0: as many as it likes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RateLimitSettings {
    pub reads: u32,
    pub writes: u32,
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "rate_limit_reads",
        variable: "ENTITLED_RATE_LIMIT_READS",
        flag: None,
        default: Some("0"),
        value: Value::Number {
            unit: "calls",
            range: 0..=1_000_000,
            set: |config, number| config.rate_limit.reads = u32::try_from(number).unwrap_or(u32::MAX),
        },
        meaning: "calls a second that one caller may make to read or check, and at once after a pause; 0 is no limit",
    },
    Setting {
        key: "rate_limit_writes",
        variable: "ENTITLED_RATE_LIMIT_WRITES",
        flag: None,
        default: Some("0"),
        value: Value::Number {
            unit: "calls",
            range: 0..=1_000_000,
            set: |config, number| config.rate_limit.writes = u32::try_from(number).unwrap_or(u32::MAX),
        },
        meaning: "the same for calls that write",
    },
];
