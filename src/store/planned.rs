//! Reads a contract, and what is planned for it.

use sea_orm::{ConnectionTrait, DbErr};

use super::as_of::AsOf;
use super::contract::{PlannedContract, StoredContract, load};
use super::{Store, Txn};
use crate::error::Result;

/// So many changes that are planned are read, each by a read of its own, and so many bytes of them. What is behind them is
/// known as they take effect.
pub const MOST_PLANNED: usize = 4;
const MOST_BYTES: usize = 64 << 20;

impl Store {
    /// All a customer has, in one round trip, and one more for each change that is planned.
    pub async fn load_contract(&self, customer_id: &str, as_of: AsOf) -> Result<Option<StoredContract>> {
        // What others than the checks of now ask for must not wait in their way.
        let is_current = as_of.is_now && as_of.known_time.is_none();
        let pool = if is_current { &self.pools.checks } else { &self.pools.lists };
        self.read(load_with_plans(pool, customer_id, as_of)).await
    }
}

/// What the transaction itself sees, its own writes included.
pub async fn load_contract_in_txn(txn: &Txn, customer_id: &str, as_of: AsOf) -> Result<Option<StoredContract>> {
    txn.run(load_with_plans(txn.db(), customer_id, as_of)).await
}

/// A contract, and how it will stand later, where that is asked for: as many reads as there are changes planned, and one
/// where there are none.
async fn load_with_plans(
    db: &impl ConnectionTrait,
    customer_id: &str,
    as_of: AsOf,
) -> Result<Option<StoredContract>, DbErr> {
    let Some(mut stored) = load(db, customer_id, as_of).await? else { return Ok(None) };
    let mut next = stored.period.until.filter(|_| as_of.with_plans);
    while let Some(from) = next.filter(|_| stored.planned.len() < MOST_PLANNED && stored.bytes_read() < MOST_BYTES) {
        let later = load(db, customer_id, as_of.later(from)).await?;
        // One that has changed meanwhile is outdated as soon as it is read, and its plans with it; but for what was known at
        // some time, which stays.
        let is_same =
            |later: &StoredContract| as_of.known_time.is_some() || later.contract_version == stored.contract_version;
        let Some(later) = later.filter(is_same) else { break };
        next = later.period.until;
        stored.planned.push(PlannedContract { from, contract: later.contract, bytes: later.bytes });
    }
    Ok(Some(stored))
}
