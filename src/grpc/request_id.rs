//! The id of a call, by which its caller and the logs of both sides find it: the caller's own, or one made here.
//!
//! It is no secret and no key, so it is made without asking the system for random bytes: each call needs one.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue};
use prost::Message as _;
use tonic_types::pb::{ErrorInfo, Status};
use uuid::Builder;
use uuid::fmt::Hyphenated;

pub(super) const HEADER: &str = "x-request-id";
/// The key in the metadata of `ErrorInfo`; `request_id` there is that of a write.
const METADATA: &str = "x_request_id";
const ERROR_INFO: &str = "/google.rpc.ErrorInfo";

/// In the extensions of every request: the id of its call.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub HeaderValue);

/// In bytes.
const LONGEST: usize = 128;

/// The caller's id if it is printable ASCII of usual length, else a UUID of version 7.
pub(super) fn of_call(headers: &HeaderMap) -> HeaderValue {
    match headers.get(HEADER).filter(|given| is_usable(given)) {
        Some(given) => given.clone(),
        None => made(),
    }
}

/// Puts the id into the `ErrorInfo` of a status, and returns the reason that it gives.
pub(super) fn put_into(status: &mut Status, id: &HeaderValue) -> Option<String> {
    let any = status.details.iter_mut().find(|any| any.type_url.ends_with(ERROR_INFO))?;
    let mut info = ErrorInfo::decode(any.value.as_slice()).ok()?;
    info.metadata.insert(METADATA.to_owned(), id.to_str().ok()?.to_owned());
    any.value = info.encode_to_vec();
    Some(info.reason)
}

fn is_usable(given: &HeaderValue) -> bool {
    let bytes = given.as_bytes();
    (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

fn made() -> HeaderValue {
    let since_1970 = now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let millis = u64::try_from(since_1970.as_millis()).unwrap_or_default();
    let id = Builder::from_unix_timestamp_millis(millis, &unlike_any_other()).into_uuid();
    let mut text = [0; Hyphenated::LENGTH];
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut text)).unwrap_or(HeaderValue::from_static("unknown"))
}

/// The time of a call's log, not of an answer: no decision depends on it.
#[expect(clippy::disallowed_methods, reason = "an id tells when its call came; nothing is judged by it")]
fn now() -> SystemTime {
    SystemTime::now()
}

/// Ten bytes: a count, mixed by keys of this process.
fn unlike_any_other() -> [u8; 10] {
    static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let [first, second] = KEYS.each_ref().map(|keys| keys.hash_one(count).to_be_bytes());
    let mut bytes = [0; 10];
    bytes.iter_mut().zip(first.into_iter().chain(second)).for_each(|(to, from)| *to = from);
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn of(given: &[u8]) -> HeaderValue {
        of_call(&HeaderMap::from_iter([(HEADER.parse().unwrap(), HeaderValue::from_bytes(given).unwrap())]))
    }

    #[test]
    fn an_id_that_can_be_shown_is_taken() {
        assert_eq!(of(b"case 4711/a"), "case 4711/a");
        assert_eq!(of(&[b'x'; LONGEST]).len(), LONGEST);
    }

    #[test]
    fn without_one_that_can_be_shown_it_is_made() {
        let long = [b'x'; LONGEST + 1];
        for given in [&b""[..], b"a\tb", "\u{202e}id".as_bytes(), b"\x80", &long] {
            let id: uuid::Uuid = of(given).to_str().unwrap().parse().unwrap();
            assert_eq!(id.get_version_num(), 7, "{given:?}");
        }
    }

    #[test]
    fn no_two_are_alike() {
        let ids: HashSet<_> = (0..10_000).map(|_| of_call(&HeaderMap::new()).as_bytes().to_vec()).collect();
        assert_eq!(ids.len(), 10_000);
    }
}
