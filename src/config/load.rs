use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::environment::{CONFIG, Environment};
use super::setting::{CATALOG, SETTINGS, catalog};
use super::{Config, is_coloured};
use crate::error::MOST_VIOLATIONS;
use crate::input;
use crate::legible::{excerpt, sentence, shown};
use crate::suggest::nearest_or_all;

/// What was given on the command line, by key.
#[derive(Debug, Default)]
pub struct Flags<'a> {
    pub file: Option<&'a Path>,
    pub listen: Option<&'a str>,
    pub database: Option<&'a str>,
    /// In place of all the file and the environment name.
    pub catalog: &'a [PathBuf],
    pub default_edition: Option<&'a str>,
    pub ledger_grace: Option<&'a str>,
}

/// Everything that is wrong with the settings.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl Error for Mistakes {}

/// The settings of `base`, overlaid by the file, by the environment, by the flags.
pub fn from_file_and(base: Config, environment: &Environment, flags: &Flags<'_>) -> Result<Config, Mistakes> {
    let mut config = base;
    config.log.plain = !is_coloured();
    let mut mistakes = environment.mistakes();
    if let Some(file) = flags.file.or_else(|| environment.get(CONFIG).map(Path::new)) {
        mistakes.extend(overlay_file(&mut config, file));
    }
    for setting in SETTINGS {
        if let Some(text) = environment.get(setting.variable) {
            mistakes.extend((setting.set)(&mut config, text).err().map(|why| format!("{}: {why}", setting.variable)));
        }
    }
    let given = [
        ("listen", flags.listen),
        ("database", flags.database),
        ("default_edition", flags.default_edition),
        ("ledger_grace", flags.ledger_grace),
    ];
    for (key, flag) in given {
        let setting = SETTINGS.iter().find(|setting| setting.key == key);
        if let (Some(setting), Some(text)) = (setting, flag) {
            mistakes.extend(
                (setting.set)(&mut config, text).err().map(|why| format!("--{}: {why}", key.replace('_', "-"))),
            );
        }
    }
    if !flags.catalog.is_empty() {
        match catalog(flags.catalog.to_vec()) {
            Ok(files) => config.catalog = files,
            Err(why) => mistakes.push(format!("--catalog: {why}")),
        }
    }
    if mistakes.is_empty() { Ok(config) } else { Err(Mistakes(mistakes)) }
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
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == name) else {
            let known: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
            let hint = nearest_or_all(name, &known);
            mistakes.push((at, format!("there is no setting `{}`; {hint}", excerpt(name))));
            continue;
        };
        let outcome = match value.get_ref() {
            DeValue::String(text) => (setting.set)(config, text),
            DeValue::Integer(number) => (setting.set)(config, number.as_str()),
            DeValue::Array(files) if name == CATALOG => {
                let files: Option<Vec<PathBuf>> =
                    files.iter().map(|file| file.get_ref().as_str().map(PathBuf::from)).collect();
                let files = files.ok_or_else(|| "expected a list of files".to_owned()).and_then(catalog);
                files.map(|files| config.catalog = files)
            }
            other => Err(format!("expected text or a number; found: {}", other.type_str())),
        };
        mistakes.extend(outcome.err().map(|why| (at, format!("{name}: {why}"))));
    }
    mistakes.sort();
    mistakes.into_iter().map(|(at, why)| format!(":{at}: {why}")).collect()
}

/// The number of the line that holds the byte at `offset`.
fn line(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

#[cfg(test)]
mod tests;
