use std::time::Duration;

use super::AuthenticationMethod;

/// What a server tells of itself beside what is the same for every one of its version.
#[derive(Debug, Clone)]
pub struct ServerInfo {
    /// Ids and digests, in order.
    pub editions: Vec<(String, String)>,
    pub default_edition_id: String,
    pub limits: Limits,
    pub features: Features,
}

/// The limits that are settings.
#[derive(Debug, Clone)]
pub struct Limits {
    pub max_staleness: Duration,
    pub ledger_grace: Duration,
    /// A second, of one caller; 0: there is no limit.
    pub reads: u32,
    pub writes: u32,
}

/// What is turned on.
#[derive(Debug, Clone)]
pub struct Features {
    /// Empty where calls need no credentials.
    pub authentication_methods: Vec<AuthenticationMethod>,
    pub has_tls: bool,
    pub has_grpc_web: bool,
    pub has_reflection: bool,
}
