//! Carries out one customer's part of a batch on the customer's book, in memory.

use std::collections::{BTreeMap, HashMap};
use std::iter;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::changes::Changes;
use super::outcome::{Deferral, Execution};
use super::replay::PriorRequests;
use super::write::{CallerCommand, Operation, Write, in_order, refused, violation};
use crate::cache::Documents;
use crate::engine::Prepared;
use crate::error::{Error, Noun, Result};
use crate::funding::{lengthen, restrict, restrict_held, sources_of_commit, sources_of_take, tell_last_days};
use crate::ledger::{
    Applied, ApplyContext, Block, Book, Command, EntryKind, FundingSource, Performed, apply, malformed,
};
use crate::model::Unit;
use crate::service::caller::SYSTEM;
use crate::service::idempotency::RequestIdentity;
use crate::service::{MOMENT, MOST_CHANGES_OF_WORK, too_many_changes};
use crate::store::MOST_DUE;

#[derive(Debug)]
pub(super) struct UnitOfWork {
    /// The contract as it stands now.
    documents: Arc<Documents>,
    /// As it stood, or will stand, when work of this batch is done.
    others: Vec<Arc<Documents>>,
    book: Book,
    /// The blocks as the database has them.
    before: BTreeMap<Uuid, Block>,
    applied: Vec<Applied>,
    /// What was carried out in this batch, by request id.
    done: HashMap<String, (RequestIdentity, Applied)>,
    /// Whether there is more to write than new blocks.
    is_changed: bool,
    /// Whether there may be more holds whose time has run out than one transaction ends.
    is_behind: bool,
    now: DateTime<Utc>,
    grace: TimeDelta,
}

