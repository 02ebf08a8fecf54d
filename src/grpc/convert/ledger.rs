//! Reads and writes the ledger.

pub mod request;
pub mod response;
