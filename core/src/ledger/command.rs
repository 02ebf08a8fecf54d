//! What callers ask of the ledger.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::model::{BlockSpec, Canonical, DeliveryMode, Quantity};

/// One thing to do, as the caller said it: nothing in it was looked up or worked out, so that
/// a repeated request is the same command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// The contract has these blocks now: new ones come into being, others get its terms and
    /// amounts.
    Grant {
        blocks: Vec<BlockSpec>,
    },
    Consume(Take),
    Reserve {
        take: Take,
        /// Absent: the usual hold, cut at the end of the blocks.
        expire_time: Option<DateTime<Utc>>,
    },
    Extend {
        reservation_id: Uuid,
        /// If given, a block that must fund the hold.
        block_id: Option<Uuid>,
        expire_time: DateTime<Utc>,
    },
    Commit {
        reservation_id: Uuid,
        block_id: Option<Uuid>,
        /// Absent: all that is held.
        quantity: Option<Quantity>,
        /// Whether more than is held may be taken, if it is available.
        allow_more: bool,
        /// Absent: what the reservation said, if that is past; else now.
        performed: Option<Performed>,
        note: String,
    },
    Release {
        reservation_id: Uuid,
        block_id: Option<Uuid>,
        note: String,
    },
    Reverse {
        entry_id: Uuid,
        /// Absent: all that is left of the entry.
        quantity: Option<Quantity>,
        note: String,
    },
    Adjust {
        block_id: Uuid,
        change: Adjustment,
        reason: String,
    },
    /// Ends a hold whose time has run out.
    Expire {
        reservation_id: Uuid,
    },
}

/// So much, of this, for that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    pub target: Target,
    pub quantity: Quantity,
    /// When the work was done, or for a hold is to be done; absent: now.
    pub performed: Option<Performed>,
    /// The solutions it is for, each once; fewer than two are not judged.
    pub solution_ids: Vec<String>,
    /// The caller's reference.
    pub note: String,
}

/// What to draw from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// This block alone; absent: whichever serve, in burn order.
    pub block_id: Option<Uuid>,
    /// Required without a block.
    pub location_id: Option<String>,
    pub product_id: Option<String>,
    pub service_id: Option<String>,
    /// How it is delivered; absent: not judged.
    pub mode: Option<DeliveryMode>,
}

/// When work was done: from `start` up to, but without, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Performed {
    pub start: DateTime<Utc>,
    pub end: DateTime<Utc>,
}

impl Performed {
    pub(super) fn write(performed: Option<Self>, canonical: &mut Canonical) {
        canonical.optional_time(performed.map(|it| it.start)).optional_time(performed.map(|it| it.end));
    }
}

/// How an administrator changes what a block grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Adjustment {
    /// By so much more, or less.
    By(Quantity),
    /// To so much in all.
    To(Quantity),
}

impl Command {
    /// What stored requests call it, and its content hash counts in: it must never change.
    pub fn method(&self) -> &'static str {
        match self {
            Self::Grant { .. } => "Grant",
            Self::Consume(_) => "ConsumeUnits",
            Self::Reserve { .. } => "ReserveUnits",
            Self::Extend { .. } => "ExtendReservation",
            Self::Commit { .. } => "CommitReservation",
            Self::Release { .. } => "ReleaseReservation",
            Self::Reverse { .. } => "ReverseEntry",
            Self::Adjust { .. } => "AdjustBlock",
            Self::Expire { .. } => "Expire",
        }
    }

    /// Tells whether a repeated request asks for the same: SHA-256, in hexadecimal, over what
    /// was asked and nothing else. `1 h` and `60 min` are the same.
    pub fn content_hash(&self) -> String {
        let mut canonical = Canonical::new("entitled.ledger.command.1");
        canonical.text(self.method());
        match self {
            Self::Grant { blocks } => {
                for spec in blocks {
                    canonical.id(spec.id).number(spec.granted).optional_number(spec.priority.map(i64::from));
                    canonical.time(spec.start).time(spec.end);
                }
            }
            Self::Consume(take) => take.write(&mut canonical),
            Self::Reserve { take, expire_time } => {
                take.write(&mut canonical);
                canonical.optional_time(*expire_time);
            }
            Self::Extend { reservation_id, block_id, expire_time } => {
                canonical.id(*reservation_id).optional_id(*block_id).time(*expire_time);
            }
            Self::Commit { reservation_id, block_id, quantity, allow_more, performed, note } => {
                canonical.id(*reservation_id).optional_id(*block_id);
                write_optional(&mut canonical, *quantity);
                canonical.number(i64::from(*allow_more));
                Performed::write(*performed, &mut canonical);
                canonical.text(note);
            }
            Self::Release { reservation_id, block_id, note } => {
                canonical.id(*reservation_id).optional_id(*block_id).text(note);
            }
            Self::Reverse { entry_id, quantity, note } => {
                canonical.id(*entry_id);
                write_optional(&mut canonical, *quantity);
                canonical.text(note);
            }
            Self::Adjust { block_id, change, reason } => {
                canonical.id(*block_id);
                let (way, quantity) = match change {
                    Adjustment::By(quantity) => ("by", quantity),
                    Adjustment::To(quantity) => ("to", quantity),
                };
                canonical.text(way);
                write(&mut canonical, *quantity);
                canonical.text(reason);
            }
            Self::Expire { reservation_id } => {
                canonical.id(*reservation_id);
            }
        }
        hex::encode(canonical.digest())
    }
}

impl Take {
    fn write(&self, canonical: &mut Canonical) {
        let Self { target, quantity, performed, solution_ids, note } = self;
        let Target { block_id, location_id, product_id, service_id, mode } = target;
        canonical.optional_id(*block_id).optional_text(location_id.as_deref());
        canonical.optional_text(product_id.as_deref()).optional_text(service_id.as_deref());
        canonical.optional_text(mode.map(DeliveryMode::as_str));
        write(canonical, *quantity);
        Performed::write(*performed, canonical);
        canonical.text(note);
        // Without solutions it is the hash that earlier versions stored.
        if !solution_ids.is_empty() {
            let sorted: BTreeSet<&String> = solution_ids.iter().collect();
            canonical.number(i64::try_from(sorted.len()).unwrap_or(i64::MAX));
            for id in sorted {
                canonical.text(id);
            }
        }
    }
}

fn write(canonical: &mut Canonical, quantity: Quantity) {
    match quantity.in_base_unit() {
        Some(amount) => canonical.text(quantity.unit.base().as_str()).number(amount),
        // Refused in any case; still its own content.
        None => canonical.text(quantity.unit.as_str()).number(quantity.amount),
    };
}

fn write_optional(canonical: &mut Canonical, quantity: Option<Quantity>) {
    match quantity {
        Some(quantity) => write(canonical, quantity),
        None => {
            canonical.optional_text(None);
        }
    }
}
