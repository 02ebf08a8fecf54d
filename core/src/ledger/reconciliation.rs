//! Reservations against entries: each is what its entries make of it, and ended once.
//!
//! What a block holds is the fold of its entries, which [`super::Chains`] sees to, and every
//! entry that moves it names a reservation. Where each reservation is what its entries make of
//! it, a block therefore holds what its open reservations hold of it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Entry, EntryKind, Reservation, ReservationState};

/// In which way an entry or a reservation does not fit the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldDiscrepancyKind {
    /// The entry moves what is held and names no reservation.
    Unnamed,
    /// The entry holds for a reservation that another write had made.
    Made,
    /// The entry takes what the reservation does not hold of its block.
    Held { left: i64 },
    /// The entry ends a reservation that another write had ended.
    Ended,
    /// Entries tell of the reservation, and it is not there.
    Missing,
    /// The reservation is there, and no entry tells of it.
    Untold,
    /// The reservation has ended, and not all it held was used or given back.
    Rest { block_id: Uuid, left: i64 },
    /// This field of the reservation is not what its entries make of it.
    Field(&'static str),
}

impl fmt::Display for HoldDiscrepancyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed => f.write_str("it moves what is held and names no reservation"),
            Self::Made => f.write_str("another write made its reservation"),
            Self::Held { left } => write!(f, "its reservation holds {left} of the block at this point"),
            Self::Ended => f.write_str("another write ended its reservation"),
            Self::Missing => f.write_str("there are entries of it, and it is missing"),
            Self::Untold => f.write_str("it is there, and no entry tells of it"),
            Self::Rest { block_id, left } => write!(f, "it has ended, and still holds {left} of block {block_id}"),
            Self::Field(name) => write!(f, "its `{name}` is not what its entries make of it"),
        }
    }
}

/// The first reservation that does not fit its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HoldDiscrepancy {
    pub reservation_id: Uuid,
    pub kind: HoldDiscrepancyKind,
}

impl fmt::Display for HoldDiscrepancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reservation_id, kind } = self;
        write!(f, "reservation {reservation_id} does not fit: {kind}")
    }
}

impl std::error::Error for HoldDiscrepancy {}

/// A customer's reservations, and what the entries say of them.
#[derive(Debug, Clone, Default)]
pub struct Reconciliation {
    reservations: BTreeMap<Uuid, Reservation>,
    told: BTreeMap<Uuid, Recorded>,
}

impl Reconciliation {
    /// One of all the reservations there are; one that was read again is what it is now.
    pub fn add(&mut self, reservation: Reservation) {
        self.reservations.insert(reservation.id, reservation);
    }

    /// How many reservations there are.
    pub fn count(&self) -> usize {
        self.reservations.len()
    }

    /// The next entry: those of one block in their order, blocks in any. What was written before the
    /// reservations were read must come; of what was written since, any part may. `is_settled`:
    /// this one was surely written before.
    pub fn push(&mut self, entry: &Entry, is_settled: bool) -> Result<(), HoldDiscrepancyKind> {
        match entry.reservation_id {
            Some(reservation_id) => self.told.entry(reservation_id).or_default().push(entry, is_settled),
            None if entry.kind.is_of_hold() => Err(HoldDiscrepancyKind::Unnamed),
            None => Ok(()),
        }
    }

    /// Once all entries were seen.
    pub fn finish(&self) -> Result<(), HoldDiscrepancy> {
        let mut told = self.told.iter().filter(|(_, told)| told.is_settled);
        if let Some((id, _)) = told.find(|(id, _)| !self.reservations.contains_key(id)) {
            return Err(HoldDiscrepancy { reservation_id: *id, kind: HoldDiscrepancyKind::Missing });
        }
        self.reservations.values().try_for_each(|reservation| {
            let told = self.told.get(&reservation.id).ok_or(HoldDiscrepancyKind::Untold);
            let compared = told.and_then(|told| told.compare(reservation));
            compared.map_err(|kind| HoldDiscrepancy { reservation_id: reservation.id, kind })
        })
    }
}

/// What the entries say of one reservation.
#[derive(Debug, Clone, Default)]
struct Recorded {
    parts: BTreeMap<Uuid, RecordedPart>,
    /// An entry of the write that made it.
    made: Option<Entry>,
    ended: Option<Write>,
    /// Whether it ran out.
    is_expired: bool,
    used: i64,
    /// Whether it was made, and ended, before the reservations were read.
    is_settled: bool,
    is_end_settled: bool,
}

/// What one block puts in.
#[derive(Debug, Clone, Copy)]
struct RecordedPart {
    amount: i64,
    left: i64,
    expire_time: Option<DateTime<Utc>>,
    /// Of what was written before the reservations were read.
    settled_expire_time: Option<DateTime<Utc>>,
}

/// Entries with the same of both are of one write.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Write {
    request_id: Option<String>,
    record_time: DateTime<Utc>,
}

