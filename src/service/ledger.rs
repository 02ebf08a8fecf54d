//! The ledger: writes by group commit, reads, and the holds that end by time.
//!
//! A write goes the way `write → queue → batch → unit of work → changes`. A command with its request id waits in a
//! bounded [`queue`]. All writes that wait become one transaction in [`batch`]. The part of each customer is carried
//! out in memory as one [unit of work](unit_of_work), by the pure [`crate::ledger`]. The [`changes`] are written in a
//! number of statements that does not depend on the number of writes.

mod batch;
mod batch_spans;
mod batcher;
mod blocks;
mod changes;
mod expected_wait;
mod expiry;
mod grant;
mod outcome;
mod queue;
mod read;
mod replay;
mod throughput;
mod unit_of_work;
mod write;

pub(super) use changes::Changes;
pub use expected_wait::{ExpectedWait, pause};
pub use expiry::expire;
pub(super) use grant::{BlocksSince, ContractBlocks, KeptOver, grants_in_txn};
pub use queue::{CUSTOMER_CAPACITY, QUEUE_CAPACITY};
pub use read::{BlockQuestion, BlocksQuestion, EntriesQuestion, ReservationsQuestion};
pub use write::WriteOutcome;
pub(super) use write::refused;

use std::time::Duration;

use chrono::TimeDelta;

use self::batch::BatchRunner;
use self::batcher::Workers;
use self::write::{CallerCommand, Operation, Write, violation};
use super::idempotency::RequestIdentity;
use super::{Caller, Context, Deadline};
use crate::catalog::Catalog;
use crate::error::{Error, Result, Violation, merge_violations};
use crate::ledger::{Command, DEFAULT_GRACE, malformed};

/// How long a batch may read contracts that are not in memory: large ones must not delay all other writes.
const LOADING: Duration = Duration::from_millis(100);

/// Writes and reads what was used of the blocks.
#[derive(Debug, Clone)]
pub struct Ledger {
    context: Context,
    workers: Workers,
}

/// How a ledger writes.
#[derive(Debug, Clone)]
pub struct LedgerOptions {
    /// How long after a block's end work delivered before it can be recorded.
    pub grace: TimeDelta,
    /// Once a batch has read contracts that are not in memory for so long, it leaves the others to the next batch.
    pub loading: Duration,
    /// Where the queue puts how long the next write would wait.
    pub expected_wait: ExpectedWait,
}

impl Default for LedgerOptions {
    fn default() -> Self {
        Self { grace: DEFAULT_GRACE, loading: LOADING, expected_wait: ExpectedWait::default() }
    }
}

/// A write as a caller asks for it.
#[derive(Debug, Clone)]
pub struct WriteRequest {
    pub customer_id: String,
    pub command: Command,
    pub request_id: String,
    /// After it the write is not begun.
    pub deadline: Deadline,
}

impl Ledger {
    /// Starts the tasks that write; they end with the last clone.
    pub fn start(context: Context, options: LedgerOptions) -> Self {
        let LedgerOptions { grace, loading, expected_wait } = options;
        let connections = context.store.ledger_connections();
        let runner = BatchRunner { context: context.clone(), grace, loading };
        Self { workers: Workers::start(connections, &runner, expected_wait), context }
    }

    /// Whether writes that could be carried out are carried out.
    pub fn is_progressing(&self) -> bool {
        self.workers.are_progressing()
    }

    /// Tells how many writes wait for their batch; nothing once the ledger has ended.
    pub fn waiting(&self) -> impl Fn() -> Option<u64> + Send + Sync + use<> {
        self.workers.waiting()
    }

    pub fn catalog(&self) -> &Catalog {
        &self.context.catalog
    }

    /// Carries a command out; a repetition gets the first answer.
    pub async fn write(&self, caller: &Caller, request: WriteRequest) -> Result<WriteOutcome> {
        let WriteRequest { customer_id, command, request_id, deadline } = request;
        caller.require_customer(&customer_id)?;
        let identity = RequestIdentity { request_id, method: command.method(), content_hash: command.content_hash() };
        let command = CallerCommand { caller: caller.clone(), command, identity };
        let write = Write { customer_id, operation: Operation::Command(Box::new(command)) };
        self.workers.submit(write, deadline).await
    }

    /// The error of a command that could not be read in full: the fields that could not be read, and what is malformed in
    /// the rest.
    pub fn misread(&self, command: &Command, mut violations: Vec<Violation>) -> Error {
        let malformed = malformed(command, self.context.clock.now());
        merge_violations(&mut violations, malformed.into_iter().map(violation).collect());
        Error::Violations(violations)
    }

    /// Ends the holds of a customer whose time has run out.
    async fn expire_customer(&self, customer_id: String) -> Result<()> {
        self.workers.submit(Write { customer_id, operation: Operation::Expire }, Deadline::default()).await?;
        Ok(())
    }
}
