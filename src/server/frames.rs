//! Finds the ends of HTTP/2 frames in the bytes of a client, so that a frame that never ends is noticed.

/// What a client of HTTP/2 says first.
const PREFACE: usize = 24;
const HEAD: usize = 9;

const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// Follows the bytes read. Whether they make sense is judged elsewhere.
#[derive(Debug, Default)]
pub(super) struct Frames {
    preface: usize,
    head: [u8; HEAD],
    /// How much of the head is read,
    head_read: usize,
    /// and what is still to come of the payload.
    payload: usize,
    /// A block of headers goes on in the next frame.
    in_block: bool,
    /// Frames that are there as a whole; a block of headers counts as one.
    pub whole: u64,
}

impl Frames {
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        let preface = PREFACE.saturating_sub(self.preface).min(bytes.len());
        self.preface = self.preface.saturating_add(preface);
        bytes = bytes.get(preface..).unwrap_or_default();
        while !bytes.is_empty() {
            bytes = if self.head_read < HEAD { self.read_head(bytes) } else { self.read_payload(bytes) };
        }
    }

    /// Whether something has begun and not ended: the preface, a frame, or a block of headers.
    pub(super) fn is_mid_frame(&self) -> bool {
        self.preface < PREFACE || self.head_read > 0 || self.in_block
    }

    fn read_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let count = HEAD.saturating_sub(self.head_read).min(bytes.len());
        let (head, rest) = bytes.split_at_checked(count).unwrap_or((bytes, &[]));
        for (to, from) in self.head.iter_mut().skip(self.head_read).zip(head) {
            *to = *from;
        }
        self.head_read = self.head_read.saturating_add(count);
        if self.head_read == HEAD {
            let [high, middle, low, ..] = self.head;
            self.payload = usize::try_from(u32::from_be_bytes([0, high, middle, low])).unwrap_or(usize::MAX);
            self.end_if_whole();
        }
        rest
    }

    fn read_payload<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let count = self.payload.min(bytes.len());
        self.payload = self.payload.saturating_sub(count);
        self.end_if_whole();
        bytes.get(count..).unwrap_or_default()
    }

    fn end_if_whole(&mut self) {
        if self.payload > 0 {
            return;
        }
        let [_, _, _, kind, flags, ..] = self.head;
        if matches!(kind, HEADERS | PUSH_PROMISE | CONTINUATION) {
            self.in_block = flags & END_HEADERS == 0;
        }
        self.head_read = 0;
        if !self.in_block {
            self.whole = self.whole.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: usize) -> Vec<u8> {
        let [.., high, middle, low] = u32::try_from(payload).unwrap().to_be_bytes();
        let head = [high, middle, low, kind, flags, 0, 0, 0, 1];
        [head.to_vec(), vec![7; payload]].concat()
    }

    #[test]
    fn frames_are_seen_however_they_are_cut() {
        let sent =
            [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), frame(4, 0, 0), frame(4, 1, 6), frame(1, 4, 20)].concat();
        let sent = [sent, frame(0, 1, 70_000), frame(1, 0, 5), frame(9, 0, 5), frame(9, 4, 0), frame(6, 0, 8)].concat();
        for size in [1, 2, 9, 100, sent.len()] {
            let mut frames = Frames::default();
            assert!(frames.is_mid_frame(), "a preface is to come");
            sent.chunks(size).for_each(|bytes| frames.read(bytes));
            assert_eq!((frames.whole, frames.is_mid_frame()), (6, false), "{size}");
        }
    }

    #[test]
    fn what_has_not_ended_is_within() {
        for rest in [vec![0], frame(0, 1, 10)[..15].to_vec(), frame(1, 0, 5), [frame(1, 0, 5), frame(9, 0, 3)].concat()]
        {
            let mut frames = Frames::default();
            frames.read(&[0; PREFACE]);
            frames.read(&frame(4, 0, 0));
            assert!(!frames.is_mid_frame());
            frames.read(&rest);
            assert_eq!((frames.whole, frames.is_mid_frame()), (1, true), "{rest:?}");
        }
    }
}
