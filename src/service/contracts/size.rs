//! Limits how many bytes the documents of a customer may have. Whoever reads, judges or decides a contract has all of
//! them in memory.

use std::io;

use super::state::ContractState;
use crate::error::{Violation, reason};
use crate::model::Contract;
use crate::store::StoredContract;

/// Most bytes of a customer's documents as they are stored, in sum.
const MOST_BYTES: usize = 8 << 20;

/// The bytes of what a change is worked out on.
pub(super) fn of_state(state: Option<&ContractState>) -> usize {
    of_stored(state.map(|state| &state.stored))
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

fn bytes_of(contract: &Contract) -> usize {
    let mut counter = Counter(0);
    // Neither the counter nor a document of ours can fail.
    let _ = serde_json::to_writer(&mut counter, &contract.customer);
    for order in &contract.work_orders {
        let _ = serde_json::to_writer(&mut counter, order);
    }
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
    fn what_was_larger_before_may_become_smaller() {
        let larger = contract(MOST_BYTES + 9);
        assert_eq!(judge(&larger, MOST_BYTES + 10, "customer"), None);
        assert_eq!(judge(&larger, MOST_BYTES + 9, "customer"), None);
        assert!(judge(&larger, MOST_BYTES + 8, "customer").is_some());
    }
}
