//! Reads what is planned for a contract, beside the contract as it stands.

use sea_orm::{ConnectionTrait, DbErr};

use super::contract::{AsOf, PlannedContract, StoredContract, load};

/// So many changes that are planned are read, and so many bytes of them. What is behind them is known as they take effect.
pub const MOST_PLANNED: usize = 16;
const MOST_BYTES: usize = 64 << 20;
/// How often it is read again where it changes meanwhile.
const TRIES: usize = 3;

/// A contract, and how it will stand later, where that is asked for: as many reads as there are changes planned, and one
/// where there are none.
pub(super) async fn load_with_plans(
    db: &impl ConnectionTrait,
    customer_id: &str,
    as_of: AsOf,
) -> Result<Option<StoredContract>, DbErr> {
    let mut found = None;
    for _ in 0..TRIES {
        let Some(mut stored) = load(db, customer_id, as_of).await? else { return Ok(None) };
        let is_whole = !as_of.with_plans || add_plans(db, customer_id, as_of, &mut stored).await?;
        found = Some(stored);
        if is_whole {
            break;
        }
    }
    // One that keeps changing is outdated as soon as it is read, and its plans with it.
    Ok(found)
}

/// Whether the contract stayed as it was meanwhile.
async fn add_plans(
    db: &impl ConnectionTrait,
    customer_id: &str,
    as_of: AsOf,
    stored: &mut StoredContract,
) -> Result<bool, DbErr> {
    let mut next = stored.period.until;
    while let Some(from) = next.filter(|_| stored.planned.len() < MOST_PLANNED && stored.bytes_read() < MOST_BYTES) {
        let Some(later) = load(db, customer_id, as_of.later(from)).await? else { return Ok(false) };
        if later.contract_version != stored.contract_version {
            return Ok(false);
        }
        next = later.period.until;
        stored.planned.push(PlannedContract { from, contract: later.contract, bytes: later.bytes });
    }
    Ok(true)
}
