//! Who is at the other end of a connection, as far as the connection tells.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// In the extensions of every request.
#[derive(Debug, Clone)]
pub struct Peer {
    /// An IPv4 address is one, also where the listener is of IPv6.
    pub address: SocketAddr,
    /// That the client showed, signed by an authority of `tls_client_ca` and valid when the connection began.
    pub certificate: Option<Arc<ClientCertificate>>,
}

/// The names in the certificate of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// As RFC 4514 writes it: `CN=billing,O=Contoso`.
    pub subject: String,
    /// Of the subject; where it has several, the last one, which is the most specific.
    pub common_name: Option<String>,
    /// Subject alternative names, as they are in the certificate.
    pub dns_names: Vec<String>,
    pub uris: Vec<String>,
    pub emails: Vec<String>,
    /// In hexadecimal digits, without the zeros it begins with.
    pub serial: String,
    pub expires: DateTime<Utc>,
}
