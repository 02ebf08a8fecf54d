//! What every handler does first: it opens its request.

use http::HeaderValue;
use tonic::Request;

use super::language::preferred;
use super::request_id::RequestId;
use crate::catalog::Locale;
use crate::service::{Caller, Deadline};

/// What a call brings beside its message.
#[derive(Debug)]
pub(super) struct Call {
    /// As [`Authentication`](super::Authentication) handed it on; whoever came past it may do nothing.
    pub caller: Caller,
    /// As [`Deadlines`](super::Deadlines) handed it on.
    pub deadline: Deadline,
    /// The language of texts where the message names none.
    pub locale: Locale,
    /// As [`CallLog`](super::CallLog) gave it; none past it.
    pub request_id: Option<HeaderValue>,
}

impl Call {
    /// The call, and its message.
    pub(super) fn open<M>(request: Request<M>) -> (Self, M) {
        let (metadata, mut extensions, message) = request.into_parts();
        let deadline = extensions.remove().unwrap_or_default();
        let locale = preferred(&metadata).unwrap_or_default();
        let caller = extensions.remove().unwrap_or_else(Caller::nobody);
        let request_id = extensions.remove().map(|RequestId(id)| id);
        (Self { caller, deadline, locale, request_id }, message)
    }
}
