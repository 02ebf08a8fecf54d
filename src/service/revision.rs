//! Revision tokens and etags. They are opaque to callers, and bound to the epoch of the database: after a backup was
//! restored, revisions count on from the backup's, and what was told of them before means something else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::token::{open, seal};
use crate::error::{Result, reason};
use crate::store::Epoch;

const KIND: &str = "rev2";
/// Without an epoch: given before there were any, and so in the first one.
const OLDER_KIND: &str = "rev1";

/// Why a token cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenMistake {
    Altered,
    OtherCustomer,
    OtherEpoch,
}

/// The token of a customer's revision.
pub fn encode(epoch: &Epoch, customer_id: &str, revision: i64) -> String {
    seal(KIND, &[customer_id, &revision.to_string(), &epoch.epoch_id])
}

/// The customer and revision of a token.
pub fn decode(epoch: &Epoch, token: &str) -> Result<(String, i64), TokenMistake> {
    let (customer_id, revision, is_of_epoch) = parts(epoch, token).ok_or(TokenMistake::Altered)?;
    if is_of_epoch { Ok((customer_id, revision)) } else { Err(TokenMistake::OtherEpoch) }
}

/// The revision a token of this customer stands for.
pub fn of_customer(epoch: &Epoch, customer_id: &str, token: &str) -> Result<i64, TokenMistake> {
    let (owner, revision, is_of_epoch) = parts(epoch, token).ok_or(TokenMistake::Altered)?;
    match is_of_epoch {
        _ if owner != customer_id => Err(TokenMistake::OtherCustomer),
        true => Ok(revision),
        false => Err(TokenMistake::OtherEpoch),
    }
}

/// With whether it is of this epoch.
fn parts(epoch: &Epoch, token: &str) -> Option<(String, i64, bool)> {
    let (parts, is_older) = match open(KIND, token) {
        Some(parts) => (parts, false),
        None => (open(OLDER_KIND, token)?, true),
    };
    match (parts.as_slice(), is_older) {
        ([customer_id, revision, epoch_id], false) => {
            Some((customer_id.clone(), revision.parse().ok()?, *epoch_id == epoch.epoch_id))
        }
        ([customer_id, revision], true) => Some((customer_id.clone(), revision.parse().ok()?, epoch.number == 1)),
        _ => None,
    }
}

impl TokenMistake {
    pub fn reason(self) -> &'static str {
        match self {
            Self::Altered | Self::OtherCustomer => reason::REVISION_INVALID,
            Self::OtherEpoch => reason::EPOCH_MISMATCH,
        }
    }

    pub fn message(self) -> &'static str {
        match self {
            Self::Altered => "the token is not one this service gave",
            Self::OtherCustomer => "the token is another customer's",
            Self::OtherEpoch => {
                "the token is of before a backup of the database was restored; leave it out, read again, and see \
                 whether what you wrote is still there"
            }
        }
    }
}

/// The etag of a contract: changes with every change of the customer or an order.
pub fn etag(epoch: &Epoch, contract_version: i64) -> String {
    match epoch.number {
        1 => URL_SAFE_NO_PAD.encode(format!("c{contract_version}")),
        _ => URL_SAFE_NO_PAD.encode(format!("c{contract_version}.{}", epoch.epoch_id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(number: i64, epoch_id: &str) -> Epoch {
        Epoch { number, epoch_id: epoch_id.to_owned() }
    }

    #[test]
    fn a_token_is_good_for_its_customer_in_its_epoch_alone() {
        let (first, second) = (epoch(1, "a"), epoch(2, "b"));
        let token = encode(&first, "contoso", 7);
        assert_eq!(decode(&first, &token), Ok(("contoso".to_owned(), 7)));
        assert_eq!(of_customer(&first, "contoso", &token), Ok(7));
        assert_eq!(of_customer(&first, "fabrikam", &token), Err(TokenMistake::OtherCustomer));
        // Another restore of the same backup is another epoch of the same number.
        for other in [&second, &epoch(1, "b")] {
            assert_eq!(decode(other, &token), Err(TokenMistake::OtherEpoch));
            assert_eq!(of_customer(other, "contoso", &token), Err(TokenMistake::OtherEpoch));
        }
        assert_eq!(decode(&first, "x"), Err(TokenMistake::Altered));
        assert_eq!(decode(&first, &seal(KIND, &["contoso", "7"])), Err(TokenMistake::Altered));
    }

    #[test]
    fn a_token_without_an_epoch_is_of_the_first_one() {
        let older = seal(OLDER_KIND, &["contoso", "7"]);
        assert_eq!(decode(&epoch(1, "a"), &older), Ok(("contoso".to_owned(), 7)));
        assert_eq!(decode(&epoch(2, "b"), &older), Err(TokenMistake::OtherEpoch));
        assert_eq!(decode(&epoch(1, "a"), &seal(OLDER_KIND, &["contoso", "7", "a"])), Err(TokenMistake::Altered));
    }

    #[test]
    fn an_etag_is_of_its_epoch() {
        let tags = [etag(&epoch(1, "a"), 7), etag(&epoch(2, "b"), 7), etag(&epoch(2, "c"), 7), etag(&epoch(2, "b"), 8)];
        let unlike: std::collections::BTreeSet<_> = tags.iter().collect();
        assert_eq!(unlike.len(), tags.len());
        // As before there were epochs: a version that is rolled out beside the one before it takes its etags.
        assert_eq!(tags[0], URL_SAFE_NO_PAD.encode("c7"));
    }
}
