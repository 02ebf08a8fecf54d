//! What is stored of a ledger write, and how a repetition is answered from it.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::outcome::Execution;
use super::write::{CallerCommand, Operation, Write, WriteOutcome};
use crate::error::{Error, Result};
use crate::ledger::{Applied, Block, Entry, Reservation};
use crate::service::audit::{Effects, work_orders_of};
use crate::store::{NewRequest, RequestKey, StoredRequest, Txn, find_entries_in_txn, find_requests_in_txn};

/// What is stored of a write with its request id. Its entries are rows that never change, so their ids are enough.
#[derive(Debug, Serialize, Deserialize)]
struct StoredOutcome<'a> {
    revision: i64,
    record_time: DateTime<Utc>,
    entry_ids: Vec<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reservation: Option<Cow<'a, Reservation>>,
    balances: Cow<'a, [Block]>,
}

/// What to store of a write that was carried out now.
pub(super) fn stored(key: RequestKey, command: &CallerCommand, outcome: &WriteOutcome) -> Result<NewRequest> {
    let WriteOutcome { revision, record_time, applied, replayed: _ } = outcome;
    let Applied { entries, reservation, balances } = applied;
    let request = command.identity.stored(&StoredOutcome {
        revision: *revision,
        record_time: *record_time,
        entry_ids: entries.iter().map(|entry| entry.id).collect(),
        reservation: reservation.as_ref().map(Cow::Borrowed),
        balances: Cow::Borrowed(balances),
    })?;
    let audit = Effects::of_entries(entries).stored(&command.caller, work_orders_of(entries))?;
    Ok(NewRequest { key, request, audit })
}

/// Requests that were carried out by batches before this one.
#[derive(Debug, Default)]
pub(super) struct PriorRequests {
    requests: HashMap<RequestKey, StoredRequest>,
    /// What they wrote.
    entries: HashMap<Uuid, Entry>,
}

impl PriorRequests {
    pub(super) async fn load_in_txn(txn: &Txn, writes: &[Write]) -> Result<Self> {
        let stored = find_requests_in_txn(txn, &keys(writes)).await?;
        let entries = find_entries_in_txn(txn, &entry_ids(writes, &stored)).await?;
        Ok(Self { requests: stored, entries })
    }

    pub(super) fn find(&self, write: &Write) -> Option<&StoredRequest> {
        self.requests.get(&write.key()?)
    }

    /// The first answer, if the write asks for the same.
    pub(super) fn replay(&self, write: &Write) -> Result<Execution> {
        let (Operation::Command(command), Some(stored)) = (&write.operation, self.find(write)) else {
            return Err(Error::internal("a write was lost from its batch"));
        };
        let StoredOutcome { revision, record_time, entry_ids, reservation, balances } =
            command.identity.outcome(stored)?;
        let found: Option<Vec<Entry>> = entry_ids.iter().map(|id| self.entries.get(id).cloned()).collect();
        let entries = found.ok_or_else(|| Error::internal("an entry of a request that was carried out is gone"))?;
        let applied =
            Applied { entries, reservation: reservation.map(Cow::into_owned), balances: balances.into_owned() };
        Ok(Execution::Replayed(WriteOutcome { revision, record_time, applied, replayed: true }))
    }
}

/// The entries that repeated requests made.
fn entry_ids(writes: &[Write], stored: &HashMap<RequestKey, StoredRequest>) -> BTreeSet<(String, Uuid)> {
    let ids_of = |write: &Write| match (&write.operation, write.key().and_then(|key| stored.get(&key))) {
        (Operation::Command(command), Some(stored)) => {
            command.identity.outcome(stored).map(|outcome: StoredOutcome<'_>| outcome.entry_ids).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let of_customer = |write: &Write| {
        let customer_id = write.customer_id.clone();
        ids_of(write).into_iter().map(move |id| (customer_id.clone(), id))
    };
    writes.iter().flat_map(of_customer).collect()
}

pub(super) fn keys(writes: &[Write]) -> BTreeSet<RequestKey> {
    writes.iter().filter_map(Write::key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{ChainHash, Command};

    /// An outcome as this version stores it; every later version has to read it.
    const STORED: &str = r#"{"revision":7,"record_time":"2026-03-02T09:00:00.000001Z","#;

    #[test]
    fn a_stored_outcome_stays_readable() {
        let text = format!(
            r#"{STORED}"entry_ids":["01890a5d-ac96-774b-bcce-b302099a8057"],
            "reservation":{{"id":"01890a5d-ac96-774b-bcce-b302099a8058","unit":"MINUTES",
            "target":{{"block_id":null,"location_id":"gb-london","product_id":"azure",
            "service_id":"engineering","mode":"ON_SITE"}},
            "parts":[{{"block_id":"01890a5d-ac96-774b-bcce-b302099a8059","amount":60}}],"state":"OPEN",
            "performed":{{"start":"2026-03-03T09:00:00Z","end":"2026-03-03T10:00:00Z"}},
            "create_time":"2026-03-02T09:00:00.000001Z","expire_time":"2026-03-09T09:00:00Z",
            "end_time":null,"committed":0}},"balances":[{{"id":"01890a5d-ac96-774b-bcce-b302099a8059",
            "work_order_id":"wo-1","item_id":"hours","service_id":"engineering","unit":"MINUTES",
            "days":true,"contracted":600,"granted":600,"used":30,"reserved":60,"priority":2,
            "start":"2026-01-01T00:00:00Z","end":"2027-01-01T00:00:00Z","sequence":3,"head":"{}"}}]}}"#,
            ChainHash::FIRST
        );
        let text = text.lines().map(str::trim_start).collect();
        for text in [text, format!(r#"{STORED}"entry_ids":[],"balances":[]}}"#)] {
            let outcome: StoredOutcome<'_> = serde_json::from_str(&text).unwrap();
            assert_eq!((outcome.revision, outcome.record_time.timestamp_subsec_micros()), (7, 1));
            assert_eq!(serde_json::to_string(&outcome).unwrap(), text);
        }
    }

    #[test]
    fn a_command_has_the_hash_it_always_had() {
        let id = |last: u8| Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_8000 + u128::from(last));
        let release = Command::Release { reservation_id: id(1), block_id: Some(id(2)), note: "off".to_owned() };
        let extend = Command::Extend { reservation_id: id(1), block_id: None, expire_time: DateTime::UNIX_EPOCH };
        assert_eq!(
            (release.method(), release.content_hash().as_str()),
            ("ReleaseReservation", "19a07fdb6c67bcab53eb6a8e8618c64631e07f806058d5d8a3d93407a312f65b")
        );
        assert_eq!(
            (extend.method(), extend.content_hash().as_str()),
            ("ExtendReservation", "26c70cb5b57c891ce02e326952b15cafe7658af507e80f72ab67c7703b522a91")
        );
    }
}
