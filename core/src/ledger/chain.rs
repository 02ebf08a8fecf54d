//! The chain: every entry carries the hash of its content and of its predecessor's hash, so
//! that nothing written can be changed, left out or moved without being seen.

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

use super::{ChainHash, Entry, EntryKind, Performed, Totals};
use crate::model::Canonical;

/// Names the encoding: another one gets another name.
const ENCODING: &str = "entitled.ledger.entry.1";

impl Entry {
    /// The hash this entry must carry.
    pub fn computed_hash(&self) -> ChainHash {
        // Every field is named here: a new one must be thought about.
        let Self {
            id,
            customer_id,
            block_id,
            work_order_id,
            item_id,
            service_id,
            unit,
            sequence,
            kind,
            amount,
            performed,
            location_id,
            product_id,
            reservation_id,
            expire_time,
            reversed_entry_id,
            note,
            request_id,
            actor,
            record_time,
            previous_hash,
            hash: _,
            totals: _,
        } = self;
        let mut canonical = Canonical::new(ENCODING);
        canonical.digest_of(previous_hash.as_bytes()).text(customer_id).id(*block_id).number(*sequence).id(*id);
        canonical.text(work_order_id).text(item_id).text(service_id).text(unit.as_str());
        canonical.text(kind.as_str()).number(*amount);
        Performed::write(*performed, &mut canonical);
        canonical.optional_text(location_id.as_deref()).optional_text(product_id.as_deref());
        canonical.optional_id(*reservation_id).optional_time(*expire_time).optional_id(*reversed_entry_id);
        canonical.text(note).optional_text(request_id.as_deref()).text(actor).time(*record_time);
        ChainHash::new(canonical.digest())
    }
}

/// The first entry that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    pub block_id: Uuid,
    pub entry_id: Uuid,
    pub sequence: i64,
    pub kind: MisfitKind,
}

/// In which way an entry does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MisfitKind {
    /// Its number is not the next one: an entry before it is missing or was moved.
    Sequence { expected: i64 },
    /// It does not refer to the entry before it.
    Predecessor,
    /// Its content is not what was hashed.
    Content,
    /// With it, a sum would fall below 0 or beyond counting.
    Balance,
    /// The sums it tells are not those of the entries up to it.
    Totals { expected: Totals },
}

impl fmt::Display for MisfitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence { expected } => write!(f, "number {expected} was expected here"),
            Self::Predecessor => f.write_str("it does not refer to the entry before it"),
            Self::Content => f.write_str("its content is not what was written"),
            Self::Balance => f.write_str("the sums do not allow it"),
            Self::Totals { expected: Totals { granted, used, reserved } } => {
                write!(f, "the entries up to it grant {granted}, use {used} and hold {reserved}, and it says otherwise")
            }
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { block_id, entry_id, sequence, kind } = self;
        write!(f, "entry {entry_id} (number {sequence} of block {block_id}) does not fit: {kind}")
    }
}

impl std::error::Error for Misfit {}

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub sequence: i64,
    pub head: ChainHash,
    pub totals: Totals,
    /// What the contract granted: of `totals.granted` the part that is no adjustment.
    pub contracted: i64,
}

/// Verifies chains entry by entry: those of one block in their order, blocks in any.
#[derive(Debug, Clone, Default)]
pub struct Chains(BTreeMap<Uuid, Link>);

impl Chains {
    pub fn push(&mut self, entry: &Entry) -> Result<(), Misfit> {
        let first = Link { sequence: 0, head: ChainHash::FIRST, totals: Totals::default(), contracted: 0 };
        let link = self.0.entry(entry.block_id).or_insert(first);
        let misfit = |kind| Misfit { block_id: entry.block_id, entry_id: entry.id, sequence: entry.sequence, kind };
        let expected = link.sequence.saturating_add(1);
        // The content first: what was altered in place is named as that.
        if entry.hash != entry.computed_hash() {
            return Err(misfit(MisfitKind::Content));
        }
        if entry.sequence != expected {
            return Err(misfit(MisfitKind::Sequence { expected }));
        }
        if entry.previous_hash != link.head {
            return Err(misfit(MisfitKind::Predecessor));
        }
        let totals = link.totals.with(entry.kind, entry.amount).ok_or_else(|| misfit(MisfitKind::Balance))?;
        if entry.totals != totals {
            return Err(misfit(MisfitKind::Totals { expected: totals }));
        }
        let granted = if entry.kind == EntryKind::Grant { entry.amount } else { 0 };
        let contracted = link.contracted.checked_add(granted).ok_or_else(|| misfit(MisfitKind::Balance))?;
        *link = Link { sequence: entry.sequence, head: entry.hash, totals, contracted };
        Ok(())
    }

    /// Where the chain of a block stands; none if no entry of it was seen.
    pub fn link(&self, block_id: Uuid) -> Option<Link> {
        self.0.get(&block_id).copied()
    }

    pub fn links(&self) -> impl Iterator<Item = (Uuid, Link)> + '_ {
        self.0.iter().map(|(id, link)| (*id, *link))
    }
}

/// Verifies whole chains; those of one block in their order.
pub fn verify<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Result<Chains, Misfit> {
    let mut chains = Chains::default();
    entries.into_iter().try_for_each(|entry| chains.push(entry))?;
    Ok(chains)
}

/// The sums of a block's entries, whatever their hashes are; none if they do not add up.
pub fn fold<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<Totals> {
    let add = |sums: Totals, (kind, amount): (EntryKind, i64)| sums.with(kind, amount);
    entries.into_iter().map(|entry| (entry.kind, entry.amount)).try_fold(Totals::default(), add)
}
