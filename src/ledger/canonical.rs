//! Hashes of content: the same content makes the same hash, whatever wrote it down.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Performed;

/// SHA-256 of an entry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// What stands before the first entry of a block.
    pub const FIRST: Self = Self([0; 32]);

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads 64 hexadecimal digits, in small letters as they are written.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        (!text.bytes().any(|digit| digit.is_ascii_uppercase())).then_some(Self(bytes))
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for ChainHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(self.0))
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
