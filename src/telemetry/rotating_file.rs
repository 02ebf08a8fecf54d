//! A file that is put aside when it has grown large: `decisions.log`, before it `decisions.log.1`, …

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    /// In bytes: the file is put aside before the line with which it would be larger.
    limit: u64,
    /// How many that were put aside are kept.
    keep: usize,
    /// A line is written to one file, however many pieces it takes.
    is_within_line: bool,
}

impl RotatingFile {
    /// Goes on with the file that is there. A device or a pipe is never put aside.
    pub(super) fn open(path: &Path, limit: u64, keep: usize) -> io::Result<Self> {
        let file = append_to(path)?;
        let metadata = file.metadata()?;
        let size = metadata.len();
        let limit = if metadata.is_file() { limit } else { u64::MAX };
        Ok(Self { path: path.to_owned(), file, size, limit, keep, is_within_line: false })
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (1..self.keep).rev() {
            rename(&self.aside(number), &self.aside(number.saturating_add(1)))?;
        }
        match self.keep {
            0 => self.file.set_len(0)?,
            _ => {
                rename(&self.path, &self.aside(1))?;
                self.file = append_to(&self.path)?;
            }
        }
        self.size = 0;
        Ok(())
    }

    fn aside(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Write for RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if !self.is_within_line && self.size > 0 && self.size.saturating_add(length) > self.limit {
            self.rotate()?;
        }
        let written = self.file.write(bytes)?;
        self.size = self.size.saturating_add(u64::try_from(written).unwrap_or(u64::MAX));
        self.is_within_line = bytes.get(..written).and_then(<[u8]>::last) != Some(&b'\n');
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    // It tells of customers.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// One that is not there is no mistake.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::rename(from, to) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> Option<String> {
        std::fs::read_to_string(path).ok()
    }

    #[test]
    fn a_full_file_is_put_aside_and_the_oldest_goes() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let aside = |number| directory.path().join(format!("log.{number}"));
        std::fs::write(&path, "a\n").unwrap();
        let mut file = RotatingFile::open(&path, 4, 2).unwrap();
        for line in ["b\n", "c\n", "longer than any\n", "d\n"] {
            file.write_all(line.as_bytes()).unwrap();
        }
        assert_eq!(read(&path).unwrap(), "d\n");
        assert_eq!(read(&aside(1)).unwrap(), "longer than any\n");
        assert_eq!(read(&aside(2)).unwrap(), "c\n");
        assert_eq!(read(&aside(3)), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_stays_where_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("null");
        std::os::unix::fs::symlink("/dev/null", &path).unwrap();
        let mut file = RotatingFile::open(&path, 1, 2).unwrap();
        for _ in 0..3 {
            file.write_all(b"line\n").unwrap();
        }
        assert!(path.is_symlink() && !directory.path().join("null.1").exists());
    }

    #[test]
    fn a_line_in_pieces_stays_in_one_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("log");
        let mut file = RotatingFile::open(&path, 4, 0).unwrap();
        for piece in ["ab", "cdef", "g\n"] {
            file.write_all(piece.as_bytes()).unwrap();
        }
        assert_eq!(read(&path).unwrap(), "abcdefg\n");
        file.write_all(b"h\n").unwrap();
        assert_eq!(read(&path).unwrap(), "h\n", "nothing is kept");
    }
}
