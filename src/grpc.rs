//! The API on the wire: one thin file per service, the conversions, and the one place that turns an error into a
//! status.

mod admission;
mod auth;
mod call;
mod call_log;
mod catalog;
mod contract;
mod contract_lifecycle;
mod convert;
mod deadline;
mod decision_record;
mod entitlement;
mod language;
mod ledger;
mod method;
mod peer;
mod request_id;
mod server;
mod status;
mod transport_errors;

pub use admission::{Admission, read_request};
pub use auth::Authentication;
pub use call_log::CallLog;
pub use catalog::CatalogApi;
pub use contract::ContractApi;
pub use deadline::{Deadlines, patience};
pub use entitlement::EntitlementApi;
pub use ledger::LedgerApi;
pub use method::is_read;
pub use peer::{ClientCertificate, Peer};
pub use server::ServerApi;
pub use transport_errors::{
    MESSAGE_LIMIT, TransportErrors, connection_aged, draining, encoding_unsupported, internal_error, malformed,
    message_too_large, out_of_time, overloaded, overloaded_response, rate_limited,
};
