//! What every write of the API has: a request id, and an outcome that may be unknown.

use std::future::Future;

use clap::Args;
use tonic::{Response, Status};
use uuid::Uuid;

use super::Failure;

/// The name of a write.
#[derive(Debug, Args)]
pub(super) struct RequestIdArg {
    /// The id of this write, to send it again without applying it twice: what was applied is told then, and another
    /// write under it is refused. Default: a new one.
    #[arg(long, value_name = "UUID")]
    request_id: Option<String>,
}

impl RequestIdArg {
    /// What the caller gave.
    pub(super) fn given(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    pub(super) fn id(&self) -> String {
        self.request_id.clone().unwrap_or_else(|| Uuid::now_v7().to_string())
    }
}

/// The answer of a write, or why there is none.
pub(super) async fn write_answer<T>(
    request_id: &str,
    answer: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, Failure> {
    let answer = answer.await.map_err(|status| Failure::of_write(status, request_id))?;
    Ok(answer.into_inner())
}
