//! Calls over TLS: whom the server lets in, and which certificate it shows.

mod handshakes;
mod rotation;
