use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::environment::{CONFIG, Environment};
use super::setting::Setting;
use super::table::{setting, settings};
use super::value::RawValue;
use super::{Config, is_coloured};
use crate::error::MOST_VIOLATIONS;
use crate::input;
use crate::legible::{excerpt, sentence, shown};
use crate::suggest::nearest_or_all;

/// What was given on the command line.
#[derive(Debug, Default)]
pub struct Flags {
    /// The file of settings.
    pub file: Option<PathBuf>,
    /// Settings, by key.
    pub settings: BTreeMap<&'static str, RawValue>,
}

/// Everything that is wrong with the settings.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigMistakes(pub Vec<String>);

impl fmt::Display for ConfigMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl Error for ConfigMistakes {}

/// The settings of `base`, overlaid by the file, by the environment, by the flags.
pub fn from_file_and(base: Config, environment: &Environment, flags: &Flags) -> Result<Config, ConfigMistakes> {
    let mut config = base;
    config.log.plain = !is_coloured();
    let mut mistakes = environment.mistakes();
    if let Some(file) = flags.file.as_deref().or_else(|| environment.get(CONFIG).map(Path::new)) {
        mistakes.extend(overlay_file(&mut config, file));
    }
    for setting in settings() {
        if let Some(text) = environment.get(setting.variable) {
            let outcome = setting.set(&mut config, &RawValue::Text(text.to_owned()));
            mistakes.extend(outcome.err().map(|why| format!("{}: {why}", setting.variable)));
        }
    }
    for setting in settings() {
        if let Some(written) = flags.settings.get(setting.key) {
            let outcome = setting.set(&mut config, written);
            mistakes.extend(outcome.err().map(|why| format!("--{}: {why}", setting.flag_name())));
        }
    }
    if mistakes.is_empty() { Ok(config) } else { Err(ConfigMistakes(mistakes)) }
}

fn overlay_file(config: &mut Config, path: &Path) -> Vec<String> {
    let name = path.display().to_string();
    let name = shown(&name);
    match input::read_file(path) {
        Ok(text) => overlay(config, &text).into_iter().map(|why| format!("{name}{why}")).collect(),
        Err(error) => vec![format!("{name}: {error}")],
    }
}

/// The mistakes of a file, each beginning with `:LINE: `.
fn overlay(config: &mut Config, text: &str) -> Vec<String> {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            return vec![format!(":{}: {}", line(text, at), sentence(&error.message().trim_end().replace('\n', ": ")))];
        }
    };
    let mut mistakes = Vec::new();
    for (key, value) in table.get_ref().iter().take(MOST_VIOLATIONS) {
        let name: &str = key.get_ref();
        let at = line(text, key.span().start);
        let outcome = match setting(name) {
            Some(setting) => written(setting, value.get_ref())
                .and_then(|written| setting.set(config, &written))
                .map_err(|why| format!("{name}: {why}")),
            None => Err(unknown(name)),
        };
        mistakes.extend(outcome.err().map(|why| (at, why)));
    }
    mistakes.sort();
    mistakes.into_iter().map(|(at, why)| format!(":{at}: {why}")).collect()
}

fn written(setting: &Setting, value: &DeValue<'_>) -> Result<RawValue, String> {
    match value {
        DeValue::String(text) => Ok(RawValue::Text(text.to_string())),
        DeValue::Integer(number) => Ok(RawValue::Text(number.as_str().to_owned())),
        DeValue::Array(files) if setting.value.is_list() => {
            let files = files.iter().map(|file| file.get_ref().as_str().map(PathBuf::from)).collect::<Option<_>>();
            files.map(RawValue::Files).ok_or_else(|| "expected a list of files".to_owned())
        }
        other => Err(format!("expected text or a number; found: {}", other.type_str())),
    }
}

fn unknown(name: &str) -> String {
    let keys = settings().map(|setting| setting.key).collect::<Vec<_>>();
    format!("there is no setting `{}`; {}", excerpt(name), nearest_or_all(name, &keys))
}

/// The number of the line that holds the byte at `offset`.
fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

#[cfg(test)]
mod tests;
