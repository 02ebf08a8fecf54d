use std::collections::BTreeSet;

use clap::CommandFactory as _;

use super::*;
use crate::cli::Cli;
use crate::config::value::{Value, duration};
use crate::config::{Config, RawValue};

/// A setting's row in the documentation.
fn row(setting: &Setting) -> String {
    let code = |text: &str| format!("`{text}`");
    let Setting { key, variable, default, value, meaning, .. } = setting;
    let flag = setting.flag.map(|_| code(&format!("--{}", setting.flag_name()))).unwrap_or_default();
    let flag = if value.is_list() && setting.flag.is_some() { format!("{flag}, several times") } else { flag };
    let default = default.map(code).unwrap_or_default();
    format!("| `{key}` | `{variable}` | {flag} | {default} | {} | {meaning} |", value.range())
        .replace("|  |", "| |")
        .replace("|  |", "| |")
}

#[test]
fn the_documentation_has_the_row_of_every_setting() {
    let documentation = include_str!("../../../docs/OPERATIONS.md");
    let table = documentation.split("| key | environment | flag |").nth(1).unwrap();
    let documented = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect::<Vec<_>>();
    let expected = settings().map(row).collect::<Vec<_>>();
    assert_eq!(documented, expected, "docs/OPERATIONS.md should say\n{}\n", expected.join("\n"));
}

#[test]
fn the_help_tells_every_setting() {
    let mut help = Cli::command();
    let serve = help.find_subcommand_mut("serve").unwrap();
    let flags = serve.get_opts().filter_map(|flag| flag.get_long()).map(str::to_owned).collect::<BTreeSet<_>>();
    let long = serve.render_long_help().to_string();
    assert!(long.lines().all(|line| line.chars().count() <= 100), "{long}");
    let words = format!(" {} ", long.split_whitespace().collect::<Vec<_>>().join(" "));
    for setting in settings() {
        let Setting { key, variable, default, value, meaning, .. } = setting;
        let default = default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
        let first = meaning[..1].to_uppercase();
        let told = format!(" {key} {variable}{default} {first}{}: {} ", &meaning[1..], value.range());
        assert!(words.contains(&told), "{told}\n{long}");
        assert_eq!(flags.contains(&setting.flag_name()), setting.flag.is_some(), "{key}");
        assert_eq!(words.contains(&format!(" [env: {variable}]{default} ")), setting.flag.is_some(), "{key}");
    }
}

#[test]
fn every_default_is_what_its_row_says() {
    for setting in settings() {
        let mut config = Config::default();
        if let Some(default) = setting.default {
            setting.set(&mut config, &RawValue::Text(default.to_owned())).unwrap();
        }
        assert_eq!(config, Config::default(), "{}", setting.key);
    }
}

#[test]
fn names_are_unique_and_alike() {
    let (keys, variables): (BTreeSet<_>, BTreeSet<_>) = settings().map(|row| (row.key, row.variable)).unzip();
    assert_eq!((keys.len(), variables.len()), (settings().count(), settings().count()));
    for Setting { key, variable, .. } in settings() {
        let expected = format!("ENTITLED_{}", key.to_uppercase());
        // The one name that was another before.
        let expected = if *key == "database" { "ENTITLED_DATABASE_URL".to_owned() } else { expected };
        assert_eq!(*variable, expected);
    }
}

#[test]
fn every_range_includes_its_ends_and_no_more() {
    for setting in settings() {
        let takes = |text: String| setting.set(&mut Config::default(), &RawValue::Text(text)).is_ok();
        match &setting.value {
            Value::Number { range, .. } => {
                let (least, most) = (*range.start(), *range.end());
                let taken = [least, most, most + 1].map(|number| takes(number.to_string()));
                assert_eq!(taken, [true, true, false], "{}", setting.key);
                assert!(!takes(least.checked_sub(1).map_or("-1".to_owned(), |below| below.to_string())));
            }
            Value::Time { range, .. } => {
                let [least, most] = range.map(|end| duration(end).unwrap().as_millis());
                let below = if least == 0 { "-1ms".to_owned() } else { format!("{}ms", least - 1) };
                let taken = [format!("{least}ms"), format!("{most}ms"), below, format!("{}ms", most + 1)].map(takes);
                assert_eq!(taken, [true, true, false, false], "{}", setting.key);
            }
            Value::Words(words) => assert!(words.iter().all(|(word, _)| takes((*word).to_owned())), "{}", setting.key),
            Value::Files { .. } | Value::List { .. } | Value::Text { .. } | Value::Secret { .. } => {}
        }
    }
}
