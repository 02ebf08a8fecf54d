//! Settings on the command line and in its help, as their rows tell.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches, value_parser};

use crate::config::{RawValue, Setting, settings};

/// In bytes: clap breaks lines of more than 100 characters, and does not indent what follows.
const LINE: usize = 90;

/// The settings that were given as flags, by key.
#[derive(Debug, Default)]
pub(super) struct SettingFlags(pub BTreeMap<&'static str, RawValue>);

impl Args for SettingFlags {
    fn augment_args(command: Command) -> Command {
        settings().filter_map(argument).fold(command, Command::arg)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let flags = settings().filter(|setting| setting.flag.is_some());
        Ok(Self(flags.filter_map(|setting| Some((setting.key, given(setting, matches)?))).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn argument(setting: &'static Setting) -> Option<Arg> {
    let argument = Arg::new(setting.key).long(setting.flag_name()).value_name(setting.flag?).help(help_of(setting));
    Some(match setting.value.is_list() {
        true => argument.action(ArgAction::Append).value_parser(value_parser!(PathBuf)),
        false => argument,
    })
}

fn given(setting: &Setting, matches: &ArgMatches) -> Option<RawValue> {
    if setting.value.is_list() {
        return Some(RawValue::Files(matches.get_many::<PathBuf>(setting.key)?.cloned().collect()));
    }
    matches.get_one::<String>(setting.key).cloned().map(RawValue::Text)
}

/// The help of a setting's flag.
pub(super) fn help_of(setting: &Setting) -> String {
    let again = if setting.value.is_list() { "; may be given several times" } else { "" };
    format!("{}{again} [env: {}]{}", meaning(setting), setting.variable, default(setting))
}

/// All settings: the names of each on a line, and below what it is.
pub(super) fn help_of_all() -> String {
    let column = |name: fn(&Setting) -> &str| settings().map(|setting| name(setting).len()).max().unwrap_or_default();
    let (keys, variables) = (column(|setting| setting.key), column(|setting| setting.variable));
    settings().fold(String::new(), |mut help, setting| {
        let Setting { key, variable, .. } = setting;
        let names = format!("  {key:keys$}  {variable:variables$} {}", default(setting));
        let _ = writeln!(help, "{}{}", names.trim_end(), indented(&meaning(setting)));
        help
    })
}

/// The text on lines of its own, each of usual length.
fn indented(text: &str) -> String {
    let mut room = 0;
    let mut lines = String::new();
    for word in text.split(' ') {
        match word.len().checked_add(1).and_then(|length| usize::checked_sub(room, length)) {
            Some(left) => room = left,
            None => {
                room = LINE.saturating_sub(word.len());
                lines.push_str("\n     ");
            }
        }
        lines.push(' ');
        lines.push_str(word);
    }
    lines
}

/// A sentence: what it is, and what it may be.
fn meaning(setting: &Setting) -> String {
    let mut letters = setting.meaning.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}: {}", letters.as_str(), setting.value.range())
}

fn default(setting: &Setting) -> String {
    setting.default.map(|default| format!(" [default: {default}]")).unwrap_or_default()
}
