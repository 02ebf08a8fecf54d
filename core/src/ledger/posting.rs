//! A command being carried out: what it would do, kept apart from the book until all of it
//! is known to hold.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::term::{to_micros, window_to_micros};
use super::{
    ApplyContext, Block, Book, CommandViolation, Entry, EntryKind, LARGEST_AMOUNT, Performed, Refusal, Reservation,
    Reversible, reason,
};
use crate::model::{Quantity, Unit};
use crate::noun::Noun;

/// What a command did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// In the order in which they were written; none if there was nothing to do.
    pub entries: Vec<Entry>,
    /// The reservation it made, changed or ended.
    pub reservation: Option<Reservation>,
    /// Every block it touched, as it stands afterwards, in the order first touched.
    pub balances: Vec<Block>,
}

pub(super) struct Posting<'a> {
    book: &'a mut Book,
    context: &'a ApplyContext<'a>,
    new_id: &'a mut dyn FnMut() -> Uuid,
    touched: BTreeMap<Uuid, Block>,
    /// In the order first touched.
    order: Vec<Uuid>,
    entries: Vec<Entry>,
    reservation: Option<Reservation>,
    reversed: Option<Reversible>,
}

/// What an entry says besides the block, its kind and its amount.
#[derive(Debug, Clone, Default)]
pub(super) struct EntryDetails<'a> {
    pub performed: Option<Performed>,
    pub location_id: Option<&'a str>,
    pub product_id: Option<&'a str>,
    pub reservation_id: Option<Uuid>,
    pub expire_time: Option<DateTime<Utc>>,
    pub reversed_entry_id: Option<Uuid>,
    pub note: &'a str,
}

impl<'a> Posting<'a> {
    pub(super) fn new(book: &'a mut Book, context: &'a ApplyContext<'a>, new_id: &'a mut dyn FnMut() -> Uuid) -> Self {
        Self {
            book,
            context,
            new_id,
            touched: BTreeMap::new(),
            order: Vec::new(),
            entries: Vec::new(),
            reservation: None,
            reversed: None,
        }
    }

    pub(super) fn context(&self) -> &'a ApplyContext<'a> {
        self.context
    }

    pub(super) fn new_id(&mut self) -> Uuid {
        (self.new_id)()
    }

    /// A block as this command leaves it so far.
    pub(super) fn find_block(&self, block_id: Uuid) -> Option<&Block> {
        self.touched.get(&block_id).or_else(|| self.book.blocks.get(&block_id))
    }

    /// A block to take from: by the contract of the work it may end later than is written down.
    pub(super) fn block_of_work(&self, block_id: Uuid) -> Option<Cow<'_, Block>> {
        let block = self.find_block(block_id)?;
        let mut sources = self.context.sources.iter();
        let end = sources.find(|source| source.block_id == Some(block_id)).and_then(|source| source.block_end);
        Some(match end {
            Some(end) if end > block.end => Cow::Owned(Block { end, ..block.clone() }),
            _ => Cow::Borrowed(block),
        })
    }

    pub(super) fn block(&self, block_id: Uuid) -> Result<&Block, Refusal> {
        self.find_block(block_id).ok_or_else(|| Refusal::Unknown { noun: Noun::Block, id: block_id.to_string() })
    }

    pub(super) fn reservation(&self, reservation_id: Uuid) -> Result<Reservation, Refusal> {
        let held = self.book.reservations.get(&reservation_id);
        held.cloned().ok_or_else(|| Refusal::Unknown { noun: Noun::Reservation, id: reservation_id.to_string() })
    }

    pub(super) fn reversible(&self, entry_id: Uuid) -> Result<Reversible, Refusal> {
        let entry = self.book.reversible.get(&entry_id);
        entry.cloned().ok_or_else(|| Refusal::Unknown { noun: Noun::Entry, id: entry_id.to_string() })
    }

    /// Puts a block as it shall be in place of the stored one.
    pub(super) fn put_block(&mut self, block: Block) {
        if !self.order.contains(&block.id) {
            self.order.push(block.id);
        }
        self.touched.insert(block.id, block);
    }

    pub(super) fn put_reservation(&mut self, reservation: Reservation) {
        self.reservation = Some(reservation);
    }

    pub(super) fn put_reversed(&mut self, reversed: Reversible) {
        self.reversed = Some(reversed);
    }

    /// Writes one entry and moves the block's sums by it.
    pub(super) fn post(
        &mut self,
        block_id: Uuid,
        kind: EntryKind,
        amount: i64,
        details: &EntryDetails<'_>,
    ) -> Result<(), Refusal> {
        let mut block = self.block(block_id)?.clone();
        // Whether a command may do this was judged before; what fails here cannot be written at all.
        let totals = block.totals().with(kind, amount).ok_or_else(|| overflow(&block, kind, amount))?;
        let sequence = block.sequence.checked_add(1).ok_or_else(|| overflow(&block, kind, amount))?;
        let mut entry = Entry {
            id: self.new_id(),
            customer_id: self.book.customer_id.clone(),
            block_id,
            work_order_id: block.work_order_id.clone(),
            item_id: block.item_id.clone(),
            service_id: block.service_id.clone(),
            unit: block.unit,
            sequence,
            kind,
            amount,
            performed: window_to_micros(details.performed),
            location_id: non_empty(details.location_id),
            product_id: non_empty(details.product_id),
            reservation_id: details.reservation_id,
            expire_time: details.expire_time.map(to_micros),
            reversed_entry_id: details.reversed_entry_id,
            note: details.note.to_owned(),
            request_id: non_empty(self.context.request_id),
            actor: self.context.actor.to_owned(),
            record_time: self.context.now,
            previous_hash: block.head,
            hash: block.head,
            totals,
        };
        entry.hash = entry.computed_hash();
        (block.granted, block.used, block.reserved) = (totals.granted, totals.used, totals.reserved);
        (block.sequence, block.head) = (sequence, entry.hash);
        self.entries.push(entry);
        self.put_block(block);
        Ok(())
    }

    /// Everything holds: it goes into the book.
    pub(super) fn finish(self) -> Applied {
        let balances = self.order.iter().filter_map(|id| self.touched.get(id).cloned()).collect();
        self.book.blocks.extend(self.touched);
        if let Some(held) = &self.reservation {
            self.book.add_reservation(held.clone());
        }
        if let Some(reversed) = self.reversed {
            self.book.reversible.insert(reversed.entry_id, reversed);
        }
        let uses = self.entries.iter().filter(|entry| entry.kind.is_use());
        self.book.reversible.extend(uses.map(|entry| (entry.id, Reversible::of(entry))));
        Applied { entries: self.entries, reservation: self.reservation, balances }
    }
}

