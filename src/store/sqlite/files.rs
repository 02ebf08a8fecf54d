//! The files of a database, as they were when it was opened.
//!
//! SQLite goes on with the files it has open, even if they are deleted or renamed. A write into a deleted or replaced
//! file is lost when the process ends. So each write checks that the names still lead to the open files.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::error::{Error, Result};

#[derive(Debug)]
pub(crate) struct Files {
    database: Watched,
    /// The write-ahead log, which holds the newest commits.
    log: Watched,
    /// Held while this process serves the database: the file itself, and the one beside it.
    claim: Mutex<Option<[File; 2]>>,
}

impl Files {
    /// Makes an empty file where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let file = OpenOptions::new().read(true).append(true).create(true).open(path);
        let opened = file.and_then(|file| file.metadata()).map_err(|error| cannot_open(path, &error))?;
        if !opened.is_file() {
            return Err(Error::internal(format!("{} is not a regular file: name one", path.display())));
        }
        // SQLite keeps its log beside the file itself, not beside a link to it.
        let path = std::fs::canonicalize(path).map_err(|error| cannot_open(path, &error))?;
        let log = Watched { path: beside(&path, "-wal"), opened: OnceLock::new() };
        let database = Watched { path, opened: OnceLock::from(identity(&opened)) };
        Ok(Self { database, log, claim: Mutex::default() })
    }

    /// Of the database, without links.
    pub(crate) fn path(&self) -> &Path {
        &self.database.path
    }

    /// Remembers the log; it is there once a connection has read or written.
    pub(crate) fn remember_log(&self) {
        if let Ok(found) = std::fs::metadata(&self.log.path) {
            self.log.opened.get_or_init(|| identity(&found));
        }
    }

    /// Whether the names still lead to the files that are open.
    pub(crate) fn verify(&self) -> Result<()> {
        self.database.verify()?;
        self.log.verify()
    }

    /// Keeps other servers from this database until this process ends: SQLite is for one.
    ///
    /// The locks are the operating system's: on the file itself, whichever of its names it was opened by, and on a file
    /// beside it that stays there, for where the former are SQLite's own.
    pub(crate) fn claim(&self) -> Result<()> {
        let locked = [self.lock(&self.database.path)?, self.lock(&beside(&self.database.path, "-lock"))?];
        *self.claim.lock().unwrap_or_else(PoisonError::into_inner) = Some(locked);
        Ok(())
    }

    fn lock(&self, path: &Path) -> Result<File> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|error| cannot_open(path, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => Err(Error::internal(format!(
                "another server is serving {}: stop it first, or use PostgreSQL for several",
                self.database.path.display()
            ))),
            Err(std::fs::TryLockError::Error(error)) => Err(cannot_open(path, &error)),
        }
    }
}

/// A file under its name.
#[derive(Debug)]
struct Watched {
    path: PathBuf,
    /// Which file it was; empty as long as there was none.
    opened: OnceLock<FileIdentity>,
}

impl Watched {
    fn verify(&self) -> Result<()> {
        let Some(opened) = self.opened.get() else { return Ok(()) };
        let what = match std::fs::metadata(&self.path) {
            Ok(found) if identity(&found) == *opened => return Ok(()),
            Ok(_) => "was replaced by another file".to_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => "was deleted or moved away".to_owned(),
            Err(error) => format!("cannot be looked at: {error}"),
        };
        let message = format!("{} {what} while it is served: put it back, or restart", self.path.display());
        Err(Error::Unavailable(Some(message.into())))
    }
}

/// Device and inode.
type FileIdentity = (u64, u64);

#[cfg(unix)]
fn identity(file: &Metadata) -> FileIdentity {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

/// Elsewhere only a missing file is seen.
#[cfg(not(unix))]
fn identity(_: &Metadata) -> FileIdentity {
    (0, 0)
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn cannot_open(path: &Path, error: &io::Error) -> Error {
    Error::internal(format!("cannot open {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> (tempfile::TempDir, PathBuf, Files) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("entitled.db");
        let files = Files::open(&path).unwrap();
        (directory, path, files)
    }

    fn message(outcome: Result<()>) -> String {
        match outcome {
            Err(Error::Unavailable(Some(source))) => source.to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_file_that_was_moved_away_is_missed_until_it_is_back() {
        let (directory, path, files) = files();
        files.verify().unwrap();
        let elsewhere = directory.path().join("elsewhere");
        std::fs::rename(&path, &elsewhere).unwrap();
        assert!(message(files.verify()).contains("was deleted or moved away"));
        std::fs::write(&path, "another").unwrap();
        assert!(message(files.verify()).contains("was replaced by another file"));
        std::fs::rename(&elsewhere, &path).unwrap();
        files.verify().unwrap();
    }

    #[test]
    fn the_log_counts_from_when_it_is_there() {
        let (directory, _, files) = files();
        files.remember_log();
        let log = directory.path().join("entitled.db-wal");
        std::fs::write(&log, "").unwrap();
        files.verify().unwrap();
        files.remember_log();
        std::fs::remove_file(&log).unwrap();
        assert!(message(files.verify()).contains("entitled.db-wal was deleted"));
    }

    #[test]
    fn one_server_at_a_time() {
        let (_directory, path, files) = files();
        files.claim().unwrap();
        let second = Files::open(&path).unwrap();
        let Err(Error::Internal(refused)) = second.claim() else { panic!("both were let in") };
        assert!(refused.to_string().contains("another server is serving"), "{refused}");
        drop(files);
        second.claim().unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_one_by_whichever_name() {
        let (directory, path, files) = files();
        files.claim().unwrap();
        let (link, other) = (directory.path().join("link.db"), directory.path().join("other.db"));
        std::os::unix::fs::symlink(&path, &link).unwrap();
        std::fs::hard_link(&path, &other).unwrap();
        std::fs::remove_file(directory.path().join("entitled.db-lock")).unwrap();
        for name in [&path, &link, &other] {
            let second = Files::open(name).unwrap();
            assert!(second.claim().is_err(), "{}", name.display());
        }
        // The log that is watched is the one SQLite writes.
        let linked = Files::open(&link).unwrap();
        let log = directory.path().join("entitled.db-wal");
        std::fs::write(&log, "").unwrap();
        linked.remember_log();
        std::fs::remove_file(&log).unwrap();
        assert!(message(linked.verify()).contains("entitled.db-wal was deleted"));
    }
}
