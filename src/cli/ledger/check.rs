//! What was read of one customer's ledger, against itself.

use std::collections::BTreeMap;

use tonic::Status;
use tonic_types::StatusExt as _;

use super::entry::{self, BlockClaim};
use crate::cli::render::amount;
use crate::ledger::{Chains, Reconciliation, Totals};
use crate::proto::v1::{Entry, Reservation, ReservationState, Unit};

/// What does not fit.
#[derive(Debug, Default)]
pub(super) struct Finding {
    pub customer_id: String,
    /// Empty where no reservation has to do with it.
    pub reservation_id: String,
    /// Empty where it is a reservation that does not fit.
    pub block_id: String,
    /// Empty where an entry is missing, too.
    pub entry_id: String,
    pub sequence: i64,
    pub message: String,
}

impl Finding {
    /// What could not even be read, if that is what the server says.
    pub(super) fn unreadable(customer_id: &str, refusal: &Status) -> Option<Self> {
        let info = refusal.get_details_error_info().filter(|info| info.reason == "RECORD_UNREADABLE")?;
        let id = info.metadata.get("id")?.clone();
        let found = Self {
            customer_id: customer_id.to_owned(),
            message: "its row cannot be read: it holds what no such row holds".to_owned(),
            ..Self::default()
        };
        Some(match info.metadata.get("resource_type")?.as_str() {
            "reservation" => Self { reservation_id: id, ..found },
            "block" => Self { block_id: id, ..found },
            _ => Self { entry_id: id, ..found },
        })
    }
}

/// One customer's entries against what its blocks and its reservations claim.
#[derive(Debug)]
pub(super) struct CustomerVerification {
    customer_id: String,
    /// By block, those that were not met yet.
    claims: BTreeMap<String, BlockClaim>,
    chains: Chains,
    reconciliation: Reconciliation,
}

impl CustomerVerification {
    pub(super) fn new(customer_id: &str, claims: BTreeMap<String, BlockClaim>) -> Self {
        Self {
            customer_id: customer_id.to_owned(),
            claims,
            chains: Chains::default(),
            reconciliation: Reconciliation::default(),
        }
    }

    /// What is wrong with a reservation that was listed as being in a state. To be told after the
    /// blocks and before the entries.
    pub(super) fn reservation(&mut self, listed: ReservationState, told: &Reservation) -> Option<Finding> {
        let message = match entry::read_reservation(told) {
            None => "it holds what no reservation holds".to_owned(),
            Some(_) if told.state() != listed => {
                format!("it is listed as {} and says {}", name(listed), name(told.state()))
            }
            Some(reservation) => {
                self.reconciliation.add(reservation);
                return None;
            }
        };
        Some(self.of_reservation(told.reservation_id.clone(), message))
    }

    pub(super) fn reservations(&self) -> usize {
        self.reconciliation.count()
    }

    /// What is wrong with the next entry.
    pub(super) fn entry(&mut self, told: &Entry) -> Option<Finding> {
        let Some(entry) = entry::read(&self.customer_id, told) else {
            return Some(self.finding(told, "it holds what no entry holds".to_owned()));
        };
        if let Err(discrepancy) = self.chains.push(&entry) {
            return Some(self.finding(told, discrepancy.kind.to_string()));
        }
        // What the block did not know of yet was written since.
        let claim = self.claims.get(&told.block_id).filter(|claim| entry.sequence <= claim.sequence);
        if let Err(discrepancy) = self.reconciliation.push(&entry, claim.is_some()) {
            return Some(self.finding(told, discrepancy.to_string()));
        }
        let claim = claim.filter(|claim| claim.sequence == entry.sequence)?;
        let link = self.chains.link(entry.block_id)?;
        if claim.head != Some(link.head) {
            return Some(self.finding(told, "the block has another hash for it".to_owned()));
        }
        if claim.totals != link.totals {
            let [left, claimed] = [link.totals, claim.totals].map(|totals| in_words(totals, told.unit()));
            let message = format!("the balance it leaves is {left}; the block says {claimed}");
            return Some(self.finding(told, message));
        }
        if claim.contracted != link.contracted {
            let [left, claimed] = [link.contracted, claim.contracted].map(|part| amount::amount(part, told.unit()));
            let message = format!("the contract grants {left} by its entries; the block says {claimed}");
            return Some(self.finding(told, message));
        }
        self.claims.remove(&told.block_id);
        None
    }

    /// What does not fit once all entries were seen.
    pub(super) fn end(self) -> Option<Finding> {
        let Some((block_id, claim)) = self.claims.iter().find(|(_, claim)| claim.sequence != 0) else {
            let discrepancy = self.reconciliation.finish().err()?;
            return Some(self.of_reservation(discrepancy.reservation_id.to_string(), discrepancy.kind.to_string()));
        };
        let last = block_id.parse().ok().and_then(|id| self.chains.link(id)).map_or(0, |link| link.sequence);
        Some(Finding {
            customer_id: self.customer_id.clone(),
            block_id: block_id.clone(),
            sequence: last.saturating_add(1),
            message: format!("it is missing; the block has {} entries", claim.sequence),
            ..Finding::default()
        })
    }

    fn of_reservation(&self, reservation_id: String, message: String) -> Finding {
        Finding { customer_id: self.customer_id.clone(), reservation_id, message, ..Finding::default() }
    }

    fn finding(&self, entry: &Entry, message: String) -> Finding {
        Finding {
            customer_id: self.customer_id.clone(),
            reservation_id: entry.reservation_id.clone(),
            block_id: entry.block_id.clone(),
            entry_id: entry.entry_id.clone(),
            sequence: entry.sequence,
            message,
        }
    }
}

/// As the documents have it.
fn name(state: ReservationState) -> &'static str {
    let name = state.as_str_name();
    name.strip_prefix("RESERVATION_STATE_").unwrap_or(name)
}

#[cfg(test)]
mod tests;

fn in_words(totals: Totals, unit: Unit) -> String {
    let Totals { granted, used, reserved } = totals;
    let [granted, used, reserved] = [granted, used, reserved].map(|part| amount::amount(part, unit));
    format!("{granted} granted, {used} used, {reserved} reserved")
}
