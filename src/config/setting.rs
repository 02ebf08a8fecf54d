//! One setting: a row of the [table](super::table). The rows of one concern stand in one file, with the fields they set.

use super::Config;
use super::value::{RawValue, Value};

/// One setting.
#[derive(Debug)]
pub struct Setting {
    /// In the file.
    pub key: &'static str,
    /// In the environment.
    pub variable: &'static str,
    /// What its flag is given, in the words of the help. Without, it has no flag.
    pub flag: Option<&'static str>,
    /// As it would be written. Without, there is none.
    pub default: Option<&'static str>,
    pub value: Value,
    /// What it is, for the help and the documentation.
    pub meaning: &'static str,
}

impl Setting {
    /// Reads what was written into the settings, or tells what was expected.
    pub fn set(&self, config: &mut Config, written: &RawValue) -> Result<(), String> {
        self.value.set(config, written)
    }

    /// Without its dashes.
    pub fn flag_name(&self) -> String {
        self.key.replace('_', "-")
    }
}
