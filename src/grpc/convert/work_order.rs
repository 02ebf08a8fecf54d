//! Reads and writes work orders.

pub mod request;
pub mod response;
