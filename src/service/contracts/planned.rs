//! Limits what is planned of a contract: a change of now is judged with all of it, and recorded anew in each planned
//! change of the same document. Whatever is planned leaves room for that.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::size::{bytes_of, json_bytes};
use crate::contract::{ContractCommand, Plan, Timeline};
use crate::error::{Violation, reason};
use crate::model::Contract;

/// So many changes may be planned; a write records a few more versions.
const MOST_PLANNED: usize = 90;
/// They may take so many bytes: the whole contract in each of them, and one document in all of them. Less than what is
/// judged together, and than what a write records.
const MOST_BYTES: usize = 48 << 20;
const MOST_BYTES_OF_ONE: usize = 12 << 20;
/// A change of now may make them so much larger, which is still less than those.
const ROOM: usize = 12 << 20;
const ROOM_OF_ONE: usize = 3 << 20;

/// Told where the change says when it takes effect; a change of now at `path`. What is beyond a limit already may stay
/// there, and does not keep an order from being stopped.
pub(super) fn judge(
    command: &ContractCommand,
    plan: &Plan,
    before: Option<&Timeline>,
    path: &str,
    now: DateTime<Utc>,
) -> Option<Violation> {
    let is_later = command.effective_time().is_some_and(|instant| instant > now);
    if command.sets_state_alone() && !is_later {
        return None;
    }
    let after = Planned::of(&plan.timeline, now);
    let (room, room_of_one) = if is_later { (0, 0) } else { (ROOM, ROOM_OF_ONE) };
    let (most, most_of_one) = (MOST_BYTES.saturating_add(room), MOST_BYTES_OF_ONE.saturating_add(room_of_one));
    if after.is_within(most, most_of_one) {
        return None;
    }
    let before = before.map(|timeline| Planned::of(timeline, now)).unwrap_or_default();
    let is_more = after.changes > before.changes && after.changes > MOST_PLANNED;
    let is_larger = (after.bytes > before.bytes && after.bytes > most)
        || (after.bytes_of_one > before.bytes_of_one && after.bytes_of_one > most_of_one);
    let is_refused = is_more || is_larger;
    is_refused.then(|| {
        let Planned { changes, bytes, bytes_of_one } = after;
        let description = format!(
            "{changes} changes of the contract are planned with it, with {bytes} bytes of documents in all, and \
             {bytes_of_one} of the one that has most; at most {MOST_PLANNED} may be, with {most} and \
             {most_of_one} bytes, so that what changes now finds room: withdraw planned changes, each by a \
             change at its `effective_time` to what stands before it, or plan this one once others have taken effect"
        );
        let field = if command.effective_time().is_some() { "effective_time" } else { path };
        Violation::new(field, reason::FIELD_OUT_OF_RANGE, description)
    })
}

/// What is planned of a contract.
#[derive(Debug, Default, PartialEq, Eq)]
struct Planned {
    changes: usize,
    /// Of the whole contract, in all of them.
    bytes: usize,
    /// Of the document that takes most, where it changes.
    bytes_of_one: usize,
}

impl Planned {
    fn of(timeline: &Timeline, now: DateTime<Utc>) -> Self {
        let mut planned = Self::default();
        let mut of_documents: BTreeMap<Option<String>, usize> = BTreeMap::new();
        let mut periods = timeline.since(now).map(|period| &period.contract);
        let Some(mut before) = periods.next() else { return planned };
        for contract in periods {
            if contract == before {
                continue;
            }
            planned.changes = planned.changes.saturating_add(1);
            planned.bytes = planned.bytes.saturating_add(bytes_of(contract));
            for (id, bytes) in changed(before, contract) {
                let sum = of_documents.entry(id).or_default();
                *sum = sum.saturating_add(bytes);
            }
            before = contract;
        }
        planned.bytes_of_one = of_documents.into_values().max().unwrap_or(0);
        planned
    }

    fn is_within(&self, bytes: usize, bytes_of_one: usize) -> bool {
        self.changes <= MOST_PLANNED && self.bytes <= bytes && self.bytes_of_one <= bytes_of_one
    }
}

