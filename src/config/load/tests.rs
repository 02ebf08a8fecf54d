use std::time::Duration;

use chrono::TimeDelta;

use super::*;

/// The command line, with settings that are texts.
fn flags(texts: &[(&'static str, &str)]) -> Flags {
    let settings = texts.iter().map(|(key, text)| (*key, RawValue::Text((*text).to_owned()))).collect();
    Flags { settings, ..Flags::default() }
}

fn given(paths: Vec<PathBuf>) -> (&'static str, RawValue) {
    ("catalog", RawValue::Files(paths))
}

fn load(file: &str, environment: &[(&str, &str)], flags: Flags) -> Result<Config, ConfigMistakes> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("entitled.toml");
    std::fs::write(&path, file).unwrap();
    let environment = Environment::of(environment);
    let name = path.display().to_string();
    from_file_and(Config::default(), &environment, &Flags { file: Some(path), ..flags })
        .map_err(|ConfigMistakes(all)| ConfigMistakes(all.iter().map(|one| one.replace(&name, "FILE")).collect()))
}

#[test]
fn flags_beat_the_environment_which_beats_the_file() {
    let file =
        "listen = \"0.0.0.0:1\"\ndatabase = \"sqlite:file.db\"\nmax_staleness = \"250ms\"\nmax_connections = 3\n";
    let environment = [("ENTITLED_LISTEN", "0.0.0.0:2"), ("ENTITLED_DATABASE_URL", "sqlite:environment.db")];
    let config = load(file, &environment, flags(&[("listen", "0.0.0.0:3")])).unwrap();
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.store.database.expose(), "sqlite:environment.db");
    assert_eq!(config.store.max_staleness, Duration::from_millis(250));
    assert_eq!(config.store.max_connections, 3);
    assert_eq!(config.server.drain_timeout, Duration::from_secs(20));
}

#[test]
fn catalogue_files_are_a_list_everywhere() {
    let file = "catalog = [\"a,b.toml\", \"c.toml\"]\ndefault_edition = \"small\"\n";
    let files =
        |config: &Config| config.catalog.files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
    let config = load(file, &[], Flags::default()).unwrap();
    assert_eq!(files(&config), ["a,b.toml", "c.toml"]);
    assert_eq!(config.catalog.default_edition.as_deref(), Some("small"));
    let environment = [("ENTITLED_CATALOG", "d.toml, e.toml"), ("ENTITLED_DEFAULT_EDITION", "other")];
    let config = load(file, &environment, Flags::default()).unwrap();
    assert_eq!(
        (files(&config).join(" "), config.catalog.default_edition),
        ("d.toml e.toml".into(), Some("other".into()))
    );
    let mut flags = flags(&[("default_edition", "mine")]);
    flags.settings.extend([given(vec![PathBuf::from("f.toml")])]);
    let config = load(file, &environment, flags).unwrap();
    assert_eq!((files(&config).join(" "), config.catalog.default_edition), ("f.toml".into(), Some("mine".into())));
    let ConfigMistakes(mistakes) = load("catalog = [1]\n", &[], Flags::default()).unwrap_err();
    assert_eq!(mistakes, ["FILE:1: catalog: expected a list of texts"]);
}

#[test]
fn the_grace_of_the_ledger_is_at_most_a_year() {
    let grace = |file: &str, environment: &str, flag: Option<&str>| {
        let environment = [("ENTITLED_LEDGER_GRACE", environment)];
        let environment = environment.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
        load(file, &environment, flags(&flag.map(|time| ("ledger_grace", time)).into_iter().collect::<Vec<_>>()))
            .map(|config| config.ledger.grace)
    };
    let days = |days| Ok(TimeDelta::days(days));
    assert_eq!(grace("", "", None), days(30));
    assert_eq!(grace("ledger_grace = \"366d\"", "", None), days(366));
    assert_eq!(grace("ledger_grace = \"10d\"", "48h", None), days(2));
    assert_eq!(grace("ledger_grace = \"10d\"", "48h", Some("0d")), days(0));
    let mistakes = |flag| grace("", "", Some(flag)).unwrap_err().0;
    for (flag, told) in [
        ("367d", "a time from 0d to 366d; found `367d`"),
        ("8785h", "a time from 0d to 366d; found `8785h`"),
        ("18446744073709551615ms", "a time from 0d to 366d; found `18446744073709551615ms`"),
        ("213503982335d", "a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `213503982335d`"),
        ("-1d", "a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `-1d`"),
        ("30", "a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `30`"),
    ] {
        assert_eq!(mistakes(flag), [format!("--ledger-grace: expected {told}")]);
    }
}