impl Write {
    fn of(entry: &Entry) -> Self {
        Self { request_id: entry.request_id.clone(), record_time: entry.record_time }
    }
}

impl Recorded {
    fn push(&mut self, entry: &Entry, is_settled: bool) -> Result<(), HoldDiscrepancyKind> {
        self.is_settled |= is_settled;
        match entry.kind {
            EntryKind::Reserve => {
                let made = self.made.get_or_insert_with(|| entry.clone());
                if self.parts.contains_key(&entry.block_id) || Write::of(made) != Write::of(entry) {
                    return Err(HoldDiscrepancyKind::Made);
                }
                let (amount, expire_time) = (entry.amount, entry.expire_time);
                let settled_expire_time = expire_time.filter(|_| is_settled);
                self.parts
                    .insert(entry.block_id, RecordedPart { amount, left: amount, expire_time, settled_expire_time });
                Ok(())
            }
            EntryKind::Extend | EntryKind::Commit | EntryKind::Release | EntryKind::Expire => {
                let part = self.parts.get_mut(&entry.block_id);
                let left = part.as_ref().map_or(0, |part| part.left);
                let Some(part) = part.filter(|_| left > 0 && entry.amount <= left) else {
                    return Err(HoldDiscrepancyKind::Held { left });
                };
                part.left = left.saturating_sub(entry.amount);
                part.expire_time = entry.expire_time;
                if is_settled {
                    part.settled_expire_time = entry.expire_time;
                }
                if entry.kind == EntryKind::Extend { Ok(()) } else { self.end(entry, is_settled) }
            }
            // What a commit took beyond what was held.
            EntryKind::Consume => self.end(entry, is_settled),
            EntryKind::Grant | EntryKind::Adjust | EntryKind::Reverse => Ok(()),
        }
    }

    fn end(&mut self, entry: &Entry, is_settled: bool) -> Result<(), HoldDiscrepancyKind> {
        let (write, is_expired) = (Write::of(entry), entry.kind == EntryKind::Expire);
        if self.ended.as_ref().is_some_and(|ended| *ended != write || self.is_expired != is_expired) {
            return Err(HoldDiscrepancyKind::Ended);
        }
        (self.ended, self.is_expired) = (Some(write), is_expired);
        self.is_end_settled |= is_settled;
        if entry.kind.is_use() {
            self.used = self.used.saturating_add(entry.amount);
        }
        Ok(())
    }

    fn state(&self) -> ReservationState {
        match self.ended {
            None => ReservationState::Open,
            Some(_) if self.is_expired => ReservationState::Expired,
            Some(_) if self.used > 0 => ReservationState::Committed,
            Some(_) => ReservationState::Released,
        }
    }

    fn compare(&self, reservation: &Reservation) -> Result<(), HoldDiscrepancyKind> {
        let is_open = reservation.state == ReservationState::Open;
        // It was open when it was read, and ended since.
        let ended_since = is_open && !self.is_end_settled;
        let (used, end_time) = match &self.ended {
            Some(write) if !ended_since => (self.used, Some(write.record_time)),
            _ => (0, None),
        };
        let Some(made) = &self.made else { return Err(HoldDiscrepancyKind::Field("parts")) };
        let target = &reservation.target;
        let of_parts = reservation.parts.iter().map(|part| (part.block_id, part.amount));
        let parts: BTreeMap<Uuid, i64> = self.parts.iter().map(|(id, part)| (*id, part.amount)).collect();
        let is_so = [
            ("unit", reservation.unit == made.unit),
            ("parts", reservation.parts.len() == parts.len() && of_parts.collect::<BTreeMap<_, _>>() == parts),
            ("state", ended_since || self.state() == reservation.state),
            ("committed", reservation.committed == used),
            ("performed", reservation.performed == made.performed),
            ("location_id", target.location_id == made.location_id),
            ("product_id", target.product_id == made.product_id),
            ("service_id", target.service_id.as_ref().is_none_or(|service_id| *service_id == made.service_id)),
            ("create_time", reservation.create_time == made.record_time),
            ("expire_time", self.may_expire_at(reservation.expire_time)),
            ("end_time", reservation.end_time == end_time),
        ];
        if let Some((name, _)) = is_so.into_iter().find(|(_, is_so)| !is_so) {
            return Err(HoldDiscrepancyKind::Field(name));
        }
        match self.parts.iter().find(|(_, part)| !is_open && part.left > 0) {
            Some((block_id, part)) => Err(HoldDiscrepancyKind::Rest { block_id: *block_id, left: part.left }),
            None => Ok(()),
        }
    }

    /// It may have been put off since.
    fn may_expire_at(&self, instant: DateTime<Utc>) -> bool {
        let latest = self.parts.values().filter_map(|part| part.expire_time).max();
        let settled = self.parts.values().filter_map(|part| part.settled_expire_time).max();
        latest.is_some_and(|latest| instant <= latest) && settled.is_none_or(|settled| settled <= instant)
    }
}
