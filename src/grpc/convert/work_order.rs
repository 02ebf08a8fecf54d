//! Work orders, both ways.

pub mod request;
pub mod response;
