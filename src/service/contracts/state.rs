//! What a change of a contract is worked out on.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::contract::{ContractCommand, Period, Timeline};
use crate::error::{Error, Result, reason};
use crate::model::VersionInfo;
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
    /// How what stands when the change takes effect came about.
    pub infos: Infos,
    /// What all of that takes in the store.
    pub bytes: usize,
}

/// The versions of a contract that are in effect together.
#[derive(Debug, Clone)]
pub(super) struct Infos {
    pub customer: VersionInfo,
    /// By work order id.
    pub orders: BTreeMap<String, VersionInfo>,
}

impl Infos {
    pub(super) fn of(stored: &StoredContract) -> Self {
        Self { customer: stored.customer_info.clone(), orders: stored.order_infos.clone() }
    }
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
        let mut loaded = Loaded { periods: Vec::new(), bytes: stored.bytes };
        if next.is_none() {
            loaded.periods.push(Period { from: stored.period.from, contract: stored.contract.clone() });
            next = stored.period.until;
        }
        let as_of = command.effective_time().unwrap_or(now);
        let mut infos = Infos::of(&stored);
        while let Some(instant) = next {
            let Some(period) = source.load(customer_id, AsOf::at(instant)).await? else { break };
            next = period.period.until;
            if period.period.contains(as_of) {
                infos = Infos::of(&period);
            }
            loaded.add(period)?;
        }
        let Loaded { periods, bytes } = loaded;
        let timeline = Timeline::new(periods).unwrap_or_else(|| Timeline::of(stored.contract.clone()));
        Ok(Some(Self { stored, timeline, infos, bytes }))
    }
}

/// The periods so far, and what they take with the contract of now.
struct Loaded {
    periods: Vec<Period>,
    bytes: usize,
}

impl Loaded {
    fn add(&mut self, period: StoredContract) -> Result<()> {
        self.bytes = self.bytes.saturating_add(period.bytes);
        if self.periods.len() >= MOST_PERIODS || self.bytes > MOST_BYTES {
            return Err(too_many_changes());
        }
        self.periods.push(Period { from: period.period.from, contract: period.contract });
        Ok(())
    }
}

fn too_many_changes() -> Error {
    let message = format!(
        "more than {MOST_PERIODS} changes of the contract take effect after it, or they are too large to judge together; \
         let the change take effect later"
    );
    Error::invalid("effective_time", reason::FIELD_OUT_OF_RANGE, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Contract, Customer, EffectivePeriod};
    use crate::service::contracts::size;

    fn stored(bytes: usize) -> StoredContract {
        let customer = Customer {
            customer_id: "acme".to_owned(),
            display_name: "Acme".to_owned(),
            locations: Vec::new(),
            contacts: Vec::new(),
            licenses: Vec::new(),
        };
        let record_time = DateTime::UNIX_EPOCH;
        StoredContract {
            contract: Contract { customer, work_orders: Vec::new() },
            revision: 1,
            contract_version: 1,
            customer_info: VersionInfo { version: 1, record_time, effective_time: None, actor: String::new() },
            order_infos: Default::default(),
            balances: Default::default(),
            period: EffectivePeriod::default(),
            planned_from: None,
            bytes,
            planned: Vec::new(),
        }
    }

    #[test]
    fn all_that_was_loaded_is_counted() {
        let mut loaded = Loaded { periods: Vec::new(), bytes: 5 };
        for _ in 0..3 {
            loaded.add(stored(100)).unwrap();
        }
        let timeline = Timeline::of(stored(0).contract);
        let infos = Infos::of(&stored(5));
        let state = ContractState { stored: stored(5), timeline, infos, bytes: loaded.bytes };
        assert_eq!(size::of_state(Some(&state)), 305);
        assert_eq!(size::of_stored(Some(&state.stored)), 5);
        loaded.add(stored(MOST_BYTES - 305)).unwrap();
        assert!(loaded.add(stored(1)).is_err());
    }

    #[test]
    fn so_many_periods_are_judged() {
        let mut loaded = Loaded { periods: Vec::new(), bytes: 0 };
        for _ in 0..MOST_PERIODS {
            loaded.add(stored(1)).unwrap();
        }
        assert!(loaded.add(stored(1)).is_err());
    }
}
