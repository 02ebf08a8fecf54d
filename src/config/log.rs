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
        Self { filter: "info,sqlx=warn,sea_orm_migration=warn".to_owned(), format: LogFormat::Auto, plain: false }
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
];
