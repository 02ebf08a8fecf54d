//! Limits how many bytes the documents of a customer may have. Whoever reads, judges or decides a contract has all of
//! them in memory.

use std::collections::BTreeSet;
use std::io;

use serde::Serialize;

use super::state::ContractState;
use crate::contract::{Document, NewVersion};
use crate::error::{Violation, reason};
use crate::model::Contract;
use crate::store::StoredContract;

/// Most bytes of a customer's documents as they are stored, in sum.
const MOST_BYTES: usize = 8 << 20;

/// The bytes of what a change is worked out on: of all periods that it reaches.
pub(super) fn of_state(state: Option<&ContractState>) -> usize {
    state.map_or(0, |state| state.bytes)
}

/// The bytes of what is stored.
pub(super) fn of_stored(stored: Option<&StoredContract>) -> usize {
    stored.map_or(0, |stored| stored.bytes)
}

/// Told at the document that was submitted. A contract that took more than is allowed `before` may stay as large, not
/// become larger. Bytes of a document are those of its JSON.
pub(super) fn judge(contract: &Contract, before: usize, path: &str) -> Option<Violation> {
    let bytes = bytes_of(contract);
    (bytes > MOST_BYTES.max(before)).then(|| {
        let description = format!(
            "the customer has {bytes} bytes of documents with it; at most {MOST_BYTES} are allowed: \
             leave out what is not needed"
        );
        Violation::new(path, reason::FIELD_OUT_OF_RANGE, description)
    })
}

/// A change is recorded once for itself and once for each change of the same document that takes effect later: so many
/// versions at most, with so many bytes.
const MOST_VERSIONS: usize = 2_500;
const MOST_BYTES_OF_VERSIONS: usize = 16 << 20;

/// Told where the change says when it takes effect.
pub(super) fn judge_versions(versions: &[NewVersion]) -> Option<Violation> {
    let mut changed = BTreeSet::new();
    let carried: Vec<_> = versions.iter().filter(|version| !changed.insert(version.document.id())).collect();
    let bytes = carried.iter().fold(0_usize, |sum, version| sum.saturating_add(bytes_of_document(&version.document)));
    (carried.len() >= MOST_VERSIONS || bytes > MOST_BYTES_OF_VERSIONS).then(|| {
        let description = format!(
            "{} changes of what it changes take effect later, and each would be recorded anew, with {bytes} bytes in all; \
             at most {} are, and {MOST_BYTES_OF_VERSIONS} bytes: let it take effect later, or change fewer documents \
             at a time",
            carried.len(),
            MOST_VERSIONS.saturating_sub(1)
        );
        Violation::new("effective_time", reason::FIELD_OUT_OF_RANGE, description)
    })
}

/// What documents take as JSON.
pub(super) fn bytes_of(contract: &Contract) -> usize {
    contract.work_orders.iter().map(json_bytes).fold(json_bytes(&contract.customer), usize::saturating_add)
}

fn bytes_of_document(document: &Document) -> usize {
    match document {
        Document::Customer(customer) => json_bytes(customer),
        Document::WorkOrder(order) => json_bytes(order),
    }
}

pub(super) fn json_bytes(document: &impl Serialize) -> usize {
    let mut counter = Counter(0);
    // Neither the counter nor a document of ours can fail.
    let _ = serde_json::to_writer(&mut counter, document);
    counter.0
}

/// Counts what is written to it.
struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Customer;

    /// One whose documents take this many bytes.
    fn contract(bytes: usize) -> Contract {
        let customer = Customer {
            customer_id: "acme".to_owned(),
            display_name: String::new(),
            locations: Vec::new(),
            contacts: Vec::new(),
            licenses: Vec::new(),
        };
        let mut contract = Contract { customer, work_orders: Vec::new() };
        let rest = bytes - serde_json::to_string(&contract.customer).unwrap().len();
        contract.customer.display_name = "x".repeat(rest);
        contract
    }

    #[test]
    fn documents_take_so_many_bytes() {
        assert_eq!(judge(&contract(MOST_BYTES), 0, "customer"), None);
        let violation = judge(&contract(MOST_BYTES + 1), MOST_BYTES, "work_orders[1]").unwrap();
        assert_eq!((violation.field.as_str(), violation.reason.as_str()), ("work_orders[1]", "FIELD_OUT_OF_RANGE"));
        assert_eq!(
            violation.description,
            "the customer has 8388609 bytes of documents with it; at most 8388608 are allowed: leave out what is not needed"
        );
    }

    #[test]
    fn so_many_versions_are_recorded_by_a_change() {
        let version = |second: i64, bytes: usize| NewVersion {
            effective_time: chrono::DateTime::from_timestamp(second, 0),
            document: Document::Customer(contract(bytes).customer),
        };
        let versions = |count: usize, bytes: usize| -> Vec<_> {
            (0..count).map(|second| version(i64::try_from(second).unwrap(), bytes)).collect()
        };
        assert_eq!(judge_versions(&versions(MOST_VERSIONS, 200)), None);
        let violation = judge_versions(&versions(MOST_VERSIONS + 1, 200)).unwrap();
        assert_eq!((violation.field.as_str(), violation.reason.as_str()), ("effective_time", "FIELD_OUT_OF_RANGE"));
        assert!(violation.description.starts_with("2500 changes of what it changes"), "{}", violation.description);
        // The first one is the change itself.
        let quarter = MOST_BYTES_OF_VERSIONS / 4;
        assert_eq!(judge_versions(&versions(5, quarter)), None);
        assert!(judge_versions(&versions(5, quarter + 1)).is_some());
    }

    #[test]
    fn what_was_larger_before_may_become_smaller() {
        let larger = contract(MOST_BYTES + 9);
        assert_eq!(judge(&larger, MOST_BYTES + 10, "customer"), None);
        assert_eq!(judge(&larger, MOST_BYTES + 9, "customer"), None);
        assert!(judge(&larger, MOST_BYTES + 8, "customer").is_some());
    }
}
