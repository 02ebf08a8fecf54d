//! The zone data of the system, if it is newer than that of the program.
//!
//! Laws about clocks change several times a year. The program has the data of its release; a system that is kept up to
//! date has newer data, and the server takes it up while it runs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::MissedTickBehavior;

use crate::cache::Cache;
use crate::config::variable;
use crate::model::{ZoneOrigin, ZoneTable, current_zones, replace_zones};

/// Where systems keep it.
const USUAL: &str = "/usr/share/zoneinfo";
/// How often the directory is looked at: the first bytes of one file.
const PERIOD: Duration = Duration::from_secs(5);
/// The file of a zone takes a few KiB.
const LARGEST_ZONE: u64 = 1024 * 1024;
/// `America/Argentina/Buenos_Aires` is the deepest.
const DEEPEST: usize = 3;
/// Far more than there are.
const MOST_ZONES: usize = 5_000;
/// Every file of a zone begins so.
const MAGIC: &[u8] = b"TZif";

/// A directory of zone data.
#[derive(Debug, Clone)]
pub struct Zoneinfo(PathBuf);

/// What tells one state of the directory from another.
type Stamp = (String, Option<SystemTime>);

impl Zoneinfo {
    /// The directory of the settings, else that of the variable `TZDIR`, else the usual one.
    pub fn new(directory: Option<&Path>) -> Self {
        let directory = directory.map(Path::to_owned).or_else(|| variable("TZDIR").map(PathBuf::from));
        Self(directory.unwrap_or_else(|| USUAL.into()))
    }

    /// The newer of this directory and the data of the program.
    pub fn newest(&self) -> Arc<ZoneTable> {
        let embedded = ZoneTable::embedded();
        match self.stamp() {
            Some((version, _)) if version.as_str() > embedded.version() => {
                let files = self.files();
                if files.is_empty() {
                    return embedded;
                }
                let current = current_zones();
                // What is in use already stays the same zone.
                let renewed = current.renewed(&version, ZoneOrigin::Directory(self.0.clone()), files);
                if renewed.is_same(&current) { current } else { Arc::new(renewed) }
            }
            _ => embedded,
        }
    }

    /// Puts the newer of both in use, and logs which it is.
    pub fn put_in_use(&self) {
        let zones = self.newest();
        tracing::info!(version = zones.version(), from = %zones.origin(), directory = %self.0.display(), "zone data");
        replace_zones(zones);
    }

    /// The version of the data there, if the directory tells it, and when that was written.
    fn stamp(&self) -> Option<Stamp> {
        let of = |name: &str| {
            let path = self.0.join(name);
            let text = head(&path)?;
            let version =
                text.trim_start_matches("# version ").split_whitespace().next().filter(|it| is_version(it))?;
            Some((version.to_owned(), fs::metadata(&path).and_then(|it| it.modified()).ok()))
        };
        ["tzdata.zi", "+VERSION", "version"].into_iter().find_map(of)
    }

    /// The files of zones by the names of the zones.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        add_files(&self.0, "", DEEPEST, &mut files);
        files
    }
}

/// The first bytes of a file.
fn head(path: &Path) -> Option<String> {
    let mut text = Vec::new();
    File::open(path)
        .ok()
        .filter(|file| file.metadata().is_ok_and(|it| it.is_file()))?
        .take(64)
        .read_to_end(&mut text)
        .ok()?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

/// A year and a letter or two, so that versions compare as texts do.
fn is_version(text: &str) -> bool {
    let (year, letters) = text.split_at_checked(4).unwrap_or_default();
    let is_year = !year.is_empty() && year.bytes().all(|byte| byte.is_ascii_digit());
    is_year && (1..=2).contains(&letters.len()) && letters.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Names of zones begin with a capital, so that `posix`, `right` and the tables beside them are left out.
fn add_files(directory: &Path, prefix: &str, depth: usize, files: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let Some(name) = name.to_str().filter(|name| name.starts_with(|first: char| first.is_ascii_uppercase())) else {
            continue;
        };
        let name = format!("{prefix}{name}");
        match fs::metadata(&path) {
            Ok(it) if it.is_dir() && depth > 1 => {
                add_files(&path, &format!("{name}/"), depth.saturating_sub(1), files);
            }
            Ok(it) if it.is_file() && it.len() <= LARGEST_ZONE && files.len() < MOST_ZONES => {
                files.extend(fs::read(&path).ok().filter(|file| file.starts_with(MAGIC)).map(|file| (name, file)));
            }
            _ => {}
        }
    }
}

/// Takes newer data up when the directory changes. What was worked out with older data is forgotten.
pub async fn follow(zoneinfo: Zoneinfo, cache: Arc<Cache>) {
    let mut ticks = tokio::time::interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = None;
    loop {
        ticks.tick().await;
        let looking = zoneinfo.clone();
        let Ok(stamp) = tokio::task::spawn_blocking(move || looking.stamp()).await else { continue };
        // The start has read it already.
        let is_first = seen.is_none();
        if seen.replace(stamp.clone()) == Some(stamp) || is_first {
            continue;
        }
        let reading = zoneinfo.clone();
        if tokio::task::spawn_blocking(move || reading.put_in_use()).await.is_ok() {
            cache.renew_zones(current_zones());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory that says of London what is true of Tokyo.
    fn directory(first_line: &str) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let tokyo = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/zoneinfo/Tokyo")).unwrap();
        for name in ["Europe", "posix", "right/Europe"] {
            fs::create_dir_all(at(name)).unwrap();
        }
        fs::write(at("tzdata.zi"), format!("{first_line}\nR d 1916 o - Jun 14 23s 1 S\n")).unwrap();
        for name in ["Europe/London", "posix/Tokyo", "right/Europe/Paris", "localtime"] {
            fs::write(at(name), &tokyo).unwrap();
        }
        fs::write(at("Europe/Berlin"), "no zone").unwrap();
        directory
    }

    fn hours_of_london(zones: &ZoneTable) -> i64 {
        zones.find("Europe/London").unwrap().offset("2026-12-01T00:00:00Z".parse().unwrap()).num_hours()
    }

    #[test]
    fn the_newer_data_is_used() {
        for (first_line, version, hours) in [
            ("# version 2999a", "2999a", 9),
            ("# version 2025b", ZoneTable::embedded().version(), 0),
            ("# version unknown", ZoneTable::embedded().version(), 0),
            ("", ZoneTable::embedded().version(), 0),
        ] {
            let directory = directory(first_line);
            let zones = Zoneinfo::new(Some(directory.path())).newest();
            assert_eq!((zones.version(), hours_of_london(&zones)), (version, hours), "{first_line}");
            let names: Vec<_> = zones.names().collect();
            assert!(names.contains(&"Europe/Berlin") && !names.contains(&"localtime"), "{names:?}");
            assert!(!names.iter().any(|name| name.contains("posix") || name.contains("right")), "{names:?}");
        }
    }

    #[test]
    fn a_directory_that_is_not_there_or_has_no_zones_changes_nothing() {
        let empty = tempfile::tempdir().unwrap();
        fs::write(empty.path().join("+VERSION"), "2999a\n").unwrap();
        for directory in [Path::new("/no/such/directory"), empty.path()] {
            assert_eq!(Zoneinfo::new(Some(directory)).newest().origin(), &ZoneOrigin::Embedded);
        }
    }

    #[test]
    fn versions_are_a_year_and_letters() {
        for good in ["2025b", "2026aa"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "2026", "26a", "2026B", "2026abc", "unknown", "2026a-dirty", "２０２６a"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
