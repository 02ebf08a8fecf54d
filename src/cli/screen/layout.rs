//! Tables as text: in columns where every word fits into its column, else row by row.

use comfy_table::{Cell, ColumnConstraint, Row, Table, Width};
use unicode_width::UnicodeWidthStr as _;

use super::{BREAK, Screen, Tone};

/// Between the columns there is one more space than their paddings.
const SEPARATOR: u16 = 1;
/// How much further to the right than its first cell the others of a row stand, where they do
/// not stand beside it.
const INDENT: &str = "  ";

impl Screen {
    /// A table as lines, none longer than the screen is wide and no word broken inside.
    pub(crate) fn laid_out(&self, mut table: Table) -> String {
        if self.fits(&mut table) { lines(&table) } else { self.stacked(&table) }
    }

    /// Whether every column can be as wide as its longest word; sees to it that it is. What room
    /// there is beyond that goes to those whose lines would break, in equal parts.
    fn fits(&self, table: &mut Table) -> bool {
        let wants = table.column_max_content_widths();
        let columns = table.column_iter().zip(wants).enumerate().map(|(column, (existing, want))| {
            let need = need(table, column);
            (column, need, want.saturating_add(existing.padding_width()).saturating_sub(need))
        });
        let mut columns: Vec<(usize, u16, u16)> = columns.collect();
        let separators = SEPARATOR.saturating_mul(u16::try_from(columns.len().saturating_sub(1)).unwrap_or(u16::MAX));
        let all = columns.iter().fold(separators, |sum, (_, need, _)| sum.saturating_add(*need));
        let Some(mut left) = self.room().checked_sub(all) else { return false };
        columns.sort_by_key(|(_, _, lacking)| *lacking);
        for (sharing, (column, need, lacking)) in (1..=columns.len()).rev().zip(columns) {
            let share = left.checked_div(u16::try_from(sharing).unwrap_or(u16::MAX)).unwrap_or_default();
            let more = share.min(lacking);
            left = left.saturating_sub(more);
            if let Some(column) = table.column_mut(column) {
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(need.saturating_add(more))));
            }
        }
        true
    }

    /// Each row by itself: its first cell, and below it what the others say, by their names.
    fn stacked(&self, table: &Table) -> String {
        let names: Vec<String> =
            table.header().map(|header| header.cell_iter().map(Cell::content).collect()).unwrap_or_default();
        let heading = names.first().filter(|name| !name.is_empty());
        let heading = heading.map(|name| format!(" {}", self.paint(Tone::Heading, name)));
        heading.into_iter().chain(table.row_iter().map(|row| self.card(&names, row))).collect::<Vec<_>>().join("\n\n")
    }

    fn card(&self, names: &[String], row: &Row) -> String {
        let mut head = self.columns(0);
        let mut rest = self.columns(u16::try_from(INDENT.len()).unwrap_or_default());
        let mut cells = row.cell_iter();
        head.add_row(cells.next().cloned());
        for (name, cell) in names.iter().skip(1).zip(cells).filter(|(_, cell)| !cell.content().is_empty()) {
            rest.add_row([self.cell(Tone::Quiet, name), cell.clone()]);
        }
        align(&mut rest, 0, names.iter().skip(1).map(String::as_str));
        let rest = lines(&rest);
        let rest = rest.lines().map(|line| format!("{INDENT}{line}"));
        std::iter::once(lines(&head)).chain(rest).collect::<Vec<_>>().join("\n")
    }
}

/// Keeps the lines of columns, which are there for copying or for comparing, from being broken
/// at all.
pub(crate) fn keep_whole(table: &mut Table, columns: &[usize]) {
    let widths = table.column_max_content_widths();
    for (column, width) in widths.into_iter().enumerate().filter(|(column, _)| columns.contains(column)) {
        widen(table, column, width);
    }
}

/// Makes a column wide enough for these texts, so that it stands in line with another table's.
pub(crate) fn align<'a>(table: &mut Table, column: usize, texts: impl Iterator<Item = &'a str>) {
    widen(table, column, texts.map(width).max().unwrap_or(0));
}

fn widen(table: &mut Table, column: usize, width: u16) {
    if let Some(column) = table.column_mut(column) {
        let width = width.saturating_add(column.padding_width());
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
}

/// How wide a column has to be, with its padding.
fn need(table: &Table, column: usize) -> u16 {
    let Some(existing) = table.column_iter().nth(column) else { return 0 };
    let rows = table.header().into_iter().chain(table.row_iter());
    let texts = rows.filter_map(|row| Some(row.cell_iter().nth(column)?.content()));
    let longest = texts.flat_map(|text| text.split(is_gap).map(width).max()).max().unwrap_or(0);
    let need = longest.saturating_add(existing.padding_width());
    match existing.constraint() {
        Some(ColumnConstraint::LowerBoundary(Width::Fixed(least))) => need.max(*least),
        _ => need,
    }
}

fn is_gap(letter: char) -> bool {
    letter == BREAK || letter.is_whitespace()
}

/// As it is seen: a letter may be several bytes.
fn width(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// A table as lines without spaces at their ends.
pub(super) fn lines(table: &Table) -> String {
    table.lines().map(|line| line.replace(BREAK, "").trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// For tests of what is shown: at every width the same words, none broken, no line too long.
#[cfg(test)]
pub(crate) fn assert_legible(show: impl Fn(&Screen) -> String) {
    let words = |text: &str| -> std::collections::BTreeSet<String> {
        text.split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect()
    };
    let all = words(&show(&Screen::plain(1_000)));
    for columns in [60, 80, 100, 120, 160] {
        let text = show(&Screen::plain(columns));
        let laid_out = words(&text);
        let broken: Vec<_> = all.difference(&laid_out).collect();
        assert!(broken.is_empty(), "{broken:?} at {columns} in\n{text}");
        // A command is there for copying, and not broken.
        let long = text.lines().find(|line| width(line) > columns && !line.trim().starts_with("entitled "));
        assert!(long.is_none(), "{long:?} at {columns} in\n{text}");
    }
}
