//! A customer's entitlements, location by location.

use comfy_table::{ColumnConstraint, Width};

use super::words;
use crate::cli::screen::{Screen, Tone, indented};
use crate::proto::v1::{Entitlement, ListEntitlementsResponse};

pub fn text(answer: &ListEntitlementsResponse, screen: &Screen) -> String {
    if answer.entitlements.is_empty() {
        return "no rows".to_owned();
    }
    let locations = answer.entitlements.chunk_by(|one, next| one.location_id == next.location_id);
    let mut parts: Vec<String> = locations.map(|rows| location(rows, screen)).collect();
    let [entitled, conditional, refused] = counts(&answer.entitlements);
    let at = words::second(answer.check_time.as_ref());
    parts.push(format!("{entitled} entitled, {conditional} conditional, {refused} not entitled at {at}"));
    parts.join("\n\n")
}

fn location(rows: &[Entitlement], screen: &Screen) -> String {
    let heading = rows.first().map_or("", |row| row.location_id.as_str());
    let mut table = screen.table(&[heading, "decision", "because", "until"]);
    for row in rows {
        let (tone, word) = words::decision(row.decision());
        let because = row.reasons.first().or(row.open_conditions.first());
        table.add_row([
            screen.name(Tone::Plain, &row.service_id),
            screen.cell(tone, word),
            screen.name(Tone::Plain, because.map_or("", |reason| &reason.code)),
            screen.cell(Tone::Quiet, &words::time(row.valid_until.as_ref(), "")),
        ]);
    }
    for (column, width) in [(1, 14), (3, 22)] {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
        }
    }
    indented(&table)
}

fn counts(rows: &[Entitlement]) -> [usize; 3] {
    ["ENTITLED", "CONDITIONAL", "NOT ENTITLED"]
        .map(|word| rows.iter().filter(|row| words::decision(row.decision()).1 == word).count())
}
