//! Reads and writes the ledger.

pub(crate) mod request;
pub(crate) mod response;
