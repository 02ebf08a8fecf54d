//! Reads and writes work orders.

pub(crate) mod request;
pub(crate) mod response;
