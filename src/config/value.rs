//! What the text of a setting may be, how it is read, and what becomes of it.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::Config;
use crate::legible::excerpt;

/// In bytes, of a text that has no other limit.
const LONGEST_TEXT: usize = 4_096;
/// Stands for a secret.
pub(super) const HIDDEN: &str = "***";
/// The word between the ends of a range.
const TO: &str = "to";

/// A word, and what it does.
pub(super) type Word = (&'static str, fn(&mut Config));

/// What a setting may be, and where it is kept.
#[derive(Debug)]
pub enum Value {
    /// A whole number of `unit`, both ends of the range included.
    Number { unit: &'static str, range: RangeInclusive<usize>, set: fn(&mut Config, usize) },
    /// A time from the one to the other, both included and written as the setting itself is.
    Time { range: [&'static str; 2], set: fn(&mut Config, Duration) },
    /// One of these words.
    Words(&'static [Word]),
    /// Up to so many files: in the file of settings a list, in the environment with commas between them.
    Files { most: usize, set: fn(&mut Config, Vec<PathBuf>) },
    /// Up to so many of what `of` tells: in the file of settings a list, in the environment with commas between them.
    List { most: usize, of: &'static str, set: fn(&mut Config, Vec<String>) -> Result<(), String> },
    /// A text that is not shown but as `shown` has it. It may stand in a file of its own (`secret_file`).
    Secret { range: &'static str, set: fn(&mut Config, &str) -> Result<(), String>, shown: fn(&str) -> String },
    /// A text that says more; `range` tells what, for the documentation.
    Text { range: &'static str, set: fn(&mut Config, &str) -> Result<(), String> },
}

/// A setting as it was written in a file, in the environment or on the command line.
#[derive(Debug, Clone)]
pub enum RawValue {
    Text(String),
    Files(Vec<PathBuf>),
}

impl Value {
    /// Reads what was written into the settings, or tells what was expected.
    pub fn set(&self, config: &mut Config, written: &RawValue) -> Result<(), String> {
        let text = match (self, written) {
            (Self::Files { most, set }, RawValue::Files(files)) => {
                return few(files.clone(), *most, "files").map(|files| set(config, files));
            }
            (Self::List { most, of, set }, RawValue::Files(texts)) => {
                let texts = texts.iter().map(|text| text.to_string_lossy().into_owned()).collect();
                return few(texts, *most, of).and_then(|texts| set(config, texts));
            }
            (_, RawValue::Files(_)) => return Err("expected text; found a list".to_owned()),
            (_, RawValue::Text(text)) => text,
        };
        match self {
            Self::Number { unit, range, set } => number(text, unit, range).map(|number| set(config, number)),
            Self::Time { range, set } => time(text, *range).map(|time| set(config, time)),
            Self::Words(words) => word(text, words).map(|set| set(config)),
            Self::Files { most, set } => {
                few(parts(text).map(PathBuf::from).collect(), *most, "files").map(|files| set(config, files))
            }
            Self::List { most, of, set } => {
                few(parts(text).map(str::to_owned).collect(), *most, of).and_then(|texts| set(config, texts))
            }
            Self::Text { set, .. } | Self::Secret { set, .. } => set(config, text),
        }
    }

    pub fn is_list(&self) -> bool {
        matches!(self, Self::Files { .. } | Self::List { .. })
    }

    /// What it may be, in a few words; what is written literally stands in backticks.
    pub fn range(&self) -> String {
        match self {
            Self::Number { range, .. } => format!("{} {TO} {}", range.start(), range.end()),
            Self::Time { range: [least, most], .. } => format!("`{least}` {TO} `{most}`"),
            Self::Words(words) => words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>().join(", "),
            Self::Files { most, .. } => format!("up to {most} files of up to 8 MiB"),
            Self::List { most, of, .. } => format!("up to {most} {of}"),
            Self::Text { range, .. } | Self::Secret { range, .. } => (*range).to_owned(),
        }
    }

    /// What was written, as it may be shown.
    pub fn shown(&self, value: &RawValue) -> String {
        match (self, value) {
            (Self::Secret { shown, .. }, RawValue::Text(text)) => shown(text),
            (Self::Secret { .. }, RawValue::Files(_)) => HIDDEN.to_owned(),
            (_, RawValue::Text(text)) => text.clone(),
            (_, RawValue::Files(files)) => {
                files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(",")
            }
        }
    }
}

/// A text of usual length.
pub(super) fn short(text: &str) -> Result<&str, String> {
    if text.len() <= LONGEST_TEXT {
        return Ok(text);
    }
    Err(format!("expected at most {LONGEST_TEXT} bytes; found {}", text.len()))
}

/// The path of a file.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("expected the path of a file".to_owned()) } else { short(text).map(PathBuf::from) }
}

pub(super) fn read<T: FromStr>(text: &str, expected: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("expected {expected}; found `{}`", excerpt(text)))
}

/// What stands between commas.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn few<T>(listed: Vec<T>, most: usize, of: &str) -> Result<Vec<T>, String> {
    match listed.len() {
        found if found > most => Err(format!("expected at most {most} {of}; found {found}")),
        _ => Ok(listed),
    }
}

fn number(text: &str, unit: &str, range: &RangeInclusive<usize>) -> Result<usize, String> {
    let value = text.parse().ok().filter(|value| range.contains(value));
    value.ok_or_else(|| {
        format!("expected a number of {unit}, {} {TO} {}; found `{}`", range.start(), range.end(), excerpt(text))
    })
}

fn time(text: &str, [least, most]: [&str; 2]) -> Result<Duration, String> {
    let value = duration(text).ok_or_else(|| {
        format!("expected a time such as `500ms`, `1s`, `2m`, `12h` or `30d`; found `{}`", excerpt(text))
    })?;
    if duration(least).is_some_and(|least| value < least) || duration(most).is_some_and(|most| value > most) {
        return Err(format!("expected a time from {least} {TO} {most}; found `{}`", excerpt(text)));
    }
    Ok(value)
}

/// A whole number and `ms`, `s`, `m`, `h` or `d`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(milliseconds).map(Duration::from_millis)
}

/// What the word does.
fn word(text: &str, words: &[Word]) -> Result<fn(&mut Config), String> {
    if let Some((_, set)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(*set);
    }
    let names = words.iter().map(|(word, _)| format!("`{word}`")).collect::<Vec<_>>();
    let names = match names.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    };
    Err(format!("expected {names}; found `{}`", excerpt(text)))
}
