use prost_types::Timestamp;

use super::*;
use crate::proto::v1::{Plan, Reason, Remedy, RemedyKind, Unit, WaiverUse};

fn time(text: &str) -> Option<Timestamp> {
    Some(crate::cli::values::time(text).unwrap())
}

fn reason(code: &str, message: &str, kind: RemedyKind, field: &str, remedy: &str) -> Reason {
    let remedy = Remedy { kind: kind.into(), field: field.to_owned(), message: remedy.to_owned(), ..Remedy::default() };
    Reason {
        code: code.to_owned(),
        clause: "2.3".to_owned(),
        message: message.to_owned(),
        remedy: Some(remedy),
        ..Reason::default()
    }
}

fn answer() -> CheckEntitlementResponse {
    CheckEntitlementResponse {
        decision: Decision::NotEntitled.into(),
        reasons: vec![reason(
            "LOCATION_NOT_DESIGNATED",
            "The item `ede` is for ie-dublin; gb-london is not among its locations.",
            RemedyKind::DesignateLocation,
            "work_order.items.location_ids",
            "Designate gb-london on item `ede` of `wo-1`.",
        )],
        open_conditions: vec![reason(
            "SEVERITY_NOT_COVERED",
            "Served for severity 1 and A only.",
            RemedyKind::ChangeRequest,
            "severity",
            "",
        )],
        coverage: Some(Coverage {
            work_order_id: "wo-1".to_owned(),
            item_id: "ede".to_owned(),
            plan: Plan::Enhanced.into(),
            effective_start_time: time("2026-02-01T00:00:00Z"),
            effective_end_time: time("2027-02-01T00:00:00Z"),
            base_work_order_id: "wo-1".to_owned(),
            base_item_id: "base".to_owned(),
            waivers: vec![WaiverUse {
                code: "ONSITE_NOT_INCLUDED".to_owned(),
                reference: "amendment 3".to_owned(),
                end_date: "2026-12-31".to_owned(),
                ..WaiverUse::default()
            }],
            blocks: vec![Block {
                work_order_id: "wo-1".to_owned(),
                item_id: "ede".to_owned(),
                unit: Unit::Minutes.into(),
                granted: 24_000,
                available: 23_250,
                used: 750,
                expire_time: time("2027-02-01T00:00:00Z"),
                ..Block::default()
            }],
            ..Coverage::default()
        }),
        valid_until: time("2027-02-01T00:00:00Z"),
        edition_id: "unified-enterprise-2023".to_owned(),
        check_time: time("2026-06-01T10:00:00Z"),
        ..CheckEntitlementResponse::default()
    }
}

fn shown(answer: &CheckEntitlementResponse, width: u16) -> String {
    let request = CheckEntitlementRequest {
        customer_id: "contoso".to_owned(),
        location_id: "gb-london".to_owned(),
        product_id: "azure/app-service".to_owned(),
        service_id: "enhanced-designated-engineering".to_owned(),
        ..CheckEntitlementRequest::default()
    };
    text(&request, answer, &Acts::default(), &Screen::plain(width))
}

#[test]
fn a_decision_says_why_and_what_would_change_it() {
    let text = shown(&answer(), 100);
    let expected = "\
NOT ENTITLED  enhanced-designated-engineering

 asked for    azure/app-service at gb-london of contoso
 valid until  2027-02-01T00:00:00Z
 answered by  wo-1/ede (enhanced)
 effective    2026-02-01T00:00:00Z – 2027-02-01T00:00:00Z
 base         wo-1/base
 waiver       ONSITE_NOT_INCLUDED by amendment 3, to 2026-12-31
 checked      2026-06-01T10:00:00Z by unified-enterprise-2023

 Why not                   section
───────────────────────────────────────────────────────────────────────────────────────────────────
 LOCATION_NOT_DESIGNATED   2.3       The item `ede` is for ie-dublin; gb-london is not among its
                                     locations.
                                     → Designate gb-london on item `ede` of `wo-1`.

 Still open                section
───────────────────────────────────────────────────────────────────────────────────
 SEVERITY_NOT_COVERED      2.3       Served for severity 1 and A only.
                                     → ask with another severity (add --severity).

 Balance    available               used          reserved   ends
──────────────────────────────────────────────────────────────────────────────────
 wo-1/ede   387 h 30 min of 400 h   12 h 30 min   0 h        2027-02-01T00:00:00Z";
    assert_eq!(text, expected, "{text}");
}

#[test]
fn no_line_is_wider_than_the_screen_and_no_code_is_broken() {
    for width in [60, 80, 100, 140] {
        let text = shown(&answer(), width);
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(width)), "{text}");
        assert!(text.contains("LOCATION_NOT_DESIGNATED") && text.contains("SEVERITY_NOT_COVERED"), "{text}");
    }
}

#[test]
fn where_there_is_nothing_it_says_so() {
    let text = shown(&CheckEntitlementResponse::default(), 80);
    assert!(text.starts_with("UNKNOWN  "), "{text}");
    assert!(text.contains("covered by   nothing"), "{text}");
}

#[test]
fn a_decision_is_legible_at_every_width() {
    let mut answer = answer();
    for block in &mut answer.coverage.as_mut().unwrap().blocks {
        (block.item_id, block.unit) = ("workshop-seats".to_owned(), Unit::Attendees.into());
    }
    let reason = answer.open_conditions.first_mut().unwrap();
    reason.message = "unified-enhanced-response serves incidents of severity 1, A only.".to_owned();
    let request = CheckEntitlementRequest { service_id: "workshops".to_owned(), ..Default::default() };
    crate::cli::screen::assert_legible(|screen| text(&request, &answer, &Acts::default(), screen));
}
