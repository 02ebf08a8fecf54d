//! The server. Not here yet.

use std::future::Future;
use std::net::SocketAddr;

use crate::config::Config;
use crate::error::BoxError;

/// Serves until `shutdown`; `ready` is called once calls are taken, with the address bound.
pub async fn serve(
    _config: Config,
    _ready: impl FnOnce(SocketAddr) + Send,
    _shutdown: impl Future<Output = ()> + Send,
) -> Result<(), BoxError> {
    Err("the server is not part of this build".into())
}

/// Brings the schema up; the names of the steps applied, or with `dry_run` still to apply.
pub async fn migrate(_config: &Config, _dry_run: bool) -> Result<Vec<String>, BoxError> {
    Err("the server is not part of this build".into())
}
