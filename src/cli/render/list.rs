//! A customer's entitlements, location by location.

use super::words;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::{Entitlement, ListEntitlementsResponse};

pub(crate) fn text(answer: &ListEntitlementsResponse, screen: &Screen) -> String {
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
    let mut table = screen.table(&[heading, "decision", "because", "until", "edition"]);
    for row in rows {
        let (tone, word) = words::decision(row.decision());
        let because = row.reasons.first().or(row.open_conditions.first());
        table.add_row([
            screen.name(Tone::Plain, &row.service_id),
            screen.cell(tone, word),
            screen.name(Tone::Plain, because.map_or("", |reason| &reason.code)),
            screen.cell(Tone::Quiet, &words::time(row.valid_until.as_ref(), "")),
            screen.name(Tone::Quiet, &row.edition_id),
        ]);
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
        assert_legible(|screen| text(&answer, screen));
    }
}
