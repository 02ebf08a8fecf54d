//! Pools of connections, one for each purpose. A call of one pool never takes a connection of another.

use sea_orm::{DatabaseConnection, DbBackend};

#[derive(Debug, Clone)]
pub(super) struct Pools {
    /// What changed, what is due, whether the database answers: what keeps this process honest.
    pub housekeeping: DatabaseConnection,
    /// The contracts that checks are decided by.
    pub checks: DatabaseConnection,
    /// Lists, the past, and other reads whose size the caller chooses.
    pub lists: DatabaseConnection,
    pub ledger: DatabaseConnection,
    pub contracts: DatabaseConnection,
    pub ledger_connections: usize,
    /// How many of these are pools of their own; the others share with one before them.
    pub own: usize,
}

/// How many connections each kind has, of all there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shares {
    pub checks: u32,
    pub lists: u32,
    pub ledger: u32,
    pub contracts: u32,
}

impl Shares {
    /// None where there are too few to be shared out; one is for housekeeping.
    pub(super) fn of(connections: u32) -> Option<Self> {
        let eighth = connections.div_euclid(8).max(1);
        let checks = connections.div_euclid(5).max(1);
        let taken = eighth.saturating_add(eighth).saturating_add(checks).saturating_add(1);
        let ledger = connections.checked_sub(taken).filter(|rest| *rest > 0)?;
        Some(Self { checks, lists: eighth, ledger, contracts: eighth })
    }
}

impl Pools {
    /// One for all.
    pub(super) fn shared(pool: &DatabaseConnection, ledger_connections: usize) -> Self {
        let pool = || pool.clone();
        Self {
            housekeeping: pool(),
            checks: pool(),
            lists: pool(),
            ledger: pool(),
            contracts: pool(),
            ledger_connections,
            own: 1,
        }
    }

    /// Of each pool: its name, its connections, and those of them that are idle.
    pub(super) fn connections(&self) -> Vec<(&'static str, u64, u64)> {
        let names = if self.own == 1 { ["all"; 5] } else { ["housekeeping", "checks", "lists", "ledger", "contracts"] };
        let pools = names.into_iter().zip(self.each()).take(self.own);
        pools.map(|(name, pool)| (name, all(pool), idle(pool))).collect()
    }

    pub(super) fn each(&self) -> [&DatabaseConnection; 5] {
        [&self.housekeeping, &self.checks, &self.lists, &self.ledger, &self.contracts]
    }

    pub(super) fn each_mut(&mut self) -> [&mut DatabaseConnection; 5] {
        [&mut self.housekeeping, &mut self.checks, &mut self.lists, &mut self.ledger, &mut self.contracts]
    }
}

fn all(pool: &DatabaseConnection) -> u64 {
    match pool.get_database_backend() {
        DbBackend::Postgres => pool.get_postgres_connection_pool().size().into(),
        _ => pool.get_sqlite_connection_pool().size().into(),
    }
}

fn idle(pool: &DatabaseConnection) -> u64 {
    let idle = match pool.get_database_backend() {
        DbBackend::Postgres => pool.get_postgres_connection_pool().num_idle(),
        _ => pool.get_sqlite_connection_pool().num_idle(),
    };
    u64::try_from(idle).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_share_and_writes_of_the_ledger_the_most() {
        assert_eq!(Shares::of(10), Some(Shares { checks: 2, lists: 1, ledger: 5, contracts: 1 }));
        assert_eq!(Shares::of(5), Some(Shares { checks: 1, lists: 1, ledger: 1, contracts: 1 }));
        assert_eq!(Shares::of(4), None);
        for connections in 5..=10_000 {
            let Shares { checks, lists, ledger, contracts } = Shares::of(connections).unwrap();
            assert_eq!(1 + checks + lists + ledger + contracts, connections);
            assert!([checks, lists, contracts].into_iter().all(|share| (1..=ledger).contains(&share)), "{connections}");
        }
    }
}
