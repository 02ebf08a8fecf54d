//! gzip and zstd, of one message.

use std::io::{self, Read};

use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use http::HeaderValue;

use crate::grpc::MESSAGE_LIMIT;

/// How far zstd may look back: 8 MiB, as far as every decoder should (RFC 8878). A message may ask for 128 MiB otherwise,
/// however small it is.
const WINDOW_LOG: u32 = 23;
/// Large answers are compressed by the threads that serve connections: quickly rather than well.
const ZSTD_LEVEL: i32 = 1;

/// How a message is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Gzip,
    Zstd,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExpandError {
    /// It expands to more than a message may have.
    TooLarge,
    Malformed,
}

impl Encoding {
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"gzip" => Some(Self::Gzip),
            b"zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The one that the client likes best, of a list with commas between.
    pub(super) fn first_of(list: &HeaderValue) -> Option<Self> {
        list.as_bytes().split(|byte| *byte == b',').find_map(|name| Self::named(name.trim_ascii()))
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }

    /// No more than the largest message is expanded, whatever is still to come.
    pub(super) fn expand(self, compressed: &[u8]) -> Result<Vec<u8>, ExpandError> {
        let mut message = Vec::new();
        let limit = u64::try_from(MESSAGE_LIMIT).unwrap_or(u64::MAX).saturating_add(1);
        let read = match self {
            Self::Gzip => GzDecoder::new(compressed).take(limit).read_to_end(&mut message),
            Self::Zstd => zstd_decoder(compressed).and_then(|plain| plain.take(limit).read_to_end(&mut message)),
        };
        match read {
            Err(_) => Err(ExpandError::Malformed),
            Ok(_) if message.len() > MESSAGE_LIMIT => Err(ExpandError::TooLarge),
            Ok(_) => Ok(message),
        }
    }

    pub(super) fn compress(self, message: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut compressed = Vec::new();
                GzEncoder::new(message, Compression::fast()).read_to_end(&mut compressed)?;
                Ok(compressed)
            }
            Self::Zstd => zstd::bulk::compress(message, ZSTD_LEVEL),
        }
    }
}

fn zstd_decoder(compressed: &[u8]) -> io::Result<impl Read> {
    let mut decoder = zstd::Decoder::with_buffer(compressed)?;
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(decoder)
}
