use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use super::*;

/// Far beyond what any of this takes: only a hang fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// A disk with so much room.
#[derive(Clone, Default)]
struct Disk {
    written: Arc<Mutex<Vec<u8>>>,
    room: Arc<AtomicUsize>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.room.load(Ordering::Relaxed).min(bytes.len());
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room.fetch_sub(room, Ordering::Relaxed);
        self.written.lock().unwrap().extend_from_slice(&bytes[..room]);
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader that takes nothing until it is let go.
struct Stalled {
    begun: Sender<()>,
    go: Receiver<()>,
}

impl Write for Stalled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.begun.send(());
        let _ = self.go.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn put(lines: &Lines, line: &str) {
    let mut writer = lines.make_writer();
    writer.write_all(line.as_bytes()).unwrap();
}

#[test]
fn what_cannot_be_written_is_counted_and_told_once_it_can() {
    let disk = Disk::default();
    disk.room.store(8, Ordering::Relaxed);
    let (tell, told) = channel();
    let lines = Lines::to(disk.clone(), move |lost| tell.send(lost).unwrap());
    for line in ["one\n", "two and more\n", "three\n"] {
        put(&lines, line);
    }
    lines.flush(PATIENCE);
    assert_eq!(lines.lost(), 2);
    disk.room.store(1_000, Ordering::Relaxed);
    put(&lines, "four\n");
    lines.flush(PATIENCE);
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [2]);
    put(&lines, "five\n");
    lines.flush(PATIENCE);
    assert_eq!(told.try_iter().count(), 0, "told once");
    // Half a line is ended, so that it spoils none of those behind it.
    assert_eq!(String::from_utf8(disk.written.lock().unwrap().clone()).unwrap(), "one\ntwo \nfour\nfive\n");
}

#[test]
fn who_writes_never_waits_for_a_reader_and_neither_does_the_end() {
    let (begun, has_begun) = channel();
    let (go, may_go) = channel();
    let (tell, told) = channel();
    let lines = Lines::to(Stalled { begun, go: may_go }, move |lost| tell.send(lost).unwrap());
    put(&lines, "the first\n");
    has_begun.recv_timeout(PATIENCE).unwrap();
    for _ in 0..MOST_LINES {
        put(&lines, "waits\n");
    }
    assert_eq!(lines.lost(), 0);
    for _ in 0..10 {
        put(&lines, "finds no room\n");
    }
    assert_eq!(lines.lost(), 10);
    lines.flush(PAUSE);
    assert!(lines.counts.waiting.load(Ordering::Relaxed) > MOST_LINES);
    drop(go);
    lines.flush(PATIENCE);
    assert_eq!(told.try_iter().last(), Some(10));
}

#[test]
fn long_lines_are_bounded_by_their_bytes() {
    let (begun, has_begun) = channel();
    let (go, may_go) = channel();
    let lines = Lines::to(Stalled { begun, go: may_go }, |_| ());
    put(&lines, "x");
    has_begun.recv_timeout(PATIENCE).unwrap();
    let long = "x".repeat(MOST_BYTES / 4);
    (0..8).for_each(|_| put(&lines, &long));
    assert_eq!(lines.lost(), 5);
    drop(go);
    lines.flush(PATIENCE);
    assert_eq!(lines.counts.waiting_bytes.load(Ordering::Relaxed), 0);
}
