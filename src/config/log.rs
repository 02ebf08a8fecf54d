//! What is logged, and how.

use tracing_subscriber::EnvFilter;

use super::setting::Setting;
use super::value::{Value, short};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSettings {
    /// Directives of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    pub format: LogFormat,
    /// Without colours, even on a terminal.
    pub plain: bool,
    pub calls: LogCalls,
    /// Of the calls that are not logged otherwise, one of so many is; 0: none.
    pub calls_sample: usize,
}

/// Of which calls there is a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogCalls {
    None,
    /// Those that did not succeed.
    Refusals,
    /// Those, and all that write.
    #[default]
    Writes,
    All,
}

/// How a line of the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Text on a terminal, else JSON.
    #[default]
    Auto,
    Text,
    Json,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self {
            filter: "info,sqlx=warn,sea_orm_migration=warn".to_owned(),
            format: LogFormat::Auto,
            plain: false,
            calls: LogCalls::Writes,
            calls_sample: 0,
        }
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "log",
        variable: "ENTITLED_LOG",
        flag: None,
        default: Some("info,sqlx=warn,sea_orm_migration=warn"),
        value: Value::Text {
            range: "up to 4096 bytes",
            set: |config, text| {
                EnvFilter::builder().parse(short(text)?).map_err(|error| error.to_string())?;
                config.log.filter = text.to_owned();
                Ok(())
            },
        },
        meaning: "directives such as `entitled=debug`",
    },
    Setting {
        key: "log_format",
        variable: "ENTITLED_LOG_FORMAT",
        flag: None,
        default: Some("auto"),
        value: Value::Words(&[
            ("auto", |config| config.log.format = LogFormat::Auto),
            ("text", |config| config.log.format = LogFormat::Text),
            ("json", |config| config.log.format = LogFormat::Json),
        ]),
        meaning: "how lines are written to stderr; `auto` is text on a terminal, else JSON",
    },
    Setting {
        key: "log_calls",
        variable: "ENTITLED_LOG_CALLS",
        flag: None,
        default: Some("writes"),
        value: Value::Words(&[
            ("none", |config| config.log.calls = LogCalls::None),
            ("refusals", |config| config.log.calls = LogCalls::Refusals),
            ("writes", |config| config.log.calls = LogCalls::Writes),
            ("all", |config| config.log.calls = LogCalls::All),
        ]),
        meaning: "which calls have a line in the log; `writes` are refusals, too",
    },
    Setting {
        key: "log_calls_sample",
        variable: "ENTITLED_LOG_CALLS_SAMPLE",
        flag: None,
        default: Some("0"),
        value: Value::Number {
            unit: "calls",
            range: 0..=1_000_000,
            set: |config, number| config.log.calls_sample = number,
        },
        meaning: "of the calls that `log_calls` leaves out one of so many is logged; 0: none",
    },
];
