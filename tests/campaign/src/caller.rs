//! One call and its answer, kept before and behind.

use std::sync::Arc;
use std::time::Duration;

use entitled::error::BoxError;
use entitled::proto::v1;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use http::Uri;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tonic::{Request, Status};

use crate::answer::Answer;
use crate::contract;
use crate::history::{History, Write};
use crate::pulse::Pulse;

/// A connection that leaves it to the server to see to a deadline: a channel of tonic would answer by a timer of its
/// own.
pub(crate) type Http = Client<HttpConnector, tonic::body::Body>;

/// How long a write may take, whatever the database does.
const LIMIT: Duration = Duration::from_secs(5);
/// How much later its answer may come on a busy machine.
const MARGIN: Duration = Duration::from_secs(3);
const CONNECT: Duration = Duration::from_secs(2);

/// How long a caller waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// For as long as any call may take.
    Usual,
    /// This long, and tells so.
    Deadline(Duration),
    /// This long, and does not tell.
    Cancels(Duration),
}

/// Everyone who calls one server, by connections of their own.
#[derive(Debug)]
pub(crate) struct Callers {
    pub origin: Uri,
    pub history: History,
    pub pulse: Pulse,
}

/// A caller of one connection.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub shared: Arc<Callers>,
    http: Http,
}

/// What a write was answered.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub answer: Answer,
    /// The one that was made.
    pub reservation_id: Option<String>,
}

struct Done {
    replayed: bool,
    entries: Vec<v1::Entry>,
    reservation: Option<v1::Reservation>,
}

pub(crate) fn connection() -> Http {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT));
    Client::builder(TokioExecutor::new()).http2_only(true).build(connector)
}

impl Callers {
    pub(crate) fn new(url: &str) -> Result<Arc<Self>, BoxError> {
        Ok(Arc::new(Self { origin: url.parse()?, history: History::default(), pulse: Pulse::default() }))
    }
}

impl Caller {
    pub(crate) fn new(shared: &Arc<Callers>) -> Self {
        Self { shared: Arc::clone(shared), http: connection() }
    }

    /// Sends a write and keeps what came of it.
    pub(crate) async fn ask(&self, write: &Write, patience: Patience) -> Reply {
        let Callers { history, pulse, .. } = &*self.shared;
        history.asked(write);
        let (deadline, wait) = match patience {
            Patience::Usual => (Some(LIMIT), LIMIT.saturating_add(MARGIN)),
            Patience::Deadline(limit) => (Some(limit), limit.saturating_add(MARGIN)),
            Patience::Cancels(limit) => (None, limit),
        };
        let (answer, reservation_id) = match tokio::time::timeout(wait, self.send(write, deadline)).await {
            Ok(Ok(done)) => {
                let entries = done.entries.into_iter().map(|entry| entry.entry_id).collect();
                let reservation_id = done.reservation.map(|reservation| reservation.reservation_id);
                (Answer::Done { replayed: done.replayed, entries }, reservation_id)
            }
            Ok(Err(status)) => (Answer::of(&status), None),
            Err(_) => {
                if deadline.is_some() {
                    pulse.note_late();
                }
                (Answer::Open("given up".to_owned()), None)
            }
        };
        history.answered(write.request_id(), &answer);
        if patience == Patience::Usual {
            pulse.note(&answer);
        }
        Reply { answer, reservation_id }
    }

    async fn send(&self, write: &Write, deadline: Option<Duration>) -> Result<Done, Status> {
        let mut ledger = LedgerServiceClient::with_origin(self.http.clone(), self.shared.origin.clone());
        let done = match write.clone() {
            Write::Consume(request) => {
                let answer = ledger.consume_units(within(deadline, request)).await?.into_inner();
                Done { replayed: answer.replayed, entries: answer.entries, reservation: None }
            }
            Write::Reserve(request) => {
                let answer = ledger.reserve_units(within(deadline, request)).await?.into_inner();
                Done { replayed: answer.replayed, entries: answer.entries, reservation: answer.reservation }
            }
            Write::Commit(request) => {
                let answer = ledger.commit_reservation(within(deadline, request)).await?.into_inner();
                Done { replayed: answer.replayed, entries: answer.entries, reservation: answer.reservation }
            }
            Write::Release(request) => {
                let answer = ledger.release_reservation(within(deadline, request)).await?.into_inner();
                Done { replayed: answer.replayed, entries: answer.entries, reservation: answer.reservation }
            }
        };
        Ok(done)
    }

    /// A check of what a customer has; the answer counts, not the decision.
    pub(crate) async fn check(&self, customer_id: &str) -> Answer {
        let mut client = EntitlementServiceClient::with_origin(self.http.clone(), self.shared.origin.clone());
        let request = within(Some(LIMIT), contract::check(customer_id));
        match tokio::time::timeout(LIMIT.saturating_add(MARGIN), client.check_entitlement(request)).await {
            Ok(Ok(_)) => Answer::Done { replayed: false, entries: Vec::new() },
            Ok(Err(status)) => Answer::of(&status),
            Err(_) => {
                self.shared.pulse.note_late();
                Answer::Open("given up".to_owned())
            }
        }
    }

    /// Stores a contract.
    pub(crate) async fn apply(&self, request: v1::ApplyContractRequest) -> Result<(), Status> {
        let mut client = ContractServiceClient::with_origin(self.http.clone(), self.shared.origin.clone());
        client.apply_contract(within(Some(LIMIT), request)).await.map(drop)
    }
}

fn within<T>(deadline: Option<Duration>, message: T) -> Request<T> {
    let mut request = Request::new(message);
    if let Some(deadline) = deadline {
        request.set_timeout(deadline);
    }
    request
}
