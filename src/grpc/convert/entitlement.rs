//! Checks, lists of entitlements, and the decisions that answer them.

pub mod request;
pub mod response;
