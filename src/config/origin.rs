//! Where the value of each setting comes from, for `entitled config show`.

use std::collections::BTreeMap;
use std::fmt;

use super::setting::Setting;
use super::value::RawValue;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// With its line.
    File(String),
    Variable(String),
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(place) => f.write_str(place),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(name) => write!(f, "--{name}"),
        }
    }
}

/// The settings that were written somewhere: what stands there, as it may be shown, and where. The last one counts.
#[derive(Debug, Default)]
pub struct Origins(BTreeMap<&'static str, (String, Origin)>);

impl Origins {
    pub(super) fn note(&mut self, setting: &Setting, value: &RawValue, origin: Origin) {
        self.0.insert(setting.key, (setting.value.shown(value), origin));
    }

    /// The value of a setting as it would be written, secrets hidden; none if it has none.
    pub fn of<'a>(&'a self, setting: &'a Setting) -> (Option<&'a str>, Origin) {
        match self.0.get(setting.key) {
            Some((text, origin)) => (Some(text), origin.clone()),
            None => (setting.default, Origin::Default),
        }
    }
}
