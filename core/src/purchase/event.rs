//! Critical business events planned on an item, and how many of the bought events they take.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::catalog::{Edition, QuantityRule, Rule};
use crate::model::{Item, PlannedEvent, Zone};
use crate::terms::{Span, events_taken};

use super::contract_index::BoughtItem;
use super::findings::{Findings, LONGEST_AGREED_LIST, is_in_range, shown};
use super::product;
use super::quantity::amount_of;

pub(super) fn judge(item: &Item, edition: Option<&Edition>, path: &str, findings: &mut Findings) {
    findings.at_most(path, "events", item.events.len(), LONGEST_AGREED_LIST);
    for (index, event) in item.events.iter().enumerate() {
        let path = &format!("{path}.events[{index}]");
        findings.id(path, "event_id", &event.event_id);
        findings.id(path, "solution_id", &event.solution_id);
        findings.instant(path, "start_time", Some(event.start_time));
        findings.instant(path, "end_time", Some(event.end_time));
        match event.confirmed_time {
            Some(confirmed) => findings.instant(path, "confirmed_time", Some(confirmed)),
            None => findings.required(path, "confirmed_time", "when the provider confirmed the event in writing"),
        }
        if event.end_time <= event.start_time {
            findings.conflict(path, "end_time", "must be after `start_time`");
        }
        product::judge(&event.product_ids, edition, path, "product_ids", findings);
    }
    let event_ids = item.events.iter().map(|event| event.event_id.as_str());
    findings.distinct(path, event_ids, |index| format!("events[{index}].event_id"));
    judge_overlap(item, path, findings);
}

fn judge_overlap(item: &Item, path: &str, findings: &mut Findings) {
    let mut events: Vec<_> = item.events.iter().enumerate().filter(|(_, event)| is_window(event)).collect();
    events.sort_by_key(|(_, event)| event.start_time);
    let mut latest: Option<(DateTime<Utc>, &str)> = None;
    for (index, event) in events {
        if let Some((end, other)) = latest
            && event.start_time < end
        {
            let description = format!("begins before event {} ends; events of one item do not overlap", shown(other));
            findings.conflict(path, &format!("events[{index}].start_time"), description);
        }
        if latest.is_none_or(|(end, _)| event.end_time > end) {
            latest = Some((event.end_time, &event.event_id));
        }
    }
}

pub(super) fn judge_bought(bought: &BoughtItem<'_>, findings: &mut Findings) {
    let BoughtItem { order, service, item, path, .. } = *bought;
    if item.events.is_empty() {
        return;
    }
    let Some(rule) = service.event else {
        findings.conflict(path, "events", format!("`{}` covers no planned events; leave them out", service.id));
        return;
    };
    let host = order.index.locations.get(order.order.host_location_id.as_str());
    let zone = host.map_or(Zone::UTC, |location| location.time_zone);
    // A missing or invalid quantity is told by itself.
    let is_counted = item.quantity.is_some() || service.purchase.quantity == QuantityRule::One;
    let Some(available) = amount_of(service, item).filter(|_| is_counted) else { return };

    let mut taken: BTreeMap<&str, i64> = BTreeMap::new();
    for event in item.events.iter().filter(|event| is_window(event)) {
        let window = Span { start: event.start_time, end: event.end_time };
        let solution = taken.entry(&event.solution_id).or_default();
        *solution = solution.saturating_add(events_taken(zone, window, rule.days));
    }
    let all = taken.values().fold(0_i64, |sum, taken| sum.saturating_add(*taken));
    let days = rule.days;
    if !rule.per_solution {
        if let Some(clause) = bought.enforced(Rule::EventDuration).filter(|_| all > available) {
            let description = format!("the listed events take {all} of {days} days each; {available} are bought");
            let found = findings.clause(clause, path, "events", description).fact("event_days", days);
            found.fact("events_needed", all).fact("events_available", available);
        }
        return;
    }
    if let Some(clause) = bought.enforced(Rule::EventDuration) {
        for (solution, taken) in taken.iter().filter(|(_, taken)| **taken > available) {
            let solution = shown(solution);
            let description =
                format!("solution {solution} takes {taken} events of {days} days each; {available} are bought");
            let found = findings.clause(clause, path, "events", description).fact("event_days", days);
            found.fact("events_needed", taken).fact("events_available", available);
        }
    }
    if let Some(clause) = bought.enforced(Rule::EventSolutions).filter(|_| all > available && taken.len() > 1) {
        let description = format!("{} solutions together take {all} events; {available} are bought", taken.len());
        let found = findings.clause(clause, path, "events", description).fact("events_needed", all);
        found.fact("events_available", available).fact("solutions", taken.len());
    }
}

