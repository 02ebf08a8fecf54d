//! Targets of different clocks are compared by when they come.

use super::*;
use crate::catalog::{Severity, Why, fixture};

/// One hour of business time, and two hours of any.
fn catalog() -> Catalog {
    let offer = |id: &str| fixture::service(id, "ADD_ON", &[], "incident = true");
    let target = |id: &str, minutes: i64, clock: &str| {
        format!(
            "[[response.targets]]\nservice = '{id}'\nseverities = ['1']\nminutes = {minutes}\nclock = '{clock}'\n\
             effort = 'CONTINUOUS'\n"
        )
    };
    let services = fixture::account()
        + &offer("desk")
        + &offer("always")
        + "[response]\nprecedence = ['desk', 'always']\n"
        + &target("desk", 60, "BUSINESS")
        + &target("always", 120, "CALENDAR");
    fixture::catalog(vec![fixture::text("own", "", &services)])
}

#[test]
fn the_offer_that_answers_first_governs_whatever_its_clock() {
    let items = vec![account(), item("desk", json!({})), item("always", json!({}))];
    let prepared = prepared(catalog(), vec![order("wo-1", "own", items)]);
    for (open_time, governing, due_time, why) in [
        // A Monday in summer time: the desk is open from 08:00 to 16:00 UTC.
        ("2026-06-01T10:00:00Z", "desk", "2026-06-01T11:00:00Z", Why::Slower),
        // Half an hour is left of the day; the other half comes in the morning.
        ("2026-06-01T15:30:00Z", "always", "2026-06-01T17:30:00Z", Why::Slower),
        // On a Saturday the desk answers on Monday at ten.
        ("2026-06-06T10:00:00Z", "always", "2026-06-06T12:00:00Z", Why::Slower),
        // An hour before it opens both come at the same instant, and the more specialised one governs.
        ("2026-06-01T07:00:00Z", "desk", "2026-06-01T09:00:00Z", Why::LessSpecialised),
    ] {
        let incident = Incident {
            location_id: "gb-london",
            product: ProductId::new("press"),
            severity: Severity::One,
            channel: None,
            language: None,
            open_time: instant(open_time),
            tenant_id: None,
            solution_id: None,
        };
        let offers = offers(&prepared, &incident);
        let answer = response_target(&prepared, &AS_BOUGHT, &offers, &incident).unwrap();
        let found = answer.governing.unwrap();
        assert_eq!(
            (found.target.service.as_str(), found.due_time),
            (governing, Some(instant(due_time))),
            "{open_time}"
        );
        assert_eq!(answer.alternatives.iter().map(|other| other.why).collect::<Vec<_>>(), [why], "{open_time}");
    }
}
