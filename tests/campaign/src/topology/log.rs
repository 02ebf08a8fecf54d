//! Where a server's log goes: through a pipe that can be left unread or closed, or to a file on a disk that can be full.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{ChildStderr, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use entitled::error::BoxError;

const READ: u8 = 0;
const STALLED: u8 = 1;
const GONE: u8 = 2;

/// How often a reader that stands still looks whether it may go on.
const LOOK: Duration = Duration::from_millis(20);

/// Kept in a file, over all starts of one server.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    /// Whether the server writes the file itself.
    is_direct: bool,
    reader: Arc<AtomicU8>,
}

impl Log {
    pub(crate) fn new(path: PathBuf, is_direct: bool) -> Self {
        Self { path, is_direct, reader: Arc::new(AtomicU8::new(READ)) }
    }

    fn file(&self) -> Result<File, BoxError> {
        Ok(OpenOptions::new().create(true).append(true).open(&self.path)?)
    }

    /// What the server is started with.
    pub(crate) fn stderr(&self) -> Result<Stdio, BoxError> {
        if self.is_direct { Ok(self.file()?.into()) } else { Ok(Stdio::piped()) }
    }

    /// Reads a started server's pipe until its end.
    pub(crate) fn follow(&self, mut pipe: ChildStderr) -> Result<(), BoxError> {
        let (mut file, reader) = (self.file()?, Arc::clone(&self.reader));
        thread::spawn(move || {
            let mut buffer = vec![0; 65_536];
            loop {
                match reader.load(Ordering::SeqCst) {
                    GONE => return,
                    STALLED => thread::sleep(LOOK),
                    _ => match pipe.read(&mut buffer) {
                        Ok(read @ 1..) => file.write_all(buffer.get(..read).unwrap_or_default()).unwrap_or_default(),
                        _ => return,
                    },
                }
            }
        });
        Ok(())
    }

    pub(crate) fn stall(&self) {
        self.reader.store(STALLED, Ordering::SeqCst);
    }

    pub(crate) fn read_on(&self) {
        self.reader.store(READ, Ordering::SeqCst);
    }

    /// Closes the pipe, with the next line at the latest.
    pub(crate) fn leave(&self) {
        self.reader.store(GONE, Ordering::SeqCst);
    }

    /// The lines that tell of a panic.
    pub(crate) fn panics(&self) -> Vec<String> {
        let text = fs::read(&self.path).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.lines().filter(|line| line.contains("panicked")).map(str::to_owned).collect()
    }

    /// Its end, for a server that did not start.
    pub(crate) fn tail(&self) -> String {
        let text = fs::read(&self.path).unwrap_or_default();
        let from = text.len().saturating_sub(500);
        String::from_utf8_lossy(text.get(from..).unwrap_or_default()).into_owned()
    }
}
