use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::environment::{CONFIG, Environment, variable};
use super::origin::{Origin, Origins};
use super::secret_file;
use super::setting::Setting;
use super::table::{setting, settings};
use super::value::RawValue;
use super::{Config, is_coloured};
use crate::error::MOST_VIOLATIONS;
use crate::input;
use crate::legible::{excerpt, sentence, shown};
use crate::suggest::nearest_or_all;

/// OpenTelemetry's own name for it.
const COLLECTOR: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

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
    with_origins(base, environment, flags).map(|(config, _)| config)
}

/// The same, and where each setting comes from.
pub fn with_origins(
    base: Config,
    environment: &Environment,
    flags: &Flags,
) -> Result<(Config, Origins), ConfigMistakes> {
    let mut overlay = Overlay { config: base, origins: Origins::default(), mistakes: environment.mistakes() };
    overlay.config.log.plain = !is_coloured();
    // All programs of a machine may be told their collector at once.
    if let (Some(url), Some(setting)) = (variable(COLLECTOR), setting("otel_endpoint")) {
        let origin = Origin::Variable(COLLECTOR.to_owned());
        overlay.set(setting, Ok(RawValue::Text(url)), &format!("{COLLECTOR}: "), origin);
    }
    if let Some(file) = flags.file.as_deref().or_else(|| environment.get(CONFIG).map(Path::new)) {
        overlay.file(file);
    }
    settings().for_each(|setting| overlay.variable(setting, environment));
    for setting in settings() {
        if let Some(value) = flags.settings.get(setting.key) {
            let name = setting.flag_name();
            overlay.set(setting, Ok(value.clone()), &format!("--{name}: "), Origin::Flag(name));
        }
    }
    let Overlay { config, origins, mut mistakes } = overlay;
    mistakes.extend(config.tls.mistakes());
    if mistakes.is_empty() { Ok((config, origins)) } else { Err(ConfigMistakes(mistakes)) }
}

/// Settings, as far as they were read.
struct Overlay {
    config: Config,
    origins: Origins,
    mistakes: Vec<String>,
}

impl Overlay {
    /// `place` is what a mistake begins with.
    fn set(&mut self, setting: &Setting, value: Result<RawValue, String>, place: &str, origin: Origin) {
        let outcome = value.and_then(|value| setting.set(&mut self.config, &value).map(|()| value));
        match outcome {
            Ok(value) => self.origins.note(setting, &value, origin),
            Err(why) => self.mistakes.push(format!("{place}{why}")),
        }
    }

    /// A setting's own variable, or that of the file it stands in.
    fn variable(&mut self, setting: &Setting, environment: &Environment) {
        let of_file = secret_file::variable(setting);
        let path = of_file.as_deref().and_then(|name| environment.get(name));
        match (environment.get(setting.variable), path, of_file.as_deref()) {
            (Some(_), Some(_), Some(of_file)) => {
                self.mistakes.push(format!("{of_file}: {} is set as well; only one of them can be", setting.variable));
            }
            (Some(text), ..) => {
                let value = Ok(RawValue::Text(text.to_owned()));
                let origin = Origin::Variable(setting.variable.to_owned());
                self.set(setting, value, &format!("{}: ", setting.variable), origin);
            }
            (None, Some(path), Some(of_file)) => {
                let value = secret_file::read(path).map(RawValue::Text);
                self.set(setting, value, &format!("{of_file}: "), Origin::Variable(of_file.to_owned()));
            }
            (None, ..) => {}
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        let name = shown(&name);
        let text = match input::read_file(path) {
            Ok(text) => text,
            Err(error) => return self.mistakes.push(format!("{name}: {error}")),
        };
        match DeTable::parse(&text) {
            Ok(table) => self.table(&name, &text, table.get_ref()),
            Err(error) => {
                let at = line(&text, error.span().map_or(0, |span| span.start));
                let why = sentence(&error.message().trim_end().replace('\n', ": "));
                self.mistakes.push(format!("{name}:{at}: {why}"));
            }
        }
    }

    fn table(&mut self, name: &str, text: &str, table: &DeTable<'_>) {
        let mut entries: Vec<_> = table.iter().take(MOST_VIOLATIONS).collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let mut seen: BTreeMap<&str, String> = BTreeMap::new();
        for (key, value) in entries {
            let (at, key) = (line(text, key.span().start), key.get_ref().as_ref());
            let Some((setting, is_in_file)) = named(key) else {
                self.mistakes.push(format!("{name}:{at}: {}", unknown(key)));
                continue;
            };
            if let Some(other) = seen.insert(setting.key, key.to_owned()) {
                self.mistakes.push(format!("{name}:{at}: {key}: {other} is set as well; only one of them can be"));
                continue;
            }
            let value = match is_in_file {
                true => path_of(value.get_ref()).and_then(|path| secret_file::read(&path)).map(RawValue::Text),
                false => written(setting, value.get_ref()),
            };
            self.set(setting, value, &format!("{name}:{at}: {key}: "), Origin::File(format!("{name}:{at}")));
        }
    }
}

/// The setting that a key of the file names, and whether it names the file of it.
fn named(key: &str) -> Option<(&'static Setting, bool)> {
    let of_file = || settings().find(|setting| secret_file::key(setting).is_some_and(|name| name == key));
    setting(key).map(|setting| (setting, false)).or_else(|| of_file().map(|setting| (setting, true)))
}

fn path_of(value: &DeValue<'_>) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("expected a path; found: {}", value.type_str()))
}

fn written(setting: &Setting, value: &DeValue<'_>) -> Result<RawValue, String> {
    match value {
        DeValue::String(text) => Ok(RawValue::Text(text.to_string())),
        DeValue::Integer(number) => Ok(RawValue::Text(number.as_str().to_owned())),
        DeValue::Boolean(is_so) => Ok(RawValue::Text(is_so.to_string())),
        DeValue::Array(files) if setting.value.is_list() => {
            let files = files.iter().map(|file| file.get_ref().as_str().map(PathBuf::from)).collect::<Option<_>>();
            files.map(RawValue::Files).ok_or_else(|| "expected a list of texts".to_owned())
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
