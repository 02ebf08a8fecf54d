//! Carries out one customer's part of a batch on the customer's book, in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::changes::Changes;
use super::outcome::{Left, Settled};
use super::replay::PriorRequests;
use super::request::{Asked, Request, Work, in_order, refused, violation};
use crate::cache::Documents;
use crate::error::{Error, Result};
use crate::funding::{sources_of_commit, sources_of_take};
use crate::ledger::{Applied, ApplyContext, Block, Book, Command, EntryKind, Source, apply, malformed};
use crate::model::Unit;
use crate::service::idempotency::Identity;
use crate::store::MOST_DUE;

/// Who does what time or the contract alone demand.
const SYSTEM: &str = "entitled";

#[derive(Debug)]
pub(super) struct UnitOfWork {
    documents: Arc<Documents>,
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

impl UnitOfWork {
    /// Opens the book at what the contract says of its blocks, those included that have no rows
    /// yet, and without the holds whose time has run out.
    pub fn open(documents: Arc<Documents>, book: Book, now: DateTime<Utc>, grace: TimeDelta) -> Result<Self> {
        let before = book.blocks.clone();
        let due = book.due(now);
        let mut unit = Self {
            book,
            before,
            applied: Vec::new(),
            done: HashMap::new(),
            is_changed: !due.is_empty(),
            is_behind: due.len() >= MOST_DUE,
            now,
            grace,
            documents,
        };
        if !unit.book.has(&unit.documents.blocks) {
            let blocks = unit.documents.blocks.clone();
            unit.apply_of_itself(&Command::Grant { blocks })?;
        }
        for reservation_id in due {
            unit.apply_of_itself(&Command::Expire { reservation_id })?;
        }
        Ok(unit)
    }

    fn apply_of_itself(&mut self, command: &Command) -> Result<()> {
        let context = ApplyContext { grace: self.grace, ..ApplyContext::new(self.now, None, SYSTEM) };
        let applied = apply(&mut self.book, command, &context, &mut Uuid::now_v7).map_err(refused)?;
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
        let context = ApplyContext {
            grace: self.grace,
            sources: &sources,
            ..ApplyContext::new(self.now, request_id, &asked.caller.actor)
        };
        let applied = apply(&mut self.book, &asked.command, &context, &mut Uuid::now_v7);
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
        Error::Violations(in_order(told, self.documents.prepared.catalog()))
    }

    /// Which blocks the command may be taken from, by the contract.
    fn sources(&self, command: &Command) -> Result<Vec<Source>> {
        let prepared = &self.documents.prepared;
        match command {
            Command::Consume(take) | Command::Reserve { take, .. } => Ok(sources_of_take(prepared, take, self.now)?),
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

    /// What entries move, in base units.
    pub fn moved(&self) -> impl Iterator<Item = (EntryKind, Unit, i64)> {
        let entries = self.applied.iter().flat_map(|applied| &applied.entries);
        entries.map(|entry| (entry.kind, entry.unit, entry.amount))
    }

    pub fn tell(&self, changes: &mut Changes) -> Result<()> {
        changes.add(&self.before, &self.book, &self.applied)
    }
}