/// An empty text is no text: the wire does not tell them apart, and the hash must not either.
fn non_empty(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A sum that cannot be: too large is the caller's doing, below 0 is ours.
fn overflow(block: &Block, kind: EntryKind, amount: i64) -> Refusal {
    let adds = matches!(kind, EntryKind::Grant | EntryKind::Adjust | EntryKind::Consume | EntryKind::Reserve);
    if adds && amount >= 0 {
        // A grant to so much in all has its limit: only an increase goes beyond counting.
        let field = if kind == EntryKind::Adjust { "delta" } else { "quantity" };
        CommandViolation::malformed(reason::QUANTITY_TOO_LARGE, field, "the balance would be beyond counting").into()
    } else {
        Refusal::Broken(format!("{} of {amount} on block {} with {:?}", kind.as_str(), block.id, block.totals()))
    }
}

/// An asked amount in base units: at least 1, at most [`LARGEST_AMOUNT`], in a unit that fits.
pub(super) fn amount(quantity: Quantity, unit: Unit, days: bool) -> Result<i64, Vec<CommandViolation>> {
    let in_base = match quantity.amount {
        0 => Err(zero()),
        ..0 => Err(CommandViolation::malformed(
            reason::QUANTITY_NEGATIVE,
            "quantity.amount",
            format!("`{}` is below 0; ask for 1 or more", quantity.amount),
        )),
        _ => in_base_unit(quantity),
    };
    fitting(in_base, quantity, unit, days)
}

/// An amount in base units that may be below 0.
pub(super) fn signed_amount(quantity: Quantity, unit: Unit, days: bool) -> Result<i64, Vec<CommandViolation>> {
    fitting(in_base_unit(quantity), quantity, unit, days)
}

pub(super) fn zero() -> CommandViolation {
    CommandViolation::malformed(reason::QUANTITY_ZERO, "quantity.amount", "nothing would change; ask for 1 or more")
}

fn in_base_unit(quantity: Quantity) -> Result<i64, CommandViolation> {
    let amount = quantity.in_base_unit().filter(|amount| (-LARGEST_AMOUNT..=LARGEST_AMOUNT).contains(amount));
    amount.ok_or_else(|| {
        let (unit, base) = (quantity.unit.as_str(), quantity.unit.base().as_str());
        let description = format!("`{}` {unit} are more than {LARGEST_AMOUNT} {base}", quantity.amount);
        CommandViolation::malformed(reason::QUANTITY_TOO_LARGE, "quantity.amount", description)
    })
}

/// The amount if its unit fits too.
fn fitting(
    in_base: Result<i64, CommandViolation>,
    quantity: Quantity,
    unit: Unit,
    days: bool,
) -> Result<i64, Vec<CommandViolation>> {
    let fits = quantity.unit.base() == unit && (quantity.unit != Unit::Days || days);
    let mismatch = (!fits).then(|| {
        let description = format!("the block is counted in {}, not in {}", unit.as_str(), quantity.unit.as_str());
        CommandViolation::malformed(reason::UNIT_MISMATCH, "quantity.unit", description)
    });
    match (mismatch, in_base) {
        (None, Ok(amount)) => Ok(amount),
        (mismatch, in_base) => Err(mismatch.into_iter().chain(in_base.err()).collect()),
    }
}
