//! Reads checks and requests for lists, and writes the decisions that answer them.

pub(crate) mod request;
pub(crate) mod response;
