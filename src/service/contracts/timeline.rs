//! A stored contract over time, as a command needs it: as it stands when the change takes effect, and as the changes that
//! are recorded for later make it.

use chrono::{DateTime, Utc};

use crate::contract::{ContractCommand, Period, Timeline};
use crate::error::{Error, Result, reason};
use crate::store::{AsOf, Store, StoredContract, Txn, load_contract_in_txn};

/// Most changes that may take effect after the one that is asked for: each of them may need a version of its own.
const MOST_PERIODS: usize = 200;

/// A contract, what it stands on, and the time by which a command is judged.
#[derive(Debug)]
pub(super) struct StoredTimeline {
    /// As it stands now.
    pub current: StoredContract,
    pub timeline: Timeline,
    /// The bytes that its documents take in all periods.
    pub bytes: usize,
    /// A change is never made before what it follows was recorded, whatever the clocks say.
    pub now: DateTime<Utc>,
}

/// What a contract is read from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Source<'a> {
    Store(&'a Store),
    /// With the transaction's own writes.
    Txn(&'a Txn),
}

impl Source<'_> {
    async fn contract(self, customer_id: &str, as_of: AsOf) -> Result<Option<StoredContract>> {
        match self {
            Self::Store(store) => store.load_contract(customer_id, as_of).await,
            Self::Txn(txn) => load_contract_in_txn(txn, customer_id, as_of).await,
        }
    }
}

/// None if there is no such customer.
pub(super) async fn load(
    source: Source<'_>,
    command: &ContractCommand,
    now: DateTime<Utc>,
) -> Result<Option<StoredTimeline>> {
    let customer_id = command.customer_id();
    let Some(current) = source.contract(customer_id, AsOf::now(now)).await? else { return Ok(None) };
    let infos = current.order_infos.values().chain([&current.customer_info]);
    let now = infos.map(|info| info.record_time).fold(now, DateTime::max);
    let first = match command.since(now) {
        Some(since) if since == now => current.clone(),
        // No contract is older than the epoch.
        since => match source.contract(customer_id, AsOf::at(since.unwrap_or(DateTime::UNIX_EPOCH))).await? {
            Some(first) => first,
            None => return Ok(None),
        },
    };
    let mut bytes = first.bytes;
    let mut until = first.period.until;
    let mut periods = vec![Period { from: first.period.from, contract: first.contract }];
    while let Some(from) = until {
        if periods.len() >= MOST_PERIODS {
            return Err(too_many());
        }
        let Some(later) = source.contract(customer_id, AsOf::at(from)).await? else { break };
        bytes = bytes.saturating_add(later.bytes);
        until = later.period.until;
        periods.push(Period { from: Some(from), contract: later.contract });
    }
    Ok(Timeline::new(periods).map(|timeline| StoredTimeline { current, timeline, bytes, now }))
}

fn too_many() -> Error {
    let description = format!("{MOST_PERIODS} changes of the contract take effect after it; name a later instant");
    Error::invalid("effective_time", reason::FIELD_OUT_OF_RANGE, description)
}
