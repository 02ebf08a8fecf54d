//! Revision tokens. They are opaque to callers and bound to a customer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::token::{open, seal};
use crate::error::{Error, Result};

const KIND: &str = "rev1";

/// The token of a customer's revision.
pub fn encode(customer_id: &str, revision: i64) -> String {
    seal(KIND, &[customer_id, &revision.to_string()])
}

/// The customer and revision of a token; none if it was altered.
pub fn decode(token: &str) -> Option<(String, i64)> {
    let parts = open(KIND, token)?;
    match parts.as_slice() {
        [customer_id, revision] => Some((customer_id.clone(), revision.parse().ok()?)),
        _ => None,
    }
}

/// The revision a token of this customer stands for.
pub fn of_customer(field: &str, customer_id: &str, token: &str) -> Result<i64> {
    match decode(token) {
        Some((owner, revision)) if owner == customer_id => Ok(revision),
        Some(_) => Err(invalid(field, "the token is another customer's")),
        None => Err(invalid(field, "the token is not one this service gave")),
    }
}

pub fn invalid(field: &str, message: &str) -> Error {
    Error::invalid(field, crate::error::reason::REVISION_INVALID, message)
}

/// The etag of a contract: changes with every change of the customer or an order.
pub fn etag(contract_version: i64) -> String {
    URL_SAFE_NO_PAD.encode(format!("c{contract_version}"))
}
