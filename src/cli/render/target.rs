//! Which offer answers an incident, and why the others do not.

use comfy_table::Cell;

use super::{amount, terms, words};
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::{
    GetResponseTargetRequest, GetResponseTargetResponse, Reason, ResponseAlternative, ResponseTarget, Unit,
};

/// The flags that fill in what an offer leaves open.
const FLAGS: [(&str, &str); 3] = [("language", "--language"), ("tenant_id", "--tenant"), ("channel", "--channel")];

/// Says it all.
const NOT_PURCHASED: &str = "NOT_PURCHASED";

pub(crate) fn text(request: &GetResponseTargetRequest, answer: &GetResponseTargetResponse, screen: &Screen) -> String {
    let GetResponseTargetRequest { customer_id, location_id, product_id, .. } = request;
    let head = match answer.initial_response.as_ref() {
        Some(response) => {
            let within = format!("WITHIN {}", amount::amount(response.seconds.div_euclid(60), Unit::Minutes));
            format!("{}  {}", screen.paint(Tone::Good, &within), answer.service_id)
        }
        None => format!("{}  no offer governs", screen.paint(Tone::Bad, "NO TARGET")),
    };
    let severity = words::severity(request.severity());
    let mut facts = vec![
        ("asked for", format!("severity {severity} of {product_id} at {location_id} of {customer_id}")),
        ("opened", screen.second(answer.open_time.as_ref())),
    ];
    facts.extend(terms::governing(&target_of(answer), screen));
    let mut parts = vec![head, screen.pairs(facts)];
    if !answer.alternatives.is_empty() {
        parts.push(others(&answer.alternatives, screen));
    }
    parts.join("\n\n")
}

/// The part of the answer that a full check tells as well.
fn target_of(answer: &GetResponseTargetResponse) -> ResponseTarget {
    let answer = answer.clone();
    ResponseTarget {
        service_id: answer.service_id,
        initial_response: answer.initial_response,
        due_time: answer.due_time,
        clock: answer.clock,
        effort: answer.effort,
        resources: answer.resources,
        obligations: answer.obligations,
        alternatives: answer.alternatives,
    }
}

fn others(others: &[ResponseAlternative], screen: &Screen) -> String {
    let mut table = screen.table(&["Other offers", "decision", "within", "why not"]);
    for other in others {
        let (tone, word) = words::decision(other.decision());
        let within = other.initial_response.as_ref();
        let within = within.map(|time| amount::amount(time.seconds.div_euclid(60), Unit::Minutes));
        table.add_row([
            screen.name(Tone::Plain, &other.service_id),
            screen.cell(tone, word),
            Cell::new(within.unwrap_or_else(|| "–".to_owned())),
            Cell::new(why_not(other)),
        ]);
    }
    keep_whole(&mut table, &[1, 2]);
    screen.laid_out(table)
}

/// The codes and the words of the first; where there are none, what is said of the offer.
fn why_not(other: &ResponseAlternative) -> String {
    let reasons = if other.reasons.is_empty() { &other.open_conditions } else { &other.reasons };
    let Some(first) = reasons.first() else { return other.message.clone() };
    if first.code == NOT_PURCHASED {
        return first.code.clone();
    }
    let codes = words::joined(reasons.iter().map(|reason| reason.code.as_str()));
    let hint = flag(first).filter(|_| other.reasons.is_empty()).map(|flag| format!(" (add {flag})"));
    format!("{codes}\n{}{}", first.message, hint.unwrap_or_default())
}

fn flag(reason: &Reason) -> Option<&'static str> {
    let field = &reason.remedy.as_ref()?.field;
    FLAGS.iter().find(|(name, _)| name == field).map(|(_, flag)| *flag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{Clock, Decision, Effort, Remedy, ResponseTerm, Severity};

    fn minutes(minutes: i64) -> Option<prost_types::Duration> {
        Some(prost_types::Duration { seconds: minutes * 60, nanos: 0 })
    }

    fn alternative(service_id: &str, decision: Decision, time: Option<i64>, message: &str) -> ResponseAlternative {
        ResponseAlternative {
            service_id: service_id.to_owned(),
            decision: decision.into(),
            initial_response: time.and_then(minutes),
            message: message.to_owned(),
            ..ResponseAlternative::default()
        }
    }

    fn request() -> GetResponseTargetRequest {
        GetResponseTargetRequest {
            customer_id: "contoso".to_owned(),
            location_id: "ie-dublin".to_owned(),
            product_id: "azure".to_owned(),
            severity: Severity::B.into(),
            ..GetResponseTargetRequest::default()
        }
    }

    fn answer() -> GetResponseTargetResponse {
        let term = |message: &str| ResponseTerm { message: message.to_owned(), ..ResponseTerm::default() };
        let open = Reason {
            code: "LANGUAGE_NOT_AVAILABLE".to_owned(),
            message: "In English only.".to_owned(),
            remedy: Some(Remedy { field: "language".to_owned(), ..Remedy::default() }),
            ..Reason::default()
        };
        GetResponseTargetResponse {
            service_id: "problem-resolution-support".to_owned(),
            initial_response: minutes(120),
            due_time: Some(crate::cli::values::time("2026-03-18T10:30:00Z").unwrap()),
            clock: Clock::Business.into(),
            effort: Effort::BusinessHours.into(),
            resources: Vec::new(),
            obligations: vec![term("Allocate people."), term("Open it by phone or web.")],
            alternatives: vec![
                ResponseAlternative {
                    open_conditions: vec![open],
                    ..alternative("azure-event-management", Decision::Conditional, None, "Depends on facts.")
                },
                alternative("unified-enhanced-response", Decision::Entitled, Some(30), "Another responds sooner."),
            ],
            open_time: Some(crate::cli::values::time("2026-03-16T17:00:00.5Z").unwrap()),
            revision: String::new(),
        }
    }

    #[test]
    fn an_incident_is_told_with_what_was_not_taken() {
        let rendered = text(&request(), &answer(), &Screen::plain(100));
        let expected = "\
WITHIN 2 h  problem-resolution-support

 asked for  severity B of azure at ie-dublin of contoso
 opened     2026-03-16T17:00:00Z
 due        2026-03-18T10:30:00Z
 clock      business hours of the location
 effort     in business hours
 expects    Allocate people.
            Open it by phone or web.

 Other offers                decision       within   why not
────────────────────────────────────────────────────────────────────────────────
 azure-event-management      CONDITIONAL    –        LANGUAGE_NOT_AVAILABLE
                                                     In English only. (add --language)
 unified-enhanced-response   ENTITLED       30 min   Another responds sooner.";
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let without_rules = |text: &str| -> Vec<_> {
            text.lines().filter(|line| !line.contains('─') && !line.is_empty()).map(words).collect()
        };
        assert_eq!(without_rules(&rendered), without_rules(expected), "\n{rendered}");
    }

    #[test]
    fn that_none_governs_is_an_answer() {
        let none = GetResponseTargetResponse { alternatives: answer().alternatives, ..Default::default() };
        let rendered = text(&request(), &none, &Screen::plain(100));
        assert!(rendered.starts_with("NO TARGET  no offer governs\n"), "{rendered}");
        assert!(!rendered.contains("due") && rendered.contains("azure-event-management"), "{rendered}");
    }

    #[test]
    fn it_fits_narrow_screens() {
        for width in [60, 80, 100, 140] {
            let rendered = text(&request(), &answer(), &Screen::plain(width));
            let widest = rendered.lines().map(|line| line.chars().count()).max().unwrap();
            assert!(widest <= usize::from(width), "{widest} of {width}:\n{rendered}");
        }
    }
}
