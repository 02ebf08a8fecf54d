//! What may be written into a contract: every violation of a customer or work order at once.
//!
//! A violation is either *structural* (the document is malformed, or contradicts itself) or a
//! *clause* (the document is well formed, but the service description forbids it). Which
//! clauses a service is subject to, and with which numbers, stands in the catalogue.

mod base;
mod contract_index;
mod country;
mod counts;
mod covered;
mod customer;
mod event;
mod findings;
mod item;
mod limits;
mod location;
mod maximum;
mod order;
mod product;
mod quantity;
mod renewal;
mod service;
mod waiver;
mod warnings;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::catalog::Catalog;
use crate::model::{Contract, Customer};
use crate::violation::{Violation, reason};

pub use self::limits::MOST_WORK_ORDERS;
pub use self::warnings::{Warning, warnings};

use self::contract_index::{ContractIndex, Order};
use self::findings::{Findings, shown};

/// Everything wrong with the customer document itself. Fields stand below `path`: with
/// `customer`, a country is at `customer.locations[0].country`.
pub fn validate_customer(customer: &Customer, path: &str) -> Vec<Violation> {
    let mut findings = Findings::default();
    customer::judge(customer, path, &mut findings);
    findings.into_violations()
}

/// Every violation of the submitted work orders, judged on the whole contract that results
/// from them; only these orders are reported on.
///
/// `submitted` pairs the field path of an order (`work_orders[1]`) with its id. Of one order
/// the structural violations come first, in the order of its fields, then the clauses, in the
/// order of the catalogue.
pub fn validate(catalog: &Catalog, contract: &Contract, submitted: &[(String, &str)]) -> Vec<Violation> {
    let index = ContractIndex::new(catalog, contract);
    let mut times_seen: HashMap<&str, usize> = HashMap::new();
    let mut findings = Findings::default();
    if let Some((path, _)) = submitted.first() {
        limits::judge_orders(&index, path, &mut findings);
    }
    for (path, work_order_id) in submitted {
        let earlier = times_seen.entry(work_order_id).or_default();
        if *earlier > 0 {
            let description = format!("work order {} is submitted twice; give each order once", shown(work_order_id));
            findings.add(path, "work_order_id", reason::DUPLICATE_ID, description);
        }
        // A set that has an id twice is still judged in full, each order for itself.
        match contract.work_orders.iter().filter(|order| order.work_order_id == *work_order_id).nth(*earlier) {
            Some(work_order) => order::judge(&Order::new(&index, work_order, path), &mut findings),
            None if *earlier == 0 => {
                let description = format!("work order {} is not in the contract", shown(work_order_id));
                findings.add(path, "work_order_id", reason::REFERENCE_UNKNOWN, description);
            }
            None => {}
        }
        *earlier = earlier.saturating_add(1);
        findings.end_document();
    }
    findings.into_violations()
}