impl UnitOfWork {
    /// Brings the book up to date: adds the blocks of the contract that have no rows yet, and ends the holds whose time
    /// has run out.
    pub(super) fn open(documents: Arc<Documents>, book: Book, now: DateTime<Utc>, grace: TimeDelta) -> Result<Self> {
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
            others: Vec::new(),
        };
        if let Some(blocks) = unit.documents.blocks_to_grant(&unit.book) {
            let recorded = unit.documents.recorded_by(now);
            unit.apply_as_system(&Command::Grant { blocks }, recorded)?;
        }
        for reservation_id in due {
            unit.apply_as_system(&Command::Expire { reservation_id }, now)?;
        }
        Ok(unit)
    }

    /// Of which instant a write needs the contract that is not at hand: of when its work is done, or of when the block it
    /// names was there.
    pub(super) fn missing_contract(&self, write: &Write) -> Option<DateTime<Utc>> {
        let Operation::Command(command) = &write.operation else { return None };
        let work = self.performed(&command.command);
        let instants = work.map(|work| work.start).into_iter().chain(self.later_instants(work));
        let mut instants = instants.chain(self.last_instant(&command.command));
        instants.find(|instant| self.documents_at(*instant).is_none())
    }

    /// The last instant of the block that a command names, where the contract that judges it does not have it any more.
    fn last_instant(&self, command: &Command) -> Option<DateTime<Utc>> {
        let (Command::Consume(take) | Command::Reserve { take, .. }) = command else { return None };
        let block = self.book.blocks.get(&take.target.block_id?)?;
        let time = self.contract_time(command);
        let documents = time.map_or(Some(&*self.documents), |instant| self.documents_at(instant))?;
        let has_ended = time.unwrap_or(self.now) >= block.end;
        block.end.checked_sub_signed(MOMENT).filter(|_| has_ended && !documents.has_block(block.id))
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(super) fn add_contract(&mut self, documents: Arc<Documents>) {
        self.others.push(documents);
    }

    /// When the work of a command is done; a commit that says nothing is for what was planned, if that is past. None: now.
    fn performed(&self, command: &Command) -> Option<Performed> {
        match command {
            Command::Consume(take) | Command::Reserve { take, .. } => take.performed,
            Command::Commit { reservation_id, performed, .. } => performed.or_else(|| {
                let held = self.book.reservations.get(reservation_id)?;
                held.performed.filter(|planned| planned.end <= self.now)
            }),
            // A hold may last as long as its blocks by the contract of the work it is for.
            Command::Extend { reservation_id, .. } => {
                let held = self.book.reservations.get(reservation_id)?;
                held.performed.filter(|planned| planned.start > self.now)
            }
            _ => None,
        }
    }

    /// The contract of which instant judges a command: of the start of the work. None: of now.
    fn contract_time(&self, command: &Command) -> Option<DateTime<Utc>> {
        self.performed(command).map(|performed| performed.start)
    }

    /// When the contract changes while work is done, as far as the contracts of before are at hand.
    fn later_instants(&self, performed: Option<Performed>) -> impl Iterator<Item = DateTime<Utc>> {
        let next = move |instant: DateTime<Utc>| {
            let end = performed?.end;
            self.documents_at(instant)?.period.until.filter(|until| *until < end)
        };
        let changes = iter::successors(performed.map(|work| work.start), move |instant| next(*instant)).skip(1);
        // One more than may be tells that there are too many.
        changes.take(MOST_CHANGES_OF_WORK.saturating_add(1))
    }

    fn documents_at(&self, instant: DateTime<Utc>) -> Option<&Documents> {
        let mut known = iter::once(&self.documents).chain(&self.others);
        known.find(|documents| documents.period.contains(instant)).map(|documents| &**documents)
    }

    fn apply_as_system(&mut self, command: &Command, recorded: DateTime<Utc>) -> Result<()> {
        let context = ApplyContext { recorded, grace: self.grace, ..ApplyContext::new(self.now, None, SYSTEM) };
        let applied = apply(&mut self.book, command, &context, &mut Uuid::now_v7).map_err(refused)?;
        self.applied.push(applied);
        Ok(())
    }

    /// Carries one write out, repeats what it did before, or refuses it.
    pub(super) fn execute(&mut self, write: &Write, prior: &PriorRequests) -> Result<Execution> {
        let Operation::Command(command) = &write.operation else {
            // The holds that were due ended when the book was opened.
            return Ok(Execution::Applied(Applied { entries: Vec::new(), reservation: None, balances: Vec::new() }));
        };
        if prior.find(write).is_some() {
            return prior.replay(write);
        }
        // Some holds that are due have not ended yet: what they hold would be refused to this write.
        if self.is_behind {
            return Ok(Execution::Deferred(Deferral::Separately));
        }
        if let Some((first, applied)) = self.done.get(&command.identity.request_id) {
            return command.identity.repeats(first).map(|()| Execution::RepeatedInBatch(applied.clone()));
        }
        let applied = self.apply(command)?;
        self.is_changed = true;
        self.applied.push(applied.clone());
        self.done.insert(command.identity.request_id.clone(), (command.identity.clone(), applied.clone()));
        Ok(Execution::Applied(applied))
    }

    fn apply(&mut self, command: &CallerCommand) -> Result<Applied> {
        let sources = self.sources(&command.command).map_err(|error| self.with_malformed(error, &command.command))?;
        let request_id = Some(command.identity.request_id.as_str());
        let context = ApplyContext {
            grace: self.grace,
            sources: &sources,
            ..ApplyContext::new(self.now, request_id, &command.caller.actor)
        };
        let applied = apply(&mut self.book, &command.command, &context, &mut Uuid::now_v7);
        applied.map_err(|refusal| self.in_order(refused(refusal)))
    }

    /// Adds the violations that the ledger would have found to those found before it.
    fn with_malformed(&self, error: Error, command: &Command) -> Error {
        let Error::Violations(mut violations) = error else { return error };
        violations.extend(malformed(command, self.now).into_iter().map(violation));
        self.in_order(Error::Violations(violations))
    }

    fn in_order(&self, error: Error) -> Error {
        let Error::Violations(violations) = error else { return error };
        Error::Violations(in_order(violations, self.documents.prepared.catalog()))
    }

    /// Which blocks the command may be taken from, by the contract.
    fn sources(&self, command: &Command) -> Result<Vec<FundingSource>> {
        let performed = self.performed(command);
        let documents = performed.and_then(|performed| self.documents_at(performed.start));
        let prepared = &documents.unwrap_or(&self.documents).prepared;
        let mut found = match command {
            Command::Consume(take) | Command::Reserve { take, .. } => {
                // A block that is gone is judged by the last contract that had it: it is over, and nothing else.
                let last = self.last_instant(command).and_then(|instant| self.documents_at(instant));
                let last = last.filter(|last| take.target.block_id.is_some_and(|id| last.has_block(id)));
                if self.changes_too_often(performed) {
                    return Err(too_many_changes("performed.end_time"));
                }
                let first = last.map_or(prepared, |last| &last.prepared);
                self.throughout(performed, first, restrict, |prepared| Ok(sources_of_take(prepared, take, self.now)?))?
            }
            Command::Extend { reservation_id, .. } => {
                let parts = self.book.reservations.get(reservation_id).map(|held| held.parts.as_slice());
                parts.unwrap_or_default().iter().map(|part| FundingSource::open(part.block_id)).collect()
            }
            Command::Commit { reservation_id, performed: reported, allow_more, .. } => {
                let Some(held) = self.book.reservations.get(reservation_id) else { return Ok(Vec::new()) };
                // What is held cannot be divided: it is judged by the first of too many contracts.
                if *allow_more && self.changes_too_often(performed) {
                    return Err(too_many_changes(if reported.is_some() { "performed.end_time" } else { "allow_more" }));
                }
                let sources = |prepared: &Prepared| Ok(sources_of_commit(prepared, held, *reported, self.now));
                self.throughout(performed, prepared, restrict_held, sources)?
            }
            _ => Vec::new(),
        };
        // Until a later end takes effect, it counts for work that is done then.
        if let Some(then) = documents.filter(|then| then.period.from > Some(self.now)) {
            lengthen(&mut found, &then.blocks, &self.book, |spec| then.since(spec.id, &spec.work_order_id));
        }
        let then = documents.unwrap_or(&self.documents);
        tell_last_days(&mut found, &then.prepared, &then.blocks, &self.book);
        Ok(found)
    }

    fn changes_too_often(&self, performed: Option<Performed>) -> bool {
        self.later_instants(performed).count() > MOST_CHANGES_OF_WORK
    }

    /// No part of the work may be forbidden by the contract of its time. An item that is gone later ends its block.
    fn throughout(
        &self,
        performed: Option<Performed>,
        first: &Prepared,
        restrict: fn(&mut [FundingSource], Vec<FundingSource>),
        sources: impl Fn(&Prepared) -> Result<Vec<FundingSource>>,
    ) -> Result<Vec<FundingSource>> {
        let mut found = sources(first)?;
        for documents in self.later_instants(performed).filter_map(|instant| self.documents_at(instant)) {
            match sources(&documents.prepared) {
                Ok(later) => restrict(&mut found, later),
                // No work is done at a location that the customer does not have any more; a check says the same.
                Err(error @ Error::NotFound { noun: Noun::Location, .. }) => return Err(error),
                Err(_) => {}
            }
        }
        Ok(found)
    }

    /// Whether the book is to be written. New blocks alone are not: they are written with the first write that is
    /// carried out.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// What entries move, in base units.
    pub(super) fn moved(&self) -> impl Iterator<Item = (EntryKind, Unit, i64)> {
        let entries = self.applied.iter().flat_map(|applied| &applied.entries);
        entries.map(|entry| (entry.kind, entry.unit, entry.amount))
    }

    pub(super) fn add_to(&self, changes: &mut Changes) -> Result<()> {
        changes.add(&self.before, &self.book, &self.applied)
    }
}
