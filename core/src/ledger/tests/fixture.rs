//! One customer with some blocks, and a clock that is told the time.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::ledger::{
    Adjustment, Applied, ApplyContext, Book, Chains, Command, CommandViolation, Entry, FundingSource, Performed,
    Reconciliation, Refusal, SourceRank, Take, Target, Totals, apply,
};
use crate::model::{BlockSpec, Quantity, Unit};

/// Day 0 of every test.
pub(super) fn day(day: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap() + TimeDelta::days(day)
}

pub(super) fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}

pub(super) fn block_id(number: u128) -> Uuid {
    Uuid::from_u128(0xb10c_0000 + number)
}

/// A block of `granted` minutes from one day to another.
pub(super) fn block(number: u128, granted: i64, start: i64, end: i64) -> BlockSpec {
    BlockSpec {
        id: block_id(number),
        work_order_id: "wo-1".to_owned(),
        item_id: format!("item-{number}"),
        service_id: "engineering".to_owned(),
        unit: Unit::Minutes,
        days: false,
        granted,
        priority: None,
        start: day(start),
        end: day(end),
    }
}

pub(super) fn minutes(amount: i64) -> Quantity {
    Quantity { amount, unit: Unit::Minutes }
}

pub(super) fn performed(start: DateTime<Utc>, end: DateTime<Utc>) -> Option<Performed> {
    Some(Performed { start, end })
}

pub(super) fn any_block() -> Target {
    Target {
        block_id: None,
        location_id: Some("gb-london".to_owned()),
        product_id: Some("azure".to_owned()),
        service_id: Some("engineering".to_owned()),
        mode: None,
    }
}

pub(super) fn only(number: u128) -> Target {
    Target { block_id: Some(block_id(number)), location_id: None, product_id: None, service_id: None, mode: None }
}

pub(super) fn take(amount: i64) -> Take {
    let (quantity, note) = (minutes(amount), String::new());
    Take { target: any_block(), quantity, performed: None, solution_ids: Vec::new(), note }
}

/// What nothing speaks against but its term.
pub(super) fn source(spec: &BlockSpec) -> FundingSource {
    let open = FundingSource::open(spec.id);
    FundingSource { forfeit_time: spec.end, rank: SourceRank { end: spec.end, ..open.rank }, ..open }
}

/// A book, everything that was ever written in it, and the time.
pub(super) struct World {
    pub book: Book,
    pub now: DateTime<Utc>,
    pub entries: Vec<Entry>,
    pub grace: TimeDelta,
    /// Judged of every block; a test may put clauses here.
    pub sources: Vec<FundingSource>,
    ids: u128,
}

impl World {
    /// At noon of day 10.
    pub(super) fn new(blocks: &[BlockSpec]) -> Self {
        let mut world = Self {
            book: Book::new("acme"),
            now: day(10) + hours(12),
            entries: Vec::new(),
            grace: crate::ledger::DEFAULT_GRACE,
            sources: blocks.iter().map(source).collect(),
            ids: 0,
        };
        world.run(&Command::Grant { blocks: blocks.to_vec() }).unwrap();
        world
    }

    pub(super) fn run(&mut self, command: &Command) -> Result<Applied, Refusal> {
        let before = self.book.clone();
        let sources: Vec<FundingSource> = match command {
            Command::Consume(Take { target, .. }) | Command::Reserve { take: Take { target, .. }, .. } => {
                let named = |source: &&FundingSource| target.block_id.is_none_or(|id| Some(id) == source.block_id);
                self.sources.iter().filter(named).cloned().collect()
            }
            _ => self.sources.clone(),
        };
        let context =
            ApplyContext { grace: self.grace, sources: &sources, ..ApplyContext::new(self.now, Some("r-1"), "ada") };
        let ids = &mut self.ids;
        let mut new_id = || {
            *ids += 1;
            Uuid::from_u128(*ids)
        };
        let outcome = apply(&mut self.book, command, &context, &mut new_id);
        match &outcome {
            Ok(applied) => self.entries.extend(applied.entries.clone()),
            Err(Refusal::Broken(what)) => panic!("{what}"),
            Err(_) => assert_eq!(self.book, before, "a refused command left something behind"),
        }
        outcome
    }

    pub(super) fn consume(&mut self, amount: i64) -> Result<Applied, Refusal> {
        self.run(&Command::Consume(take(amount)))
    }

