//! The one command that carries a remedy out, as `check` prints it.

mod command;
mod read;
mod times;
mod words;

pub(crate) use self::command::EXCEPTIONS;
pub(super) use self::times::{first_day_after, last_day_as_long};

use std::collections::{BTreeMap, BTreeSet};

use prost_types::Timestamp;

use super::places::Places;
use crate::proto::v1::{CheckEntitlementRequest, Reason, Remedy, Service, WorkOrder};

/// What the commands are made of: the question, and the orders that its remedies are about. What could not be read is
/// not there, and its commands say less.
#[derive(Debug, Default)]
pub(crate) struct Acts {
    request: CheckEntitlementRequest,
    /// When it is asked about,
    asked: Option<Timestamp>,
    /// and when the first contract counts that it was judged by: when the work begins, if that is before.
    judged: Option<Timestamp>,
    /// How each order stands, one after another: more than once where it changes while the work is done.
    orders: BTreeMap<String, Vec<Stand>>,
    /// Those that a command goes on with under a new id.
    renewed: BTreeSet<String>,
    /// What remedies tell to buy on them.
    services: BTreeMap<String, Service>,
    pub(crate) places: Places,
}

/// An order as it stands for a while.
#[derive(Debug, Default)]
struct Stand {
    /// From when on it is to be changed, so that the change holds for the work.
    from: Option<Timestamp>,
    order: WorkOrder,
    /// The clauses that fail by it, where the order stands in more than one way while the work is done.
    failed: BTreeSet<Failed>,
}

/// A clause, and the order and the item that its remedy is about.
type Failed = (String, String, String);

impl Acts {
    /// How the order stands when a clause fails first.
    fn stand(&self, reason: &Reason) -> Option<&Stand> {
        let key = failed(reason)?;
        let stands = self.orders.get(&key.1)?;
        stands.iter().find(|stand| stand.failed.contains(&key)).or_else(|| stands.first())
    }
}

fn failed(reason: &Reason) -> Option<Failed> {
    let Remedy { work_order_id, item_id, .. } = reason.remedy.as_ref()?;
    Some((reason.code.clone(), work_order_id.clone(), item_id.clone()))
}

#[cfg(test)]
mod tests;
