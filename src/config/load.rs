use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::setting::{CATALOG, SETTINGS};
use super::{Config, is_coloured};
use crate::error::nearest;

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

/// A variable of the environment; an empty one is not set.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The settings of `base`, overlaid by the file, by the environment, by the flags.
pub fn from_file_and(
    base: Config,
    environment: impl Fn(&str) -> Option<String>,
    flags: &Flags<'_>,
) -> Result<Config, Mistakes> {
    let mut config = base;
    config.log.plain = !is_coloured();
    let mut mistakes = Vec::new();
    let file = flags.file.map(Path::to_owned).or_else(|| environment("ENTITLED_CONFIG").map(PathBuf::from));
    if let Some(file) = file {
        mistakes.extend(overlay_file(&mut config, &file));
    }
    for setting in &SETTINGS {
        if let Some(text) = environment(setting.variable) {
            mistakes.extend((setting.set)(&mut config, &text).err().map(|why| format!("{}: {why}", setting.variable)));
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
        config.catalog = flags.catalog.to_vec();
    }
    if mistakes.is_empty() { Ok(config) } else { Err(Mistakes(mistakes)) }
}

fn overlay_file(config: &mut Config, path: &Path) -> Vec<String> {
    let shown = path.display();
    match std::fs::read_to_string(path) {
        Ok(text) => overlay(config, &text).into_iter().map(|why| format!("{shown}{why}")).collect(),
        Err(error) => vec![format!("{shown}: {error}")],
    }
}

/// The mistakes of a file, each beginning with `:LINE: `.
fn overlay(config: &mut Config, text: &str) -> Vec<String> {
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            return vec![format!(":{}: {}", line(text, error.span().map_or(0, |span| span.start)), error.message())];
        }
    };
    let mut mistakes = Vec::new();
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        let at = line(text, key.span().start);
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == name) else {
            let hint = match nearest(name, SETTINGS.iter().map(|setting| setting.key)) {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => format!("known are {}", SETTINGS.map(|setting| setting.key).join(", ")),
            };
            mistakes.push((at, format!("there is no setting `{name}`; {hint}")));
            continue;
        };
        let outcome = match value.get_ref() {
            DeValue::String(text) => (setting.set)(config, text),
            DeValue::Integer(number) => (setting.set)(config, number.as_str()),
            DeValue::Array(files) if name == CATALOG => {
                let files: Option<Vec<PathBuf>> =
                    files.iter().map(|file| file.get_ref().as_str().map(PathBuf::from)).collect();
                files.map(|files| config.catalog = files).ok_or_else(|| "expected a list of files".to_owned())
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
mod tests {
    use std::time::Duration;

    use chrono::TimeDelta;

    use super::*;

    fn load(file: &str, environment: &[(&str, &str)], flags: Flags<'_>) -> Result<Config, Mistakes> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("entitled.toml");
        std::fs::write(&path, file).unwrap();
        let environment =
            |name: &str| environment.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let name = path.display().to_string();
        from_file_and(Config::default(), environment, &Flags { file: Some(&path), ..flags })
            .map_err(|Mistakes(all)| Mistakes(all.iter().map(|one| one.replace(&name, "FILE")).collect()))
    }

    #[test]
    fn flags_beat_the_environment_which_beats_the_file() {
        let file =
            "listen = \"0.0.0.0:1\"\ndatabase = \"sqlite:file.db\"\nmax_staleness = \"250ms\"\nmax_connections = 3\n";
        let environment = [("ENTITLED_LISTEN", "0.0.0.0:2"), ("ENTITLED_DATABASE_URL", "sqlite:environment.db")];
        let config = load(file, &environment, Flags { listen: Some("0.0.0.0:3"), ..Flags::default() }).unwrap();
        assert_eq!(config.listen.port(), 3);
        assert_eq!(config.database.expose(), "sqlite:environment.db");
        assert_eq!(config.max_staleness, Duration::from_millis(250));
        assert_eq!(config.max_connections, 3);
        assert_eq!(config.drain_timeout, Duration::from_secs(20));
    }

    #[test]
    fn catalogue_files_are_a_list_everywhere() {
        let file = "catalog = [\"a,b.toml\", \"c.toml\"]\ndefault_edition = \"small\"\n";
        let files = |config: &Config| config.catalog.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
        let config = load(file, &[], Flags::default()).unwrap();
        assert_eq!(files(&config), ["a,b.toml", "c.toml"]);
        assert_eq!(config.default_edition.as_deref(), Some("small"));
        let environment = [("ENTITLED_CATALOG", "d.toml, e.toml"), ("ENTITLED_DEFAULT_EDITION", "other")];
        let config = load(file, &environment, Flags::default()).unwrap();
        assert_eq!((files(&config).join(" "), config.default_edition), ("d.toml e.toml".into(), Some("other".into())));
        let flags = Flags { catalog: &[PathBuf::from("f.toml")], default_edition: Some("mine"), ..Flags::default() };
        let config = load(file, &environment, flags).unwrap();
        assert_eq!((files(&config).join(" "), config.default_edition), ("f.toml".into(), Some("mine".into())));
        let Mistakes(mistakes) = load("catalog = [1]\n", &[], Flags::default()).unwrap_err();
        assert_eq!(mistakes, ["FILE:1: catalog: expected a list of files"]);
    }

    #[test]
    fn the_grace_of_the_ledger_is_at_most_a_year() {
        let grace = |file: &str, environment: &str, flag: Option<&str>| {
            let environment = [("ENTITLED_LEDGER_GRACE", environment)];
            let environment = environment.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
            load(file, &environment, Flags { ledger_grace: flag, ..Flags::default() }).map(|config| config.ledger_grace)
        };
        let days = |days| Ok(TimeDelta::days(days));
        assert_eq!(grace("", "", None), days(30));
        assert_eq!(grace("ledger_grace = \"366d\"", "", None), days(366));
        assert_eq!(grace("ledger_grace = \"10d\"", "48h", None), days(2));
        assert_eq!(grace("ledger_grace = \"10d\"", "48h", Some("0d")), days(0));
        let mistakes = |flag| grace("", "", Some(flag)).unwrap_err().0;
        for (flag, told) in [
            ("367d", "at most 366 days; found `367d`"),
            ("8785h", "at most 366 days; found `8785h`"),
            ("18446744073709551615ms", "at most 366 days; found `18446744073709551615ms`"),
            ("213503982335d", "a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `213503982335d`"),
            ("-1d", "a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `-1d`"),
            ("30", "a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `30`"),
        ] {
            assert_eq!(mistakes(flag), [format!("--ledger-grace: expected {told}")]);
        }
    }

    #[test]
    fn numbers_have_a_range() {
        let mistakes = |key: &str, value: &str| load(&format!("{key} = {value}"), &[], Flags::default());
        for (key, least, most) in [("max_clients", 1, 100_000), ("max_calls", 1, 1_000_000), ("max_unsent", 8, 65_536)]
        {
            assert!(mistakes(key, &least.to_string()).is_ok() && mistakes(key, &most.to_string()).is_ok(), "{key}");
            for wrong in [least - 1, most + 1] {
                let Mistakes(told) = mistakes(key, &wrong.to_string()).unwrap_err();
                let end = format!(", {least} to {most}; found `{wrong}`");
                assert!(
                    told[0].starts_with(&format!("FILE:1: {key}: expected")) && told[0].ends_with(&end),
                    "{told:?}"
                );
            }
        }
    }

    #[test]
    fn every_mistake_refuses_the_start_and_names_its_setting() {
        let file = "# settings\nlisen = \"0.0.0.0:1\"\nmax_staleness = 3\nzzz = [1]\nlog = [1]\n";
        let environment = [("ENTITLED_DATABASE_URL", "mysql://me:secret@db"), ("ENTITLED_LOG", "a=b=c")];
        let Mistakes(mistakes) =
            load(file, &environment, Flags { listen: Some("here"), ..Flags::default() }).unwrap_err();
        let begin = [
            "FILE:2: there is no setting `lisen`; did you mean `listen`?",
            "FILE:3: max_staleness: expected a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `3`",
            "FILE:4: there is no setting `zzz`; known are listen, database",
            "FILE:5: log: expected text or a number; found: array",
            "ENTITLED_DATABASE_URL: expected `sqlite:PATH`",
            "ENTITLED_LOG: ",
            "--listen: expected an address and a port",
        ];
        assert_eq!(mistakes.len(), begin.len(), "{mistakes:#?}");
        for (mistake, begin) in mistakes.iter().zip(begin) {
            assert!(mistake.starts_with(begin), "{mistake} / {begin}");
            assert!(!mistake.contains("secret"));
        }
    }

    #[test]
    fn a_file_that_is_no_toml_or_not_there_is_a_mistake() {
        let Mistakes(mistakes) = load("listen = \n", &[], Flags::default()).unwrap_err();
        assert!(mistakes[0].starts_with("FILE:1: "), "{mistakes:?}");
        let missing = Flags { file: Some(Path::new("/no/such/file")), ..Flags::default() };
        assert!(from_file_and(Config::default(), |_| None, &missing).is_err());
    }
}
