//! The chain: every entry carries the hash of its content and of its predecessor's hash, so
//! that nothing written can be changed, left out or moved without being seen.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Entry, EntryKind, Performed, Totals};

/// Names the encoding: another one gets another name.
const ENCODING: &str = "entitled.ledger.entry.1";

/// SHA-256 of an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// What stands before the first entry of a block.
    pub const FIRST: Self = Self([0; 32]);

    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        for (row, byte) in bytes.iter_mut().enumerate() {
            let from = row.checked_mul(2)?;
            *byte = u8::from_str_radix(text.get(from..from.checked_add(2)?)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ChainHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChainHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// Hashes values one after the other so that no two sequences of values make the same bytes:
/// each is preceded by its kind and length.
#[derive(Debug)]
pub(super) struct Canonical(Sha256);

impl Canonical {
    pub fn new(encoding: &str) -> Self {
        let mut canonical = Self(Sha256::new());
        canonical.text(encoding);
        canonical
    }

    fn value(&mut self, kind: u8, bytes: &[u8]) -> &mut Self {
        self.0.update([kind]);
        self.0.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.0.update(bytes);
        self
    }

    fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => {
                self.value(b'-', &[]);
            }
        }
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.value(b't', text.as_bytes())
    }

    pub fn number(&mut self, number: i64) -> &mut Self {
        self.value(b'n', &number.to_be_bytes())
    }

    pub fn id(&mut self, id: Uuid) -> &mut Self {
        self.value(b'u', id.as_bytes())
    }

    /// In whole microseconds, which is what stores keep.
    pub fn time(&mut self, time: DateTime<Utc>) -> &mut Self {
        self.value(b'i', &time.timestamp_micros().to_be_bytes())
    }

    pub fn hash(&mut self, hash: ChainHash) -> &mut Self {
        self.value(b'h', hash.as_bytes())
    }

    pub fn optional_text(&mut self, text: Option<&str>) -> &mut Self {
        self.optional(text, |to, text| {
            to.text(text);
        })
    }

    pub fn optional_number(&mut self, number: Option<i64>) -> &mut Self {
        self.optional(number, |to, number| {
            to.number(number);
        })
    }

    pub fn optional_id(&mut self, id: Option<Uuid>) -> &mut Self {
        self.optional(id, |to, id| {
            to.id(id);
        })
    }

    pub fn optional_time(&mut self, time: Option<DateTime<Utc>>) -> &mut Self {
        self.optional(time, |to, time| {
            to.time(time);
        })
    }

    pub fn performed(&mut self, performed: Option<Performed>) -> &mut Self {
        self.optional_time(performed.map(|it| it.start)).optional_time(performed.map(|it| it.end))
    }

    pub fn finish(self) -> ChainHash {
        ChainHash(self.0.finalize().into())
    }
}

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
        } = self;
        let mut canonical = Canonical::new(ENCODING);
        canonical.hash(*previous_hash).text(customer_id).id(*block_id).number(*sequence).id(*id);
        canonical.text(work_order_id).text(item_id).text(service_id).text(unit.as_str());
        canonical.text(kind.as_str()).number(*amount).performed(*performed);
        canonical.optional_text(location_id.as_deref()).optional_text(product_id.as_deref());
        canonical.optional_id(*reservation_id).optional_time(*expire_time).optional_id(*reversed_entry_id);
        canonical.text(note).optional_text(request_id.as_deref()).text(actor).time(*record_time);
        canonical.finish()
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
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { block_id, entry_id, sequence, kind } = self;
        write!(f, "entry {entry_id} (number {sequence} of block {block_id}) does not fit: ")?;
        match kind {
            MisfitKind::Sequence { expected } => write!(f, "number {expected} was expected here"),
            MisfitKind::Predecessor => f.write_str("it does not refer to the entry before it"),
            MisfitKind::Content => f.write_str("its content is not what was written"),
            MisfitKind::Balance => f.write_str("the sums do not allow it"),
        }
    }
}

impl std::error::Error for Misfit {}

/// Where a chain stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    pub sequence: i64,
    pub head: ChainHash,
    pub totals: Totals,
}

/// Verifies chains entry by entry: those of one block in their order, blocks in any.
#[derive(Debug, Clone, Default)]
pub struct Chains(BTreeMap<Uuid, Link>);

impl Chains {
    pub fn push(&mut self, entry: &Entry) -> Result<(), Misfit> {
        let first = Link { sequence: 0, head: ChainHash::FIRST, totals: Totals::default() };
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
        *link = Link { sequence: entry.sequence, head: entry.hash, totals };
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