fn is_window(event: &PlannedEvent) -> bool {
    event.start_time < event.end_time && is_in_range(event.start_time) && is_in_range(event.end_time)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{amount, check_items, check_orders, event};
    use super::*;
    use crate::model::Unit;

    /// Two events are bought; London shows 00:00 at 23:00Z in June.
    const MIDNIGHT_JUNE_1: &str = "2026-05-31T23:00:00Z";

    fn plan(item: &mut Item, solution: &str, start: &str, end: &str) {
        let event_id = format!("e{}", item.events.len());
        item.events.push(event(&event_id, solution, start, end));
    }

    #[test]
    fn an_event_is_a_window() {
        check_items(
            "events",
            &[
                ("a window", |i| plan(i, "shop", MIDNIGHT_JUNE_1, "2026-06-02T00:00:00Z"), &[]),
                (
                    "no window",
                    |i| plan(i, "shop", MIDNIGHT_JUNE_1, MIDNIGHT_JUNE_1),
                    &["events[0].end_time FIELD_CONFLICT"],
                ),
                (
                    "a window before time",
                    |i| plan(i, "shop", "1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z"),
                    &["events[0].start_time FIELD_OUT_OF_RANGE"],
                ),
                (
                    "no ids",
                    |i| i.events.push(event("", "", MIDNIGHT_JUNE_1, "2026-06-02T00:00:00Z")),
                    &["events[0].event_id FIELD_REQUIRED", "events[0].solution_id FIELD_REQUIRED"],
                ),
                (
                    "an id twice",
                    |i| {
                        i.events.push(event("e1", "shop", MIDNIGHT_JUNE_1, "2026-06-02T00:00:00Z"));
                        plan(i, "shop", "2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z");
                    },
                    &["events[1].event_id DUPLICATE_ID"],
                ),
                (
                    "never confirmed",
                    |i| {
                        plan(i, "shop", MIDNIGHT_JUNE_1, "2026-06-02T00:00:00Z");
                        i.events[0].confirmed_time = None;
                    },
                    &["events[0].confirmed_time FIELD_REQUIRED"],
                ),
                ("as many as may be", |i| fill(i, 100), &[]),
                ("more", |i| fill(i, 101), &["events FIELD_OUT_OF_RANGE"]),
            ],
        );
        check_items(
            "advisor",
            &[(
                "on another service",
                |i| plan(i, "shop", MIDNIGHT_JUNE_1, "2026-06-02T00:00:00Z"),
                &["events FIELD_CONFLICT"],
            )],
        );
    }

    #[test]
    fn events_of_one_item_do_not_overlap() {
        check_items(
            "events",
            &[
                (
                    "one after the other",
                    |i| {
                        plan(i, "shop", "2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z");
                        plan(i, "shop", "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z");
                    },
                    &[],
                ),
                (
                    "one within the other",
                    |i| {
                        plan(i, "shop", "2026-06-02T00:00:00Z", "2026-06-02T01:00:00Z");
                        plan(i, "shop", "2026-06-01T00:00:00Z", "2026-06-05T00:00:00Z");
                    },
                    &["events[0].start_time FIELD_CONFLICT"],
                ),
            ],
        );
    }

    #[test]
    fn planned_events_fit_what_was_bought() {
        check_items(
            "events",
            &[
                ("ten days take two", |i| plan(i, "shop", MIDNIGHT_JUNE_1, "2026-06-10T23:00:00Z"), &[]),
                (
                    "an instant into the eleventh",
                    |i| plan(i, "shop", MIDNIGHT_JUNE_1, "2026-06-10T23:00:00.000000001Z"),
                    &["events !AEM_DURATION"],
                ),
                ("two solutions take two", |i| two(i, "shop", "bank"), &[]),
                (
                    "one solution more",
                    |i| {
                        two(i, "shop", "bank");
                        plan(i, "till", "2026-06-20T00:00:00Z", "2026-06-21T00:00:00Z");
                    },
                    &["events !AEM_ONE_SOLUTION"],
                ),
                (
                    "one solution three times",
                    |i| {
                        two(i, "shop", "shop");
                        plan(i, "shop", "2026-06-20T00:00:00Z", "2026-06-21T00:00:00Z");
                    },
                    &["events !AEM_DURATION"],
                ),
                (
                    "both",
                    |i| {
                        plan(i, "shop", MIDNIGHT_JUNE_1, "2026-06-12T00:00:00Z");
                        plan(i, "bank", "2026-06-20T00:00:00Z", "2026-06-21T00:00:00Z");
                    },
                    &["events !AEM_DURATION", "events !AEM_ONE_SOLUTION"],
                ),
                (
                    "what is not counted is not compared",
                    |i| {
                        i.quantity = None;
                        plan(i, "shop", MIDNIGHT_JUNE_1, "2026-07-12T00:00:00Z");
                    },
                    &["quantity FIELD_REQUIRED"],
                ),
            ],
        );
        check_items(
            "retail-events",
            &[
                ("two solutions take two", |i| two(i, "shop", "bank"), &[]),
                (
                    "all together",
                    |i| {
                        two(i, "shop", "bank");
                        plan(i, "till", "2026-06-20T00:00:00Z", "2026-06-21T00:00:00Z");
                    },
                    &["events !AEM_DURATION"],
                ),
            ],
        );
    }

    #[test]
    fn dates_are_those_of_the_host() {
        check_orders(
            "events",
            &[
                (
                    "eleven dates in London",
                    |o| plan(&mut o.items[0], "shop", "2026-05-31T22:00:00Z", "2026-06-10T22:00:00Z"),
                    &["items[0].events !AEM_DURATION"],
                ),
                (
                    "ten dates in Tokyo",
                    |o| {
                        o.base_work_order_id = Some("wo-1".into());
                        o.host_location_id = "jp-tokyo".into();
                        o.downstream_location_ids.clear();
                        o.items[0].location_ids = vec!["jp-tokyo".into()];
                        plan(&mut o.items[0], "shop", "2026-05-31T15:00:00Z", "2026-06-10T15:00:00Z");
                    },
                    &[],
                ),
            ],
        );
    }

    fn two(item: &mut Item, first: &str, second: &str) {
        plan(item, first, "2026-06-01T00:00:00Z", "2026-06-03T00:00:00Z");
        plan(item, second, "2026-06-10T00:00:00Z", "2026-06-12T00:00:00Z");
    }

    fn fill(item: &mut Item, count: u32) {
        item.quantity = amount(1_000, Unit::Events);
        for minute in 0..count {
            let clock = |seconds| format!("2026-06-01T{:02}:{:02}:{seconds}Z", minute / 60, minute % 60);
            plan(item, "shop", &clock("00"), &clock("30"));
        }
    }
}