/// The documents that differ, each with what it takes: the customer by no id.
fn changed(before: &Contract, after: &Contract) -> Vec<(Option<String>, usize)> {
    let mut found = Vec::new();
    if before.customer != after.customer {
        found.push((None, json_bytes(&after.customer)));
    }
    for order in &after.work_orders {
        if before.work_order(&order.work_order_id) != Some(order) {
            found.push((Some(order.work_order_id.clone()), json_bytes(order)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Period;
    use crate::model::Customer;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn contract(name: &str) -> Contract {
        let customer = Customer {
            customer_id: "acme".to_owned(),
            display_name: name.to_owned(),
            locations: Vec::new(),
            contacts: Vec::new(),
            licenses: Vec::new(),
        };
        Contract { customer, work_orders: Vec::new() }
    }

    fn timeline(names: &[&str]) -> Timeline {
        let period = |(second, name): (i64, &&str)| Period { from: Some(at(second)), contract: contract(name) };
        Timeline::new((0..).zip(names).map(period).collect()).unwrap()
    }

    #[test]
    fn what_changes_nothing_and_what_has_changed_is_not_planned() {
        let timeline = timeline(&["a", "bb", "bb", "ccc"]);
        let bytes = |name: &str| bytes_of(&contract(name));
        let planned = |second| {
            let Planned { changes, bytes, bytes_of_one } = Planned::of(&timeline, at(second));
            assert_eq!(bytes, bytes_of_one);
            (changes, bytes)
        };
        assert_eq!(planned(0), (2, bytes("bb") + bytes("ccc")));
        assert_eq!([1, 2].map(planned), [(1, bytes("ccc")); 2]);
        assert_eq!(planned(3), (0, 0));
    }

    #[test]
    fn each_limit_counts() {
        let most = Planned { changes: MOST_PLANNED, bytes: MOST_BYTES, bytes_of_one: MOST_BYTES_OF_ONE };
        assert!(most.is_within(MOST_BYTES, MOST_BYTES_OF_ONE));
        assert!(!Planned { changes: MOST_PLANNED + 1, ..Planned::default() }.is_within(MOST_BYTES, MOST_BYTES_OF_ONE));
        assert!(!Planned { bytes: MOST_BYTES + 1, ..Planned::default() }.is_within(MOST_BYTES, MOST_BYTES_OF_ONE));
        assert!(
            !Planned { bytes_of_one: MOST_BYTES_OF_ONE + 1, ..Planned::default() }
                .is_within(MOST_BYTES, MOST_BYTES_OF_ONE)
        );
    }

    /// A change of now, carried into each of so many planned ones, which brings licences of so many bytes.
    fn judged(planned: i64, bytes_before: usize, bytes: usize) -> Option<Violation> {
        let licenses = |bytes: usize| vec!["x".repeat(bytes); usize::from(bytes > 0)];
        let periods = (0..=planned).map(|second| {
            let mut contract = contract(&second.to_string());
            contract.customer.licenses = licenses(bytes_before);
            Period { from: Some(at(second)), contract }
        });
        let before = Timeline::new(periods.collect()).unwrap();
        let customer = Customer { licenses: licenses(bytes), ..contract("0").customer };
        let command = ContractCommand::UpdateCustomer { customer, etag: String::new(), effective_time: None };
        let plan = crate::contract::plan(&command, Some(&before), at(0)).unwrap().unwrap();
        judge(&command, &plan, Some(&before), "customer", at(0))
    }

    #[test]
    fn a_change_of_now_that_leaves_no_room_for_another_is_refused() {
        let tenth = (MOST_BYTES_OF_ONE + ROOM_OF_ONE) / 10;
        // The rest of the document takes some bytes, too.
        assert_eq!(judged(10, 0, tenth - 200), None);
        let violation = judged(10, 0, tenth).unwrap();
        assert_eq!((violation.field.as_str(), violation.reason.as_str()), ("customer", "FIELD_OUT_OF_RANGE"));
        assert!(violation.description.starts_with("10 changes of the contract are planned"), "{violation:?}");
        // What is beyond may stay so, and does not grow.
        assert_eq!(judged(10, tenth + 10, tenth), None);
        assert!(judged(10, tenth, tenth + 10).is_some());
    }
}
