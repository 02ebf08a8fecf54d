//! The API on the wire: one thin file per service, the conversions, and the one place that turns an error into a
//! status.

mod admission;
mod call;
mod catalog;
mod contract;
mod convert;
mod deadline;
mod entitlement;
mod language;
mod ledger;
mod peer;
mod status;
mod transport_errors;

pub use admission::Admission;
pub use catalog::CatalogApi;
pub use contract::ContractApi;
pub use deadline::{Deadlines, patience};
pub use entitlement::EntitlementApi;
pub use ledger::LedgerApi;
pub use peer::{ClientCertificate, Peer};
pub use transport_errors::{
    MESSAGE_LIMIT, TransportErrors, draining, malformed, out_of_time, overloaded, overloaded_response,
};
