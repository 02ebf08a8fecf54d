//! What a call tells of itself while it runs. The layer around all calls logs it once the call has ended
//! ([`CallLog`](crate::grpc::CallLog)).

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::futures::TaskLocalFuture;

tokio::task_local! {
    static CALL: Arc<CallFacts>;
}

/// What is known of the call that runs in this task. Whoever learns something notes it; where no call runs, nothing
/// happens.
#[derive(Debug, Default)]
pub struct CallFacts {
    /// Whether anybody wants to know what was decided.
    wants_decision: bool,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default, Clone)]
pub struct Noted {
    pub principal: Option<Cow<'static, str>>,
    pub customer_id: Option<String>,
    pub decision: Option<NotedDecision>,
}

#[derive(Debug, Clone)]
pub struct NotedDecision {
    pub id: String,
    pub outcome: &'static str,
}

impl CallFacts {
    pub fn new(wants_decision: bool) -> Arc<Self> {
        Arc::new(Self { wants_decision, noted: Mutex::default() })
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

/// Who calls.
pub fn note_principal(principal: &Cow<'static, str>) {
    let _ = CALL.try_with(|call| call.note(|noted| noted.principal = Some(principal.clone())));
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
