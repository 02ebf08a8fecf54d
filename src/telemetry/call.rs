//! What a call tells of itself while it runs. The layer around all calls logs it once the call has ended
//! ([`CallLog`](crate::grpc::CallLog)).

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderValue;
use opentelemetry::trace::SpanContext;
use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static CALL: Arc<CallFacts>;
}

/// What is known of the call that runs in this task. Whoever learns something notes it; where no call runs, nothing
/// happens.
#[derive(Debug)]
pub struct CallFacts {
    /// Whether anybody wants to know what was decided.
    wants_decision: bool,
    request_id: Option<HeaderValue>,
    /// What begins in this task is a part of it.
    span: SpanContext,
    /// Bytes of its request, as they are read.
    pub received: AtomicU64,
    noted: Mutex<Noted>,
}

impl Default for CallFacts {
    fn default() -> Self {
        Self {
            wants_decision: false,
            request_id: None,
            span: SpanContext::NONE,
            received: AtomicU64::new(0),
            noted: Mutex::default(),
        }
    }
}

#[derive(Debug, Default, Clone)]
pub struct Noted {
    pub principal: Option<Arc<str>>,
    pub customer_id: Option<String>,
    pub decision: Option<NotedDecision>,
}

#[derive(Debug, Clone)]
pub struct NotedDecision {
    pub id: String,
    pub outcome: &'static str,
}

impl CallFacts {
    pub fn new(wants_decision: bool, request_id: HeaderValue, span: SpanContext) -> Arc<Self> {
        Arc::new(Self { wants_decision, request_id: Some(request_id), span, ..Self::default() })
    }

    /// Of work that many calls share, such as a transaction.
    pub fn of_span(span: SpanContext) -> Arc<Self> {
        Arc::new(Self { span, ..Self::default() })
    }

    /// Invalid where there is no trace.
    pub fn span(&self) -> &SpanContext {
        &self.span
    }

    /// Runs `work` as this call.
    pub fn scope<F: Future>(self: Arc<Self>, work: F) -> TaskLocalFuture<Arc<Self>, F> {
        CALL.scope(self, work)
    }

    /// The same of work that does not wait.
    pub fn sync_scope<T>(self: &Arc<Self>, work: impl FnOnce() -> T) -> T {
        CALL.sync_scope(Arc::clone(self), work)
    }

    pub fn noted(&self) -> Noted {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, note: impl FnOnce(&mut Noted)) {
        note(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The same work as a part of the call that runs in this task, to be handed to another one.
pub fn carry<F: Future>(work: F) -> TaskLocalFuture<Arc<CallFacts>, F> {
    CALL.try_with(Arc::clone).unwrap_or_default().scope(work)
}

/// Whatever begins here is a part of this span; none if there is none, or it is not sampled.
pub fn sampled_span() -> Option<SpanContext> {
    CALL.try_with(|call| call.span.is_sampled().then(|| call.span.clone())).ok().flatten()
}

/// The id of the call that runs in this task.
pub fn request_id() -> Option<String> {
    CALL.try_with(|call| call.request_id.as_ref()?.to_str().ok().map(str::to_owned)).ok().flatten()
}

/// Who calls.
pub fn note_principal(principal: Arc<str>) {
    let _ = CALL.try_with(|call| call.note(|noted| noted.principal = Some(principal)));
}

/// Whom the call is about.
pub fn note_customer(customer_id: &str) {
    let _ = CALL.try_with(|call| call.note(|noted| noted.customer_id = Some(customer_id.to_owned())));
}

/// What was decided; of a batch, the last decision.
pub fn note_decision(id: &str, outcome: &'static str) {
    let _ = CALL.try_with(|call| {
        if call.wants_decision {
            call.note(|noted| noted.decision = Some(NotedDecision { id: id.to_owned(), outcome }));
        }
    });
}
