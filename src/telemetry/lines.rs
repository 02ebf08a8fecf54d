//! A log that never blocks and never fails who writes to it: bounded, lossy, counted.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait to be written,
const MOST_LINES: usize = 4_096;
/// and their bytes: a single line may be long.
const MOST_BYTES: usize = 4 << 20;
/// How often the end looks whether everything is written.
const PAUSE: Duration = Duration::from_millis(5);

/// Where lines are put; clones share it.
#[derive(Debug, Clone)]
pub struct Lines {
    queue: SyncSender<Vec<u8>>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    waiting: AtomicUsize,
    waiting_bytes: AtomicUsize,
    lost: AtomicU64,
}

impl Lines {
    /// Writes to `output` in a thread of its own. Once a line can be written again after others
    /// were lost, `tell` is called with how many were, since the start.
    pub fn to(output: impl Write + Send + 'static, tell: impl Fn(u64) + Send + 'static) -> Self {
        let (queue, lines) = sync_channel(MOST_LINES);
        let counts = Arc::<Counts>::default();
        let writer = Writer { output, is_within_line: false, counts: Arc::clone(&counts), told: 0, tell };
        // Without the thread every line is lost, and counted.
        let _ = thread::Builder::new().name("log".to_owned()).spawn(move || writer.run(&lines));
        Self { queue, counts }
    }

    pub fn lost(&self) -> u64 {
        self.counts.lost.load(Ordering::Relaxed)
    }

    /// Waits until no line waits any more, but no longer than `limit`.
    pub fn flush(&self, limit: Duration) {
        let begun = Instant::now();
        while self.counts.waiting.load(Ordering::Acquire) > 0 && begun.elapsed() < limit {
            thread::sleep(PAUSE);
        }
    }

    /// Takes the line if there is room for it.
    pub fn put(&self, line: Vec<u8>) {
        let Counts { waiting, waiting_bytes, lost } = &*self.counts;
        let bytes = line.len();
        let before = waiting_bytes.fetch_add(bytes, Ordering::Relaxed);
        waiting.fetch_add(1, Ordering::Relaxed);
        let has_room = before.saturating_add(bytes) <= MOST_BYTES;
        if !has_room || self.queue.try_send(line).is_err() {
            waiting.fetch_sub(1, Ordering::Relaxed);
            waiting_bytes.fetch_sub(bytes, Ordering::Relaxed);
            lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

/// One call is one line.
impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Writer<W, T> {
    output: W,
    /// A disk that fills up takes half a line.
    is_within_line: bool,
    counts: Arc<Counts>,
    told: u64,
    tell: T,
}

impl<W: Write, T: Fn(u64)> Writer<W, T> {
    fn run(mut self, lines: &Receiver<Vec<u8>>) {
        for line in lines {
            let is_written = self.write(&line).is_ok();
            let Counts { waiting, waiting_bytes, lost } = &*self.counts;
            let lost = if is_written {
                lost.load(Ordering::Relaxed)
            } else {
                lost.fetch_add(1, Ordering::Relaxed);
                self.told
            };
            if lost > self.told {
                // By a line as any other: if it is lost too, the next one tells.
                self.told = lost;
                (self.tell)(lost);
            }
            waiting_bytes.fetch_sub(line.len(), Ordering::Relaxed);
            waiting.fetch_sub(1, Ordering::Release);
        }
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.is_within_line {
            self.output.write_all(b"\n")?;
            self.is_within_line = false;
        }
        let mut rest = line;
        while !rest.is_empty() {
            match self.output.write(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    rest = rest.get(count..).unwrap_or_default();
                    self.is_within_line = !rest.is_empty();
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.output.flush()
    }
}

/// Standard error, past the lock of the standard library: a thread that is stuck in writing a line
/// must hold up nobody else.
pub(super) fn standard_error() -> Box<dyn Write + Send> {
    past_the_lock(io::stderr())
}

pub(super) fn standard_output() -> Box<dyn Write + Send> {
    past_the_lock(io::stdout())
}

#[cfg(unix)]
fn past_the_lock(stream: impl Write + Send + std::os::fd::AsFd + 'static) -> Box<dyn Write + Send> {
    match stream.as_fd().try_clone_to_owned() {
        Ok(descriptor) => Box::new(std::fs::File::from(descriptor)),
        Err(_) => Box::new(stream),
    }
}

#[cfg(not(unix))]
fn past_the_lock(stream: impl Write + Send + 'static) -> Box<dyn Write + Send> {
    Box::new(stream)
}

#[cfg(test)]
mod tests;
