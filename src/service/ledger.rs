//! The ledger: writes by group commit, reads, and the holds that end by time.
//!
//! A write goes the way `request → queue → batch → unit of work → changes`. A command with its request id waits in a
//! bounded [`queue`]. All writes that wait become one transaction in [`batch`]. The part of each customer is carried
//! out in memory as one [unit of work](unit_of_work), by the pure [`crate::ledger`]. The [`changes`] are written in a
//! number of statements that does not depend on the number of writes.

mod batch;
mod batch_spans;
mod changes;
mod expected_wait;
mod expiry;
mod grant;
mod lanes;
mod outcome;
mod pace;
mod queue;
mod read;
mod replay;
mod request;
mod unit_of_work;

pub(super) use changes::Changes;
pub use expected_wait::{ExpectedWait, pause};
pub use expiry::expire;
pub(super) use grant::grants_in_txn;
pub use queue::{QUEUE, SHARE};
pub use read::{BlockQuestion, BlocksQuestion, EntriesQuestion, ReservationsQuestion};
pub use request::Done;

use std::time::Duration;

use chrono::TimeDelta;

use self::batch::Batches;
use self::lanes::Lanes;
use self::request::{Asked, Request, Work, violation};
use super::idempotency::Identity;
use super::{Caller, Context, Deadline};
use crate::error::{Error, Result, Violation, merge_violations};
use crate::ledger::{Command, DEFAULT_GRACE, malformed};

/// Large contracts that are not in memory must not take the time of everybody else.
const LOADING: Duration = Duration::from_millis(100);

/// Writes and reads what was used of the blocks.
#[derive(Debug, Clone)]
pub struct Ledger {
    context: Context,
    lanes: Lanes,
}

/// How a ledger writes.
#[derive(Debug, Clone)]
pub struct LedgerOptions {
    /// How long after a block's end work delivered before it can be recorded.
    pub grace: TimeDelta,
    /// Once a batch has read contracts that are not in memory for so long, it leaves the others to the next batch.
    pub loading: Duration,
    /// Is told how long the next write would wait.
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
    /// Not begun after it.
    pub deadline: Deadline,
}

impl Ledger {
    /// Starts the tasks that write; they end with the last clone.
    pub fn start(context: Context, options: LedgerOptions) -> Self {
        let LedgerOptions { grace, loading, expected_wait } = options;
        let connections = context.store.ledger_connections();
        let batches = Batches { context: context.clone(), grace, loading };
        Self { lanes: Lanes::start(connections, &batches, expected_wait), context }
    }

    /// Whether writes that could be carried out are.
    pub fn is_moving(&self) -> bool {
        self.lanes.are_moving()
    }

    /// Tells how many writes wait for their batch; nothing once the ledger has ended.
    pub fn waiting(&self) -> impl Fn() -> Option<u64> + Send + Sync + use<> {
        self.lanes.waiting()
    }

    /// Carries a command out, once however often it is asked for.
    pub async fn write(&self, caller: &Caller, request: WriteRequest) -> Result<Done> {
        let WriteRequest { customer_id, command, request_id, deadline } = request;
        let identity = Identity { request_id, method: command.method(), content_hash: command.content_hash() };
        let asked = Asked { caller: caller.clone(), command, identity };
        let request = Request { customer_id, work: Work::Command(Box::new(asked)) };
        self.lanes.submit(request, deadline).await
    }

    /// Why a command that could not be read in full is refused: what could not be, and what makes no
    /// sense in the rest.
    pub fn misread(&self, command: &Command, mut violations: Vec<Violation>) -> Error {
        let senseless = malformed(command, self.context.clock.now());
        merge_violations(&mut violations, senseless.into_iter().map(violation).collect());
        Error::Violations(violations)
    }

    /// Ends the holds of a customer whose time has run out.
    async fn expire_customer(&self, customer_id: String) -> Result<()> {
        self.lanes.submit(Request { customer_id, work: Work::Expire }, Deadline::default()).await?;
        Ok(())
    }
}
