//! The files of a catalogue as one long text, so that one offset tells file and line.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::catalog::{CatalogError, Mistake};
use crate::legible::sentence;
use crate::violation::MOST_VIOLATIONS;

struct Source {
    name: String,
    text: String,
    /// Where its text begins among all texts.
    start: usize,
}

#[derive(Default)]
pub(super) struct Sources(Vec<Source>);

/// One file as a tree; its spans count from the start of the first file.
pub(super) struct Parsed<'i> {
    pub name: &'i str,
    pub text: &'i str,
    pub start: usize,
    pub table: DeTable<'i>,
}

impl Parsed<'_> {
    /// Where the file says which edition it lies over, and that edition's id.
    pub(super) fn overlay(&self) -> Option<(usize, Option<String>)> {
        let value = self.table.get("overlay")?;
        Some((value.span().start, value.get_ref().as_str().map(str::to_owned)))
    }
}

impl Sources {
    pub(super) fn push(&mut self, name: &str, text: &str) {
        // A byte between two files: the end of one is not the start of the next.
        let start = self.0.last().map_or(0, |last| last.start.saturating_add(last.text.len()).saturating_add(1));
        self.0.push(Source { name: name.to_owned(), text: text.to_owned(), start });
    }

    /// Every file, broken ones as far as they can be read.
    pub(super) fn parse<'i>(&'i self, mistakes: &mut Mistakes<'i>) -> Vec<Parsed<'i>> {
        let mut files = Vec::new();
        for source in &self.0 {
            let (table, errors) = DeTable::parse_recoverable(&source.text);
            for error in &errors {
                let at = error.span().map_or(0, |span| span.start).min(source.text.len());
                mistakes.add(source.start.saturating_add(at), error.message().trim_end().replace('\n', ": "));
            }
            if !errors.is_empty() {
                mistakes.broken.push(source.start..=source.start.saturating_add(source.text.len()));
            }
            let table = match shifted(DeValue::Table(table.into_inner()), source.start) {
                DeValue::Table(table) => table,
                _ => DeTable::new(),
            };
            files.push(Parsed { name: &source.name, text: &source.text, start: source.start, table });
        }
        files
    }

    fn locate(&self, at: usize) -> (&str, usize) {
        let Some(source) = self.0.iter().rev().find(|source| source.start <= at) else { return ("", 0) };
        let before = source.text.bytes().take(at.saturating_sub(source.start));
        (&source.name, before.filter(|byte| *byte == b'\n').count().saturating_add(1))
    }
}

/// The tree, every span moved by `by`.
fn shifted(value: DeValue<'_>, by: usize) -> DeValue<'_> {
    match value {
        DeValue::Array(rows) => {
            let mut moved = DeArray::new();
            for row in rows {
                let span = moved_span(&row, by);
                moved.push(Spanned::new(span, shifted(row.into_inner(), by)));
            }
            DeValue::Array(moved)
        }
        DeValue::Table(table) => {
            let pairs = table.into_iter().map(|(key, value)| {
                let (at_key, at_value) = (moved_span(&key, by), moved_span(&value, by));
                (Spanned::new(at_key, key.into_inner()), Spanned::new(at_value, shifted(value.into_inner(), by)))
            });
            DeValue::Table(pairs.collect())
        }
        other => other,
    }
}

fn moved_span<T>(at: &Spanned<T>, by: usize) -> std::ops::Range<usize> {
    let span = at.span();
    span.start.saturating_add(by)..span.end.saturating_add(by)
}

/// What is wrong, by offset.
pub(super) struct Mistakes<'i> {
    sources: &'i Sources,
    all: Vec<(usize, String)>,
    /// What is no mistake and does nothing, by offset.
    warnings: Vec<(usize, String)>,
    /// Files that are no TOML.
    broken: Vec<std::ops::RangeInclusive<usize>>,
}

impl<'i> Mistakes<'i> {
    pub(super) fn new(sources: &'i Sources) -> Self {
        Self { sources, all: Vec::new(), warnings: Vec::new(), broken: Vec::new() }
    }

    /// In a file that is no TOML only that is told: the rest of it may be misread.
    pub(super) fn add(&mut self, at: usize, message: impl Into<String>) {
        if !self.broken.iter().any(|file| file.contains(&at)) {
            self.all.push((at, sentence(&message.into())));
        }
    }

    /// What can be loaded, and does nothing, or not what it seems to.
    pub(super) fn warn(&mut self, at: usize, message: impl Into<String>) {
        self.warnings.push((at, sentence(&message.into())));
    }

    /// The warnings about all files but the first `embedded`, by file and line.
    pub(super) fn take_warnings(&mut self, embedded: usize) -> Vec<Mistake> {
        let start = self.sources.0.get(embedded).map_or(usize::MAX, |source| source.start);
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.retain(|(at, _)| *at >= start);
        warnings.sort();
        warnings.dedup();
        warnings.truncate(MOST_VIOLATIONS);
        let located = warnings.into_iter().map(|(at, message)| {
            let (file, line) = self.sources.locate(at);
            Mistake { file: file.to_owned(), line, message }
        });
        located.collect()
    }

    pub(super) fn at<T>(&mut self, at: &Spanned<T>, message: impl Into<String>) {
        self.add(at.span().start, message);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// File and line, as messages name another place.
    pub(super) fn place(&self, at: usize) -> String {
        let (file, line) = self.sources.locate(at);
        format!("{file}:{line}")
    }

    /// The value, if nothing is wrong; else all mistakes, by file and line.
    pub(super) fn into_result<T>(mut self, value: Option<T>) -> Result<T, CatalogError> {
        self.all.sort();
        // To find the line of each takes a while.
        self.all.truncate(MOST_VIOLATIONS);
        let mut mistakes: Vec<Mistake> = Vec::new();
        for (at, message) in self.all {
            let (file, line) = self.sources.locate(at);
            let mistake = Mistake { file: file.to_owned(), line, message };
            // Broken syntax is often noticed several times in one line.
            let is_echo = self.broken.iter().any(|broken| broken.contains(&at))
                && mistakes.last().is_some_and(|last| last.file == mistake.file && last.line == line);
            if !is_echo && !mistakes.contains(&mistake) {
                mistakes.push(mistake);
            }
        }
        match value {
            Some(value) if mistakes.is_empty() => Ok(value),
            _ if mistakes.is_empty() => Err(CatalogError::whole("the catalogue cannot be read")),
            _ => Err(CatalogError { mistakes }),
        }
    }
}