    pub(super) fn reserve(&mut self, amount: i64, expire_time: Option<DateTime<Utc>>) -> Result<Applied, Refusal> {
        self.run(&Command::Reserve { take: take(amount), expire_time })
    }

    /// Holds an amount; its id.
    pub(super) fn hold(&mut self, amount: i64, expire_time: Option<DateTime<Utc>>) -> Uuid {
        self.reserve(amount, expire_time).unwrap().reservation.unwrap().id
    }

    pub(super) fn commit(
        &mut self,
        reservation_id: Uuid,
        amount: Option<i64>,
        allow_more: bool,
    ) -> Result<Applied, Refusal> {
        self.commit_performed(reservation_id, amount, allow_more, None)
    }

    pub(super) fn commit_performed(
        &mut self,
        reservation_id: Uuid,
        amount: Option<i64>,
        allow_more: bool,
        performed: Option<Performed>,
    ) -> Result<Applied, Refusal> {
        self.run(&Command::Commit {
            reservation_id,
            block_id: None,
            quantity: amount.map(minutes),
            allow_more,
            performed,
            note: String::new(),
        })
    }

    pub(super) fn release(&mut self, reservation_id: Uuid) -> Result<Applied, Refusal> {
        self.run(&Command::Release { reservation_id, block_id: None, note: String::new() })
    }

    pub(super) fn expire(&mut self, reservation_id: Uuid) -> Result<Applied, Refusal> {
        self.run(&Command::Expire { reservation_id })
    }

    pub(super) fn extend(&mut self, reservation_id: Uuid, expire_time: DateTime<Utc>) -> Result<Applied, Refusal> {
        self.run(&Command::Extend { reservation_id, block_id: None, expire_time })
    }

    pub(super) fn reverse(&mut self, entry_id: Uuid, amount: Option<i64>) -> Result<Applied, Refusal> {
        self.run(&Command::Reverse { entry_id, quantity: amount.map(minutes), note: String::new() })
    }

    pub(super) fn adjust(&mut self, number: u128, change: Adjustment) -> Result<Applied, Refusal> {
        self.run(&Command::Adjust { block_id: block_id(number), change, reason: "miscounted".to_owned() })
    }

    /// Granted, used and reserved of a block.
    pub(super) fn sums(&self, number: u128) -> [i64; 3] {
        let block = &self.book.blocks[&block_id(number)];
        [block.granted, block.used, block.reserved]
    }

    /// Every chain verifies, every balance is the sum of its entries, and every reservation is what
    /// its entries make of it.
    pub(super) fn check(&self) -> Chains {
        let chains = crate::ledger::verify(&self.entries).unwrap();
        for block in self.book.blocks.values() {
            let link = chains.link(block.id).unwrap();
            assert_eq!(link.totals, block.totals());
            assert_eq!((link.sequence, link.head), (block.sequence, block.head));
        }
        let mut sums = BTreeMap::new();
        for entry in &self.entries {
            let before: Totals = sums.insert(entry.block_id, entry.totals).unwrap_or_default();
            assert_eq!(entry.totals_before(), before, "{entry:?}");
        }
        let mut reconciliation = Reconciliation::default();
        self.book.reservations.values().for_each(|reservation| reconciliation.add(reservation.clone()));
        self.entries.iter().try_for_each(|entry| reconciliation.push(entry, true)).unwrap();
        reconciliation.finish().unwrap();
        chains
    }
}

/// The primary code of a refusal.
pub(super) fn code<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> String {
    match outcome.unwrap_err() {
        Refusal::Unknown { noun, .. } => format!("{noun} unknown"),
        refusal => refusal.code().unwrap().to_owned(),
    }
}

/// All that speaks against it.
pub(super) fn violations<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Vec<CommandViolation> {
    match outcome.unwrap_err() {
        Refusal::Against(violations) => violations,
        refusal => panic!("{refusal}"),
    }
}

pub(super) fn codes<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Vec<String> {
    violations(outcome).into_iter().map(|violation| violation.reason).collect()
}

/// Which blocks gave how much.
pub(super) fn given(applied: &Applied) -> Vec<(u128, i64)> {
    let number = |id: Uuid| id.as_u128() - block_id(0).as_u128();
    applied.entries.iter().map(|entry| (number(entry.block_id), entry.amount)).collect()
}
