//! The command line itself, and what is wrong with it.

use std::borrow::Cow;
use std::process::ExitCode;

use clap::Parser as _;

use super::{Cli, Failure, Format, exit, screen};
use crate::legible::shown;

/// The command line of this process; what is wrong with it, or the help it asks for, is told here.
pub fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        let flags: Vec<String> = std::env::args_os().map(|flag| flag.to_string_lossy().into_owned()).collect();
        let text = error.render().to_string();
        let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(exit::USAGE));
        if error.use_stderr() && Format::of_words(&flags) == Format::Json {
            let text = untold(&text, &flags).unwrap_or(text);
            let message = text.trim_start_matches("error: ").trim_end();
            screen::write_error(&Failure::Usage(message.to_owned()).json());
            return code;
        }
        // Where a stranger's text may be quoted, not in colours: those are his too.
        match untold(&text, &flags) {
            Some(text) if error.use_stderr() => screen::write_error(&text),
            Some(text) => drop(screen::write(&text)),
            None => drop(error.print()),
        }
        code
    })
}

/// The text without what must not be shown of the flags it may quote, if there is any: controls,
/// and what follows the scheme of a database's URL.
fn untold(text: &str, flags: &[String]) -> Option<String> {
    let mut message = None;
    for flag in flags {
        let secret = flag.find("postgres").and_then(|at| flag.get(at..)).filter(|url| url.contains(':'));
        if let Some(secret) = secret {
            message = Some(message.unwrap_or_else(|| text.to_owned()).replace(secret, "postgres://…"));
        } else if matches!(shown(flag), Cow::Owned(_)) {
            message.get_or_insert_with(|| text.to_owned());
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How a command line is refused.
    fn refused(flags: &[&str]) -> Option<String> {
        let error = Cli::try_parse_from(flags).unwrap_err();
        let flags: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
        untold(&error.render().to_string(), &flags)
    }

    #[test]
    fn a_url_that_is_no_flag_is_not_quoted() {
        for flags in [
            ["entitled", "migrate", "postgres://me:s3cret@db/e"],
            ["entitled", "migrate", "--databse=postgresql://me:s3cret@db/e"],
            ["entitled", "postgres:me:s3cret@db/e", "migrate"],
        ] {
            let message = refused(&flags).unwrap();
            assert!(!message.contains("s3cret") && message.contains("error: "), "{message}");
        }
        assert_eq!(refused(&["entitled", "migrate", "--dry"]), None);
    }

    #[test]
    fn a_flag_with_controls_is_told_without_colours() {
        let message = refused(&["entitled", "check", "--severity", "\u{1b}[2J\u{202e}"]).unwrap();
        assert!(message.contains("error: invalid value"), "{message}");
    }
}