#[test]
fn every_time_and_number_has_a_least_and_a_most() {
    for (key, least, below, most, above) in [
        ("max_staleness", "50ms", "49ms", "5m", "301s"),
        ("ledger_grace", "0d", "-1d", "366d", "367d"),
        ("drain_timeout", "0s", "-1s", "10m", "601s"),
        ("max_connections", "1", "0", "10000", "10001"),
    ] {
        let setting = |text: &str| load(&format!("{key} = \"{text}\"\n"), &[], Flags::default());
        for good in [least, most] {
            assert!(setting(good).is_ok(), "{key} = {good}");
        }
        for wrong in [below, above] {
            let ConfigMistakes(mistakes) = setting(wrong).unwrap_err();
            let [mistake] = mistakes.as_slice() else { panic!("{mistakes:?}") };
            assert!(mistake.starts_with(&format!("FILE:1: {key}: expected a")), "{mistake}");
            assert!(mistake.ends_with(&format!("; found `{wrong}`")), "{mistake}");
        }
    }
    let files = vec![PathBuf::from("a.toml"); 101];
    let flags = Flags { settings: [given(files)].into(), ..Flags::default() };
    let ConfigMistakes(mistakes) = load("", &[], flags).unwrap_err();
    assert_eq!(mistakes, ["--catalog: expected at most 100 files; found 101"]);
}

#[test]
fn a_file_shows_no_controls_and_no_long_values() {
    let file = format!("\"\\u001b[2J\\nx\" = 1\nlisten = \"{}\"\n", "x".repeat(5_000));
    let ConfigMistakes(mistakes) = load(&file, &[], Flags::default()).unwrap_err();
    assert!(mistakes[0].starts_with("FILE:1: there is no setting `\\u{1b}[2J\\u{a}x`; known are "), "{mistakes:?}");
    assert!(mistakes[1].len() < 200 && mistakes[1].ends_with("xxx…`"), "{mistakes:?}");
    for (path, why) in [("/dev/zero", "this is a device"), ("/", "this is a directory")] {
        let flags = Flags { file: Some(PathBuf::from(path)), ..Flags::default() };
        let ConfigMistakes(mistakes) = from_file_and(Config::default(), &Environment::default(), &flags).unwrap_err();
        assert_eq!(mistakes, [format!("{path}: {why}; only regular files are read")]);
    }
}

