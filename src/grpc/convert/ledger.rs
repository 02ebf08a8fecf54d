//! The ledger, both ways.

pub mod request;
pub mod response;
