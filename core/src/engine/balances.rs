//! What is left of what a contract bought.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::prepared::{BoughtBlock, Prepared};
use crate::model::{Balance, Balances, Life, Since, Unit};

/// The balances of a contract's counted items, made ready for one [`Prepared`]: each stands in the row of its
/// block, so that a decision does not search.
#[derive(Debug, Clone)]
pub struct PreparedBalances {
    rows: Vec<Balance>,
    /// When each block ends by the ledger.
    ends: Vec<DateTime<Utc>>,
}

/// The balances of any contract of which nothing was used yet.
pub static AS_BOUGHT: PreparedBalances = PreparedBalances { rows: Vec::new(), ends: Vec::new() };

impl Prepared {
    /// A block without a balance is as it was bought. What the contract grants since it was last written down, or granted
    /// before, comes on top: a change takes effect by time alone. `since`: from when on the contract has each block as it
    /// does.
    pub fn balances(&self, balances: &Balances, since: impl Fn(Uuid, &str) -> Since) -> PreparedBalances {
        let (mut rows, mut ends) = (Vec::new(), Vec::new());
        for candidate in self.all_candidates() {
            let Some(bought) = candidate.block.as_ref() else { continue };
            let order = self.contract().work_orders.get(candidate.order).map(|order| order.work_order_id.as_str());
            let written = balances.get(&bought.id);
            let given = Life { start: candidate.life.start, end: candidate.life.end };
            // Nearly always it was written down as the contract has it.
            let life = written.and_then(|written| written.life).filter(|life| *life != given);
            ends.push(
                life.map_or(given, |life| life.continued(given, since(bought.id, order.unwrap_or_default()))).end,
            );
            rows.push(written.map_or(as_bought(bought), |written| renewed(*written, bought)));
        }
        PreparedBalances { rows, ends }
    }
}

impl PreparedBalances {
    pub(super) fn of(&self, bought: &BoughtBlock) -> Balance {
        self.rows.get(bought.row).copied().unwrap_or(as_bought(bought))
    }

    /// When a block ends by the ledger; none: as the contract says.
    pub(super) fn end_of(&self, bought: &BoughtBlock) -> Option<DateTime<Utc>> {
        self.ends.get(bought.row).copied()
    }
}

fn renewed(balance: Balance, bought: &BoughtBlock) -> Balance {
    let Some(contracted) = balance.contracted else { return balance };
    let change = bought.granted.saturating_sub(contracted);
    Balance { granted: balance.granted.saturating_add(change).max(0), contracted: Some(bought.granted), ..balance }
}

fn as_bought(bought: &BoughtBlock) -> Balance {
    Balance { granted: bought.granted, ..Balance::default() }
}

/// The block of a counted item at one instant, in the base unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockState {
    pub id: Uuid,
    /// With every correction.
    pub granted: i64,
    pub used: i64,
    pub reserved: i64,
    pub unit: Unit,
}

impl BlockState {
    /// As time has left it: what ran out by then is not held any more, written down or not. Of the holds those that
    /// run out first are known; later ones come with the revision that tells of these.
    pub(super) fn at(bought: &BoughtBlock, balance: Balance, at: DateTime<Utc>) -> Self {
        let Balance { granted, used, reserved, release, .. } = balance;
        let released = release.filter(|release| release.at <= at).map_or(0, |release| release.amount);
        Self { id: bought.id, granted, used, reserved: reserved.saturating_sub(released), unit: bought.unit }
    }

    pub fn available(&self) -> i64 {
        self.granted.saturating_sub(self.used).saturating_sub(self.reserved)
    }
}
