//! Where text goes: its width, its colours, and a reader that goes away.

mod layout;

#[cfg(test)]
pub(super) use layout::assert_legible;
pub(super) use layout::{align, keep_whole};

use std::io::{self, ErrorKind, IsTerminal, Write};

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, LineStyle, Table, TableStyle};
use prost_types::Timestamp;

use super::values::show_time;
use crate::config::{is_coloured, variable};
use crate::legible::painted;
use crate::model::Zone;

/// The width if neither the terminal nor `COLUMNS` says it.
const USUAL_WIDTH: u16 = 100;
/// Narrower, nothing is legible any more.
const LEAST_WIDTH: u16 = 40;
/// Where a name may break; takes no room and is not written.
const BREAK: char = '\u{200b}';

/// What is known of the place text is written to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    pub is_terminal: bool,
    is_coloured: bool,
    width: u16,
    /// By whose clocks times are told.
    zone: Zone,
}

/// What a piece of text is, by which it is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Open,
    Bad,
    Heading,
    Quiet,
    Plain,
}

impl Screen {
    pub(super) fn of_output() -> Self {
        Self::new(io::stdout().is_terminal(), Table::new().width())
    }

    pub(super) fn of_errors() -> Self {
        Self::new(io::stderr().is_terminal(), Table::new().use_stderr().width())
    }

    fn new(is_terminal: bool, width: Option<u16>) -> Self {
        let width = width.or_else(|| variable("COLUMNS")?.parse().ok()).unwrap_or(USUAL_WIDTH).max(LEAST_WIDTH);
        Self { is_terminal, is_coloured: is_terminal && is_coloured(), width, zone: Zone::UTC }
    }

    #[cfg(test)]
    pub(super) fn plain(width: u16) -> Self {
        Self { is_terminal: false, is_coloured: false, width, zone: Zone::UTC }
    }

    /// The same, with times by the clocks of `zone`.
    pub(super) fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// An instant with its zone, or what it means that there is none.
    pub(super) fn time(&self, time: Option<&Timestamp>, none: &str) -> String {
        let Some(time) = time else { return none.to_owned() };
        let shown = show_time(time, self.zone);
        if self.zone == Zone::UTC { shown } else { format!("{shown} {}", self.zone.name()) }
    }

    /// The instant that was judged, to the second: the rest is for programs.
    pub(super) fn second(&self, instant: Option<&Timestamp>) -> String {
        self.time(instant.map(|time| Timestamp { nanos: 0, ..*time }).as_ref(), "now")
    }

    /// An instant, and its zone below it.
    pub(super) fn time_cell(&self, tone: Tone, time: Option<&Timestamp>) -> Cell {
        self.cell(tone, &self.time(time, "").replacen(' ', "\n", 1))
    }

    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            Tone::Good => "1;32",
            Tone::Open => "1;33",
            Tone::Bad => "1;31",
            Tone::Heading => "1",
            Tone::Quiet => "2",
            Tone::Plain => return text.to_owned(),
        };
        if self.is_coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// The last column of a terminal stays free: some begin a new line behind it.
    fn room(&self) -> u16 {
        self.width.saturating_sub(1)
    }

    /// A table of as many columns as `header` has.
    pub(super) fn table(&self, header: &[&str]) -> Table {
        let mut table = self.columns(0);
        table.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
        table.set_header(header.iter().map(|name| self.cell(Tone::Heading, name)));
        table
    }

    /// Lines of a name and what it is.
    pub(super) fn pairs<'a>(&self, pairs: impl IntoIterator<Item = (&'a str, String)>) -> String {
        let mut table = self.columns(0);
        for (name, value) in pairs {
            table.add_row([self.cell(Tone::Quiet, name), Cell::new(value)]);
        }
        layout::lines(&table)
    }

    /// An empty table, so much narrower than the screen.
    fn columns(&self, indent: u16) -> Table {
        let mut table = Table::new();
        table.load_style(TableStyle::new());
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(self.room().saturating_sub(indent));
        if self.is_coloured {
            table.enforce_styling();
        } else {
            table.force_no_tty();
        }
        table
    }

    pub(super) fn cell(&self, tone: Tone, text: &str) -> Cell {
        let cell = Cell::new(text);
        match tone {
            Tone::Good => cell.fg(Color::DarkGreen).add_attribute(Attribute::Bold),
            Tone::Open => cell.fg(Color::DarkYellow).add_attribute(Attribute::Bold),
            Tone::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
            Tone::Heading => cell.add_attribute(Attribute::Bold),
            Tone::Quiet => cell.add_attribute(Attribute::Dim),
            Tone::Plain => cell,
        }
    }

    /// A name that may break behind its punctuation, which a wrapped line keeps.
    pub(super) fn name(&self, tone: Tone, name: &str) -> Cell {
        self.cell(tone, &breakable(name)).set_delimiter(BREAK)
    }

    /// A name, and below it the id of what it names: that is there for copying, and stays whole.
    pub(super) fn name_and_id(&self, name: &str, id: &str) -> Cell {
        self.cell(Tone::Plain, &format!("{}\n{id}", breakable(name))).set_delimiter(BREAK)
    }

    pub(super) fn number(text: impl ToString) -> Cell {
        Cell::new(text).set_alignment(CellAlignment::Right)
    }
}

fn breakable(name: &str) -> String {
    let mut breakable = String::with_capacity(name.len());
    for letter in name.chars() {
        breakable.push(letter);
        if matches!(letter, '-' | '_' | '.' | '/') {
            breakable.push(BREAK);
        }
    }
    breakable
}

/// Writes an answer: no control but the screen's own colours.
pub(super) fn write(text: &str) -> io::Result<()> {
    write_raw(&painted(text))
}

/// Writes what is no answer but a program's text. A reader that has seen enough, such as `head`,
/// is no error.
pub(super) fn write_raw(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes what went wrong, as an answer is written; where even that cannot be said, the exit status says it.
pub(super) fn write_error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", painted(text));
}
