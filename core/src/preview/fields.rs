//! Which fields of the documents get another value.

use super::change::Change;
use super::rows::Rows;
use crate::contract::{Difference, changes};

/// Most field changes of an answer.
const MOST: usize = 256;

/// A field of a stored document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentDifference {
    /// None: the customer.
    pub work_order_id: Option<String>,
    pub difference: Difference,
}

/// Those of the customer, then those of the work orders. What is added as a whole is no field.
pub fn field_changes(change: &Change<'_>) -> Rows<DocumentDifference> {
    let [old, new] = change.contracts().map(|contract| &contract.customer);
    let of_customer =
        changes(old, new).into_iter().map(|difference| DocumentDifference { work_order_id: None, difference });
    let of_orders = change.orders().filter_map(|(old, new)| Some((old?, new))).flat_map(|(old, new)| {
        let id = new.work_order_id.clone();
        changes(old, new)
            .into_iter()
            .map(move |difference| DocumentDifference { work_order_id: Some(id.clone()), difference })
    });
    Rows::first(MOST, of_customer.chain(of_orders))
}
