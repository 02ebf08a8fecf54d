//! The canonical encoding of content, and its digest: the same content makes the same digest, whatever wrote it down.

use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// Joins values one after the other so that no two sequences of values make the same bytes: each is preceded by its kind
/// and length.
#[derive(Debug)]
pub struct Canonical {
    bytes: Vec<u8>,
}

/// Enough for most: a check, a ledger command, an entry.
const USUAL_LENGTH: usize = 512;

impl Canonical {
    /// Begins with the name of an encoding: its fields in their order. Another order, or another field, is another
    /// encoding.
    pub fn new(encoding: &str) -> Self {
        let mut canonical = Self { bytes: Vec::with_capacity(USUAL_LENGTH) };
        canonical.text(encoding);
        canonical
    }

    fn value(&mut self, kind: u8, value: &[u8]) -> &mut Self {
        self.bytes.push(kind);
        self.bytes.extend_from_slice(&u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.bytes.extend_from_slice(value);
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

    /// A digest made before.
    pub fn digest_of(&mut self, digest: &[u8; 32]) -> &mut Self {
        self.value(b'h', digest)
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

    /// SHA-256 of all of it.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).into()
    }
}
