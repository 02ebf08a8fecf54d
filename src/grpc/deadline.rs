//! The caller's deadline, as `grpc-timeout` says it.

use std::time::{Duration, Instant};

use tonic::metadata::MetadataMap;

/// An answer needs some time to reach its caller, and the transport cuts calls off by a clock of
/// its own that began a little earlier.
const MARGIN: Duration = Duration::from_millis(5);

/// When the caller stops waiting, or shortly before; none if it does not say, or not as the
/// protocol does.
pub fn deadline_of(metadata: &MetadataMap) -> Option<Instant> {
    let timeout = metadata.get("grpc-timeout")?.to_str().ok()?;
    Instant::now().checked_add(parse(timeout)?.saturating_sub(MARGIN))
}

/// At most eight digits and a unit.
fn parse(timeout: &str) -> Option<Duration> {
    let (digits, unit) = timeout.split_at_checked(timeout.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let value: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(value.checked_mul(3_600)?)),
        "M" => Some(Duration::from_secs(value.checked_mul(60)?)),
        "S" => Some(Duration::from_secs(value)),
        "m" => Some(Duration::from_millis(value)),
        "u" => Some(Duration::from_micros(value)),
        "n" => Some(Duration::from_nanos(value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_digits_and_a_unit() {
        assert_eq!(parse("2H"), Some(Duration::from_secs(7_200)));
        assert_eq!(parse("3M"), Some(Duration::from_secs(180)));
        assert_eq!(parse("100m"), Some(Duration::from_millis(100)));
        assert_eq!(parse("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for wrong in ["", "m", "5", "5x", "-5m", "123456789m", "5 m", "é"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
