//! What an import changed, or would.

use std::collections::BTreeMap;

use comfy_table::Cell;

use super::differences::{self, Difference};
use super::{effects, order_change};
use crate::cli::document::DocumentMistake;
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone};
use crate::proto::v1::{ApplyContractResponse, Change, ChangeKind, ResourceType};

/// How many resources were added, updated and left alone.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChangeCounts {
    pub added: usize,
    pub updated: usize,
    pub unchanged: usize,
}

impl ChangeCounts {
    pub(crate) fn add(&mut self, changes: &[Change]) {
        for change in changes {
            let count = match change.kind() {
                ChangeKind::Added => &mut self.added,
                ChangeKind::Updated => &mut self.updated,
                ChangeKind::Unchanged | ChangeKind::Unspecified => &mut self.unchanged,
            };
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn is_nothing(self) -> bool {
        self.added == 0 && self.updated == 0
    }

    /// `2 added, 1 unchanged`.
    pub(crate) fn words(self) -> String {
        let all = [(self.added, "added"), (self.updated, "updated"), (self.unchanged, "unchanged")];
        all.iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// `differences` has, by id, what a plan would change.
pub(crate) fn text(
    file: &str,
    answer: &ApplyContractResponse,
    differences: &BTreeMap<String, Vec<Difference>>,
    is_plan: bool,
    places: &Places,
    screen: &Screen,
) -> String {
    let lines = answer.changes.iter().map(|change| {
        let (tone, sign) = match change.kind() {
            ChangeKind::Added => (Tone::Good, "+"),
            ChangeKind::Updated => (Tone::Open, "~"),
            ChangeKind::Unchanged | ChangeKind::Unspecified => (Tone::Quiet, "="),
        };
        let sort = match change.resource_type() {
            ResourceType::Customer => "customer",
            ResourceType::WorkOrder => "work order",
            ResourceType::Unspecified => "",
        };
        let told = differences.get(&change.id).filter(|told| !told.is_empty() && change.kind() == ChangeKind::Updated);
        let fields = match told {
            Some(told) => format!("\n{}", differences::table(told, screen)),
            None => change.fields.iter().map(|field| format!("\n    {field}")).collect::<String>(),
        };
        format!("  {} {sort} {}{fields}", screen.paint(tone, sign), change.id)
    });
    // The token to ask by, for who wants to see this write.
    let revision = Some(&answer.revision).filter(|revision| !revision.is_empty());
    let revision = revision.map(|revision| screen.paint(Tone::Quiet, &format!("  revision {revision}")));
    let etag = Some(&answer.etag).filter(|etag| is_plan && !etag.is_empty());
    let etag =
        etag.map(|etag| screen.paint(Tone::Quiet, &format!("  etag {etag}: to apply what differs, give it as --etag")));
    let effects = answer.effects.as_ref().and_then(|it| effects::text(it, places, screen));
    let effects = effects.map(|tables| format!("\n{tables}\n"));
    let warnings = order_change::warnings(&answer.warnings, screen);
    let heading = screen.paint(Tone::Heading, file);
    [heading]
        .into_iter()
        .chain(lines)
        .chain(effects)
        .chain(warnings)
        .chain(revision)
        .chain(etag)
        .collect::<Vec<_>>()
        .join("\n")
}

/// ConfigMistakes by line: the table below a refusal.
pub(crate) fn mistakes(mistakes: &[DocumentMistake], screen: &Screen) -> String {
    let has_lines = mistakes.iter().any(|mistake| mistake.line.is_some());
    let header: &[&str] = if has_lines { &["line", "field", "what is wrong"] } else { &["field", "what is wrong"] };
    let mut table = screen.table(header);
    // A field that is wrong in several ways is named once.
    let mut seen = BTreeMap::new();
    for DocumentMistake { line, violation } in mistakes {
        let is_new = seen.insert((line, violation.field.as_str()), ()).is_none();
        let field = if is_new { violation.field.as_str() } else { "" };
        let line_cell = Screen::number(line.filter(|_| is_new).map_or_else(String::new, |line| line.to_string()));
        let what = format!("{}\n{}", violation.reason, violation.description);
        let cells = [line_cell, screen.name(Tone::Plain, field), Cell::new(what.trim())];
        table.add_row(cells.into_iter().skip(usize::from(!has_lines)).collect::<Vec<_>>());
    }
    screen.laid_out(table)
}