#[test]
fn every_mistake_refuses_the_start_and_names_its_setting() {
    let file = "# settings\nlisen = \"0.0.0.0:1\"\nmax_staleness = 3\nzzz = [1]\nlog = [1]\n";
    let environment =
        [("ENTITLED_DATABASE_URL", "mysql://me:secret@db"), ("ENTITLED_LOG", "a=b=c"), ("ENTITLED_LOGS", "secret")];
    let ConfigMistakes(mistakes) = load(file, &environment, flags(&[("listen", "here")])).unwrap_err();
    let begin = [
        "there is no variable `ENTITLED_LOGS`; did you mean `ENTITLED_LOG`?",
        "FILE:2: there is no setting `lisen`; did you mean `listen`?",
        "FILE:3: max_staleness: expected a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `3`",
        "FILE:4: there is no setting `zzz`; known are listen, max_clients",
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
    let ConfigMistakes(mistakes) = load("listen = \n", &[], Flags::default()).unwrap_err();
    assert!(mistakes[0].starts_with("FILE:1: "), "{mistakes:?}");
    let missing = Flags { file: Some(PathBuf::from("/no/such/file")), ..Flags::default() };
    assert!(from_file_and(Config::default(), &Environment::default(), &missing).is_err());
}

#[test]
fn numbers_have_a_range() {
    let mistakes = |key: &str, value: &str| load(&format!("{key} = {value}"), &[], Flags::default());
    for (key, least, most) in [("max_clients", 1, 100_000), ("max_calls", 1, 1_000_000), ("max_unsent", 8, 65_536)] {
        assert!(mistakes(key, &least.to_string()).is_ok() && mistakes(key, &most.to_string()).is_ok(), "{key}");
        for wrong in [least - 1, most + 1] {
            let ConfigMistakes(told) = mistakes(key, &wrong.to_string()).unwrap_err();
            let end = format!(", {least} to {most}; found `{wrong}`");
            assert!(told[0].starts_with(&format!("FILE:1: {key}: expected")) && told[0].ends_with(&end), "{told:?}");
        }
    }
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("url");
    std::fs::write(&secret, "sqlite:secret.db\n").unwrap();
    let path = secret.to_str().unwrap();
    let by_variable = load("", &[("ENTITLED_DATABASE_URL_FILE", path)], Flags::default()).unwrap();
    assert_eq!(by_variable.store.database.expose(), "sqlite:secret.db");
    let by_file = load(&format!("database_file = {path:?}\n"), &[], Flags::default()).unwrap();
    assert_eq!(by_file.store.database.expose(), "sqlite:secret.db");
    let both =
        load("", &[("ENTITLED_DATABASE_URL_FILE", path), ("ENTITLED_DATABASE_URL", "sqlite:e")], Flags::default());
    let told = "ENTITLED_DATABASE_URL_FILE: ENTITLED_DATABASE_URL is set as well; only one of them can be";
    assert_eq!(both, Err(ConfigMistakes(vec![told.to_owned()])));
    let twice = format!("database = \"sqlite:e\"\ndatabase_file = {path:?}\n");
    let ConfigMistakes(mistakes) = load(&twice, &[], Flags::default()).unwrap_err();
    assert_eq!(mistakes, ["FILE:2: database_file: database is set as well; only one of them can be"]);
    // Only secrets have one.
    let ConfigMistakes(mistakes) =
        load("listen_file = \"x\"\n", &[("ENTITLED_LISTEN_FILE", "x")], Flags::default()).unwrap_err();
    assert_eq!(mistakes.len(), 2, "{mistakes:?}");
}

#[test]
fn a_secret_file_that_cannot_be_used_is_told_without_what_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("url");
    std::fs::write(&secret, "postgres://me:s3cret#@db/e").unwrap();
    for path in [secret.to_str().unwrap(), "/nowhere/at/all"] {
        let ConfigMistakes(mistakes) = load("", &[("ENTITLED_DATABASE_URL_FILE", path)], Flags::default()).unwrap_err();
        assert!(mistakes.concat().starts_with("ENTITLED_DATABASE_URL_FILE: "), "{mistakes:?}");
        assert!(!mistakes.concat().contains("s3cret"), "{mistakes:?}");
    }
}

#[test]
fn each_setting_knows_where_it_comes_from() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("entitled.toml");
    std::fs::write(&path, "# settings\nmax_calls = 7\nlisten = \"0.0.0.0:1\"\n").unwrap();
    let environment =
        Environment::of(&[("ENTITLED_LISTEN", "0.0.0.0:2"), ("ENTITLED_DATABASE_URL", "postgres://me:s3cret@db/e")]);
    let flags = Flags { file: Some(path.clone()), ..flags(&[("ledger_grace", "3d")]) };
    let (_, origins) = with_origins(Config::default(), &environment, &flags).unwrap();
    let of = |key: &str| {
        let (value, origin) = origins.of(setting(key).unwrap());
        (value.map(str::to_owned), origin.to_string())
    };
    assert_eq!(of("max_calls"), (Some("7".to_owned()), format!("{}:2", path.display())));
    assert_eq!(of("listen"), (Some("0.0.0.0:2".to_owned()), "ENTITLED_LISTEN".to_owned()));
    assert_eq!(of("database"), (Some("postgres://…".to_owned()), "ENTITLED_DATABASE_URL".to_owned()));
    assert_eq!(of("ledger_grace"), (Some("3d".to_owned()), "--ledger-grace".to_owned()));
    assert_eq!(of("max_clients"), (Some("1024".to_owned()), "default".to_owned()));
    assert_eq!(of("metrics_listen"), (None, "default".to_owned()));
}
