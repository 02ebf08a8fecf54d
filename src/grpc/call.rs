//! What every handler does first: it opens its request.

use http::{Extensions, HeaderValue};
use tonic::Request;
use tonic::metadata::MetadataMap;

use super::Peer;
use super::language::preferred;
use super::request_id::RequestId;
use crate::catalog::Locale;
use crate::service::{Caller, Deadline, Origin};

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
    metadata: MetadataMap,
    extensions: Extensions,
}

impl Call {
    /// The call, and its message.
    pub(super) fn open<M>(request: Request<M>) -> (Self, M) {
        let (metadata, mut extensions, message) = request.into_parts();
        let deadline = extensions.remove().unwrap_or_default();
        let locale = preferred(&metadata).unwrap_or_default();
        let caller = extensions.remove().unwrap_or_else(Caller::nobody);
        let request_id = extensions.remove().map(|RequestId(id)| id);
        (Self { caller, deadline, locale, request_id, metadata, extensions }, message)
    }

    /// The caller of a write, with where it calls from: what the connection tells, and what the client says it is. Who
    /// forwarded the call, as a header may say, is nothing that could be believed.
    pub(super) fn writer(&self) -> Caller {
        let peer = self.extensions.get::<Peer>().map(|peer| peer.address);
        let user_agent = self.metadata.as_ref().get(http::header::USER_AGENT).map(HeaderValue::as_bytes);
        self.caller.clone().calling_from(Origin::new(peer, user_agent))
    }
}
