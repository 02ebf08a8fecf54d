//! What a change of a contract is worked out on.

use chrono::{DateTime, Utc};

use crate::contract::{ContractCommand, Period, Timeline};
use crate::error::{Error, Result, reason};
use crate::store::{AsOf, StoredContract, Txn, load_contract_in_txn};

/// So many changes may take effect behind the instant of a change, and take so many bytes in the store: each is judged
/// with it.
const MOST_PERIODS: usize = 1_000;
const MOST_BYTES: usize = 64 << 20;

/// Where a contract is read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    Txn(&'a Txn),
    /// There is no such customer.
    Nowhere,
}

impl Source<'_> {
    async fn load(self, customer_id: &str, as_of: AsOf) -> Result<Option<StoredContract>> {
        match self {
            Self::Txn(txn) => load_contract_in_txn(txn, customer_id, as_of).await,
            Self::Nowhere => Ok(None),
        }
    }
}

/// The contract as it stands now, and over time as far as a change reaches.
#[derive(Debug)]
pub(super) struct ContractState {
    pub stored: StoredContract,
    pub timeline: Timeline,
    /// What all of that takes in the store.
    pub bytes: usize,
}

impl ContractState {
    /// None if there is no such customer.
    pub(super) async fn load(
        command: &ContractCommand,
        now: DateTime<Utc>,
        source: Source<'_>,
    ) -> Result<Option<Self>> {
        let customer_id = command.customer_id();
        let Some(stored) = source.load(customer_id, AsOf::now(now).without_plans()).await? else { return Ok(None) };
        let since = command.since(now);
        let mut next = if stored.period.contains(since) { None } else { Some(since) };
        let mut periods = Vec::new();
        if next.is_none() {
            periods.push(Period { from: stored.period.from, contract: stored.contract.clone() });
            next = stored.period.until;
        }
        let mut bytes = stored.bytes;
        while let Some(instant) = next {
            let Some(period) = source.load(customer_id, AsOf::at(instant)).await? else { break };
            bytes = bytes.saturating_add(period.bytes);
            if periods.len() >= MOST_PERIODS || bytes > MOST_BYTES {
                return Err(too_many_changes());
            }
            next = period.period.until;
            periods.push(Period { from: period.period.from, contract: period.contract });
        }
        let timeline = Timeline::new(periods).unwrap_or_else(|| Timeline::of(stored.contract.clone()));
        Ok(Some(Self { stored, timeline, bytes }))
    }
}

fn too_many_changes() -> Error {
    let message = format!(
        "more than {MOST_PERIODS} changes of the contract take effect after it, or they are too large to judge together; \
         let the change take effect later"
    );
    Error::invalid("effective_time", reason::FIELD_OUT_OF_RANGE, message)
}
