//! Calls over TLS: whom the server lets in, and which certificate it shows.

mod command_line;
mod handshakes;
mod postgres;
pub(crate) mod rotation;
