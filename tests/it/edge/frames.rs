//! HTTP/2 by hand: a client that does what no library would.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::wire::{self, Target, Wire};

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const PRIORITY: u8 = 2;
pub(super) const RESET: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;
/// No kind that is defined.
pub(super) const UNKNOWN: u8 = 77;

pub(super) const END_STREAM: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;
const ACK: u8 = 1;

/// Far beyond every limit that is tested: only a hang fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Raw(pub Wire);

#[derive(Debug)]
pub(super) struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Raw {
    /// A connection that says nothing yet.
    pub(super) async fn silent(target: impl Target) -> Self {
        Self(wire::open(target.address(), target.tls()).await.unwrap())
    }

    /// A connection whose streams are given so much room for answers.
    pub(super) async fn open(target: impl Target, window: u32) -> Self {
        let mut raw = Self::silent(target).await;
        raw.0.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let settings = [&4_u16.to_be_bytes()[..], &window.to_be_bytes()[..]].concat();
        raw.send(SETTINGS, 0, 0, &settings).await;
        raw
    }

    pub(super) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        self.write(&frame(kind, flags, stream, payload)).await;
    }

    /// Bytes, whatever they are.
    pub(super) async fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).await.unwrap();
    }

    /// Fails once the server has closed.
    pub(super) async fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await?;
        self.0.flush().await
    }

    /// A whole call of one small message.
    pub(super) async fn call(&mut self, stream: u32, path: &str, message: &[u8]) {
        self.send(HEADERS, END_HEADERS, stream, &block(path)).await;
        self.send(DATA, END_STREAM, stream, &prefixed(message)).await;
    }

    /// The next frame, whatever it is; none once the server has closed.
    pub(super) async fn next(&mut self) -> Option<Frame> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("the server goes on or closes")
    }

    async fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await.ok()?;
        let [high, middle, low, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
        self.0.read_exact(&mut payload).await.ok()?;
        let frame = Frame { kind, flags, stream: u32::from_be_bytes(stream), payload };
        if frame.kind == PING && frame.flags & ACK == 0 {
            // It may be closing already.
            let _ = self.0.write_all(&self::frame(PING, ACK, 0, &frame.payload)).await;
            let _ = self.0.flush().await;
        }
        Some(frame)
    }

    /// Reads on until this kind of frame comes.
    pub(super) async fn until(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }

    /// Waits until the server has begun the calls sent so far. The first answer may be sent in the turn that reads them,
    /// a moment before they begin; the second one is sent in a later turn.
    pub(super) async fn until_begun(&mut self) {
        for _ in 0..2 {
            self.send(PING, 0, 0, &[0; 8]).await;
            self.until(PING).await.unwrap();
        }
    }

    /// Reads on until the server closes.
    pub(super) async fn closed(mut self) {
        while self.next().await.is_some() {}
    }
}

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags], &stream.to_be_bytes()[..], payload].concat()
}

/// A message as gRPC frames it.
pub(super) fn prefixed(message: &[u8]) -> Vec<u8> {
    [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes()[..], message].concat()
}

/// The headers of a call, each as a literal.
pub(super) fn block(path: &str) -> Vec<u8> {
    block_of("POST", path, "application/grpc")
}

pub(super) fn block_of(method: &str, path: &str, content_type: &str) -> Vec<u8> {
    let headers = [
        (":method", method),
        (":scheme", "http"),
        (":path", path),
        (":authority", "x"),
        ("content-type", content_type),
        ("te", "trailers"),
    ];
    let text = |text: &str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    headers.iter().flat_map(|(name, value)| [vec![0], text(name), text(value)].concat()).collect()
}
