//! A small file system of its own, to be filled.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use entitled::error::BoxError;
use tempfile::TempDir;

use super::run;

const FILLER: &str = "filler";

/// Gone with its value.
#[derive(Debug)]
pub(crate) struct Tmpfs {
    directory: TempDir,
}

impl Tmpfs {
    /// Only root may mount, and not everywhere.
    pub(crate) fn mount(size: &str) -> Result<Self, BoxError> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().to_string_lossy().into_owned();
        run("mount", &["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs", &path])?;
        Ok(Self { directory })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join(FILLER)
    }

    /// To the last byte.
    pub(crate) fn fill(&self) -> Result<(), BoxError> {
        let mut filler = File::create(self.filler())?;
        let mut length = 1_usize << 20;
        while length > 0 {
            // A part may have been written: less of it is tried until nothing goes any more.
            if filler.write_all(&vec![0; length]).is_err() {
                length >>= 1;
            }
        }
        Ok(())
    }

    pub(crate) fn clear(&self) -> Result<(), BoxError> {
        Ok(fs::remove_file(self.filler())?)
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let path = self.path().to_string_lossy().into_owned();
        // Also where something still has a file open in it.
        let _ = run("umount", &["--lazy", &path]);
    }
}
