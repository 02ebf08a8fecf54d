//! Reads checks and requests for lists, and writes the decisions that answer them.

pub mod request;
pub mod response;
