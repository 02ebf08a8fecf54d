//! One customer's book while a batch is worked out on it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::changes::Changes;
use super::replay::PriorRequests;
use super::request::{Asked, Done, Request, Work, in_order, refused, violation};
use crate::cache::Snapshot;
use crate::error::{Error, Result};
use crate::ledger::{Applied, Block, Book, Command, Setting, Source, apply, malformed};
use crate::service::idempotency::Identity;
use crate::service::sources::{sources_of_commit, sources_of_take};
use crate::store::{MOST_DUE, Wanted};

/// Who does what time or the contract alone demand.
const SYSTEM: &str = "entitled";

#[derive(Debug)]
pub(super) struct Page {
    snapshot: Arc<Snapshot>,
    book: Book,
    /// As the database has them.
    before: BTreeMap<Uuid, Block>,
    applied: Vec<Applied>,
    /// What was done in this batch, by request id.
    done: HashMap<String, (Identity, Applied)>,
    /// Whether there is more to write than blocks that come into being.
    is_changed: bool,
    /// Whether there may be more holds whose time has run out than one transaction ends.
    is_behind: bool,
    now: DateTime<Utc>,
    grace: TimeDelta,
}

/// What became of a write, before its revision is known.
#[derive(Debug)]
pub(super) enum Settled {
    Applied(Applied),
    /// Earlier in this batch.
    Repeated(Applied),
    /// In another batch.
    Replayed(Done),
    /// Not now: it is left for another batch.
    Left(Left),
}

/// Why a write is left out of its batch, and what has to become of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Left {
    /// To be tried by itself: its customer was locked by another transaction, or had more holds to end first than one
    /// transaction does.
    Alone,
    /// To be tried with the next batch: this one had no time left to read its contract.
    Again,
}

/// What became of a write in its batch.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all writes of a batch are done")]
pub(super) enum Outcome {
    Done(Result<Done>),
    Left(Left),
}

impl Settled {
    pub fn outcome(self, revision: Option<i64>, record_time: DateTime<Utc>) -> Outcome {
        let revision = revision.unwrap_or_default();
        match self {
            Self::Applied(applied) => Outcome::Done(Ok(Done { revision, record_time, applied, replayed: false })),
            Self::Repeated(applied) => Outcome::Done(Ok(Done { revision, record_time, applied, replayed: true })),
            Self::Replayed(done) => Outcome::Done(Ok(done)),
            Self::Left(left) => Outcome::Left(left),
        }
    }
}

impl Page {
    /// Opens the book at what the contract says of its blocks, those included that have no rows
    /// yet, and without the holds whose time has run out.
    pub fn open(snapshot: Arc<Snapshot>, book: Book, now: DateTime<Utc>, grace: TimeDelta) -> Result<Self> {
        let before = book.blocks.clone();
        let due = book.due(now);
        let mut page = Self {
            book,
            before,
            applied: Vec::new(),
            done: HashMap::new(),
            is_changed: !due.is_empty(),
            is_behind: due.len() >= MOST_DUE,
            now,
            grace,
            snapshot,
        };
        if !page.book.has(&page.snapshot.blocks) {
            let blocks = page.snapshot.blocks.clone();
            page.apply_of_itself(&Command::Grant { blocks })?;
        }
        for reservation_id in due {
            page.apply_of_itself(&Command::Expire { reservation_id })?;
        }
        Ok(page)
    }

    fn apply_of_itself(&mut self, command: &Command) -> Result<()> {
        let setting = Setting { grace: self.grace, ..Setting::new(self.now, None, SYSTEM) };
        let applied = apply(&mut self.book, command, &setting, &mut Uuid::now_v7).map_err(refused)?;
        self.applied.push(applied);
        Ok(())
    }

    /// Carries one write out, repeats what it did before, or refuses it.
    pub fn settle(&mut self, request: &Request, prior: &PriorRequests) -> Result<Settled> {
        let Work::Command(asked) = &request.work else {
            // The book was opened: nothing is due any more.
            return Ok(Settled::Applied(Applied { entries: Vec::new(), reservation: None, balances: Vec::new() }));
        };
        if prior.find(request).is_some() {
            return prior.replay(request);
        }
        // Before all of them are ended, what they hold would be refused to it.
        if self.is_behind {
            return Ok(Settled::Left(Left::Alone));
        }
        if let Some((first, applied)) = self.done.get(&asked.identity.request_id) {
            return asked.identity.repeats(first).map(|()| Settled::Repeated(applied.clone()));
        }
        let applied = self.apply(asked)?;
        self.is_changed = true;
        self.applied.push(applied.clone());
        self.done.insert(asked.identity.request_id.clone(), (asked.identity.clone(), applied.clone()));
        Ok(Settled::Applied(applied))
    }

    fn apply(&mut self, asked: &Asked) -> Result<Applied> {
        let sources = self.sources(&asked.command).map_err(|error| self.with_malformed(error, &asked.command))?;
        let request_id = Some(asked.identity.request_id.as_str());
        let setting =
            Setting { grace: self.grace, sources: &sources, ..Setting::new(self.now, request_id, &asked.caller.actor) };
        let applied = apply(&mut self.book, &asked.command, &setting, &mut Uuid::now_v7);
        applied.map_err(|refusal| self.in_order(refused(refusal)))
    }

    /// What was found before the ledger was asked, with what the ledger would have found.
    fn with_malformed(&self, error: Error, command: &Command) -> Error {
        let Error::Violations(mut told) = error else { return error };
        told.extend(malformed(command, self.now).into_iter().map(violation));
        self.in_order(Error::Violations(told))
    }

    fn in_order(&self, error: Error) -> Error {
        let Error::Violations(told) = error else { return error };
        Error::Violations(in_order(told, self.snapshot.prepared.catalog()))
    }

    /// Which blocks the command may be taken from, by the contract.
    fn sources(&self, command: &Command) -> Result<Vec<Source>> {
        let prepared = &self.snapshot.prepared;
        match command {
            Command::Consume(take) | Command::Reserve { take, .. } => sources_of_take(prepared, take, self.now),
            Command::Commit { reservation_id, performed, .. } => {
                let held = self.book.reservations.get(reservation_id);
                Ok(held.map(|held| sources_of_commit(prepared, held, *performed, self.now)).unwrap_or_default())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Whether it is to be written. Blocks that come into being wait for the first write that
    /// is carried out.
    pub fn is_changed(&self) -> bool {
        self.is_changed
    }

    pub fn tell(&self, changes: &mut Changes) -> Result<()> {
        changes.add(&self.before, &self.book, &self.applied)
    }
}

impl Request {
    /// What must be loaded for it.
    pub fn want(&self, wanted: &mut Wanted) {
        let Work::Command(asked) = &self.work else { return };
        match &asked.command {
            Command::Extend { reservation_id, .. }
            | Command::Commit { reservation_id, .. }
            | Command::Release { reservation_id, .. }
            | Command::Expire { reservation_id } => {
                wanted.reservations.insert(*reservation_id);
            }
            Command::Reverse { entry_id, .. } => {
                wanted.entries.insert(*entry_id);
            }
            Command::Grant { .. } | Command::Consume(_) | Command::Reserve { .. } | Command::Adjust { .. } => {}
        }
    }
}
