//! A customer's entitlements, location by location.

use std::collections::BTreeSet;

use super::words;
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::legible::shown;
use crate::model::Zone;
use crate::proto::v1::{Entitlement, ListEntitlementsResponse};

pub(crate) fn text(answer: &ListEntitlementsResponse, places: &Places, screen: &Screen) -> String {
    if answer.entitlements.is_empty() {
        return "no rows".to_owned();
    }
    let locations = answer.entitlements.chunk_by(|one, next| one.location_id == next.location_id);
    let editions: BTreeSet<&str> = answer.entitlements.iter().map(|row| row.edition_id.as_str()).collect();
    let mut zones = Vec::new();
    let mut parts = Vec::new();
    for rows in locations {
        let zone = rows.first().map_or(Zone::UTC, |row| places.location(&row.location_id));
        zones.push(zone);
        parts.push(location(rows, editions.len() > 1, &screen.in_zone(zone)));
    }
    let [entitled, conditional, refused] = counts(&answer.entitlements);
    zones.dedup();
    let zone = if let [only] = zones.as_slice() { *only } else { Zone::UTC };
    let at = screen.in_zone(zone).second(answer.check_time.as_ref());
    if let (Some(edition), 1) = (editions.first().filter(|edition| !edition.is_empty()), editions.len()) {
        parts.push(format!("by the edition {}", shown(edition)));
    }
    parts.push(format!("{entitled} entitled, {conditional} conditional, {refused} not entitled at {at}"));
    parts.join("\n\n")
}

/// With the edition of each row where they differ.
fn location(rows: &[Entitlement], with_edition: bool, screen: &Screen) -> String {
    let heading = rows.first().map_or("", |row| row.location_id.as_str());
    let columns = [heading, "decision", "because", "until", "edition"];
    let count = if with_edition { columns.len() } else { columns.len().saturating_sub(1) };
    let mut table = screen.table(columns.get(..count).unwrap_or(&columns));
    for row in rows {
        let (tone, word) = words::decision(row.decision());
        let because = row.reasons.first().or(row.open_conditions.first());
        let cells = [
            screen.name(Tone::Plain, &row.service_id),
            screen.cell(tone, word),
            screen.name(Tone::Plain, because.map_or("", |reason| &reason.code)),
            screen.time_cell(Tone::Quiet, row.valid_until.as_ref()),
            screen.name(Tone::Quiet, &row.edition_id),
        ];
        table.add_row(cells.into_iter().take(count));
    }
    keep_whole(&mut table, &[1, 3]);
    screen.laid_out(table)
}

fn counts(rows: &[Entitlement]) -> [usize; 3] {
    ["ENTITLED", "CONDITIONAL", "NOT ENTITLED"]
        .map(|word| rows.iter().filter(|row| words::decision(row.decision()).1 == word).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::assert_legible;
    use crate::proto::v1::{Decision, Reason};

    #[test]
    fn a_list_is_legible_at_every_width() {
        let row = |service_id: &str, decision: Decision, codes: &[&str]| Entitlement {
            location_id: "nl-utrecht".to_owned(),
            service_id: service_id.to_owned(),
            decision: decision.into(),
            edition_id: "unified-enterprise-2023".to_owned(),
            reasons: codes.iter().map(|code| Reason { code: (*code).to_owned(), ..Default::default() }).collect(),
            valid_until: Some(crate::cli::values::time("2027-12-31T23:00:00Z").unwrap()),
            ..Default::default()
        };
        let entitlements = vec![
            row("unified-enterprise-base", Decision::Entitled, &[]),
            row("proactive-operations-program", Decision::NotEntitled, &["NOT_PURCHASED"]),
            row("services-insights-for-developers", Decision::Conditional, &["LANGUAGE_NOT_AVAILABLE"]),
        ];
        let answer = ListEntitlementsResponse { entitlements, ..Default::default() };
        assert_legible(|screen| text(&answer, &Places::default(), screen));
        let screen = Screen::plain(200);
        let told = text(&answer, &Places::default(), &screen);
        assert!(told.contains("\n\nby the edition unified-enterprise-2023\n"), "{told}");
        assert_eq!(told.matches("unified-enterprise-2023").count(), 1, "{told}");
        let mut answer = answer;
        answer.entitlements[0].edition_id = "lodestar-care-2026".to_owned();
        assert_legible(|screen| text(&answer, &Places::default(), screen));
        let told = text(&answer, &Places::default(), &screen);
        assert!(told.contains("lodestar-care-2026") && !told.contains("by the edition"), "{told}");
        assert_eq!(told.matches("unified-enterprise-2023").count(), 2, "{told}");
    }
}
