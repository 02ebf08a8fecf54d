//! A request id makes a write happen once, however often it is sent. A repetition gets the first answer, and another
//! request under the same id is refused.
//!
//! Later versions of the program read what this version keeps of a request. So its method, its content hash and its
//! outcome must stay readable.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::store::{RequestKey, StoredRequest};

/// What distinguishes one write from another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestIdentity {
    pub request_id: String,
    /// The call it is made by.
    pub method: &'static str,
    /// The same for the same content, whatever the wire looked like.
    pub content_hash: String,
}

impl RequestIdentity {
    /// The key under which the store keeps it.
    pub(super) fn key(&self, customer_id: &str) -> RequestKey {
        (customer_id.to_owned(), self.request_id.clone())
    }

    /// What the transaction stores that carries the write out. `outcome`: what its answer is made from.
    pub(super) fn stored(&self, outcome: &impl Serialize) -> Result<StoredRequest> {
        let outcome = serde_json::to_string(outcome).map_err(|error| Error::Internal(error.into()))?;
        Ok(StoredRequest { method: self.method.to_owned(), content_hash: self.content_hash.clone(), outcome })
    }

    /// The first outcome, if the stored request of this id asked for the same.
    pub(super) fn outcome<T: DeserializeOwned>(&self, stored: &StoredRequest) -> Result<T> {
        self.match_content(&stored.method, &stored.content_hash)?;
        serde_json::from_str(&stored.outcome).map_err(|error| Error::Internal(error.into()))
    }

    /// Whether another of the same request id asks for the same.
    pub(super) fn repeats(&self, first: &Self) -> Result<()> {
        self.match_content(first.method, &first.content_hash)
    }

    fn match_content(&self, method: &str, content_hash: &str) -> Result<()> {
        if self.method == method && self.content_hash == content_hash {
            Ok(())
        } else {
            Err(Error::RequestIdReused { request_id: self.request_id.clone() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_method_or_content_under_the_same_id_is_refused() {
        let first = RequestIdentity { request_id: "r1".into(), method: "ConsumeUnits", content_hash: "aa".into() };
        let stored = first.stored(&7).unwrap();
        assert_eq!(first.outcome::<i64>(&stored).unwrap(), 7);
        assert!(first.clone().repeats(&first).is_ok());
        for other in [
            RequestIdentity { method: "ReserveUnits", ..first.clone() },
            RequestIdentity { content_hash: "ab".into(), ..first.clone() },
        ] {
            let is_refused = |error| matches!(error, Error::RequestIdReused { request_id } if request_id == "r1");
            assert!(is_refused(other.outcome::<i64>(&stored).unwrap_err()), "{other:?}");
            assert!(is_refused(other.repeats(&first).unwrap_err()), "{other:?}");
        }
        let torn = StoredRequest { outcome: "{".into(), ..stored };
        assert!(matches!(first.outcome::<i64>(&torn), Err(Error::Internal(_))));
    }
}
