//! What a change of a contract is worked out on.

use chrono::{DateTime, Utc};

use super::periods::{Infos, MOST_BYTES, MOST_PERIODS, Periods};
use crate::contract::{ContractCommand, Period, Timeline};
use crate::error::{Error, Result, reason};
use crate::store::{AsOf, StoredContract, Txn, documents_since_in_txn, load_contract_in_txn};

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

impl ContractState {
    /// None if there is no such customer. By one statement, and one more where another time than that of now counts.
    pub(super) async fn load(txn: &Txn, command: &ContractCommand, now: DateTime<Utc>) -> Result<Option<Self>> {
        let customer_id = command.customer_id();
        let as_of = AsOf::now(now).without_plans();
        let Some(stored) = load_contract_in_txn(txn, customer_id, as_of).await? else { return Ok(None) };
        let since = command.since(now);
        if stored.period.contains(since) && stored.period.until.is_none() {
            let period = Period { from: stored.period.from, contract: stored.contract.clone() };
            let timeline = Timeline::new(vec![period]).unwrap_or_else(|| Timeline::of(stored.contract.clone()));
            let (infos, bytes) = (Infos::of(&stored), stored.bytes);
            return Ok(Some(Self { stored, timeline, infos, bytes }));
        }
        let documents = documents_since_in_txn(txn, customer_id, since, MOST_PERIODS, MOST_BYTES).await?;
        let as_of = command.effective_time().unwrap_or(now);
        let periods = documents.and_then(|documents| Periods::of(documents, as_of, &stored));
        let Periods { timeline, infos, bytes } = periods.ok_or_else(too_many_changes)?;
        Ok(Some(Self { stored, timeline, infos, bytes }))
    }
}

fn too_many_changes() -> Error {
    let message = format!(
        "more than {MOST_PERIODS} changes of the contract take effect after it, or they are too large to judge together; \
         let the change take effect later"
    );
    Error::invalid("effective_time", reason::FIELD_OUT_OF_RANGE, message)
}
