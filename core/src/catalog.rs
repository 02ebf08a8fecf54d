//! Editions of the service description, as data.
//!
//! An edition is read from TOML files (see `editions/` and `docs/CATALOGUE.md`): clauses,
//! service groups, services, products and hours. What the engine and the purchase rules know
//! about a service stands there; a new service is a new table, never new code.

mod aside;
mod clause;
mod clause_kind;
mod codes;
mod countries;
mod edition;
mod format;
mod hours;
mod load;
mod mistake;
mod names;
mod note;
mod product;
mod refused;
mod response;
mod rule;
mod service;
mod text;
mod wording;

pub use aside::{Aside, NoteCondition};
pub use clause::{Clause, ClauseUse, Missing, RemedyKind};
pub use clause_kind::ClauseKind;
pub use codes::{Channel, Severity};
pub use edition::{Catalog, Edition};
pub use hours::{Hours, ServiceHours, ZoneRule};
pub use load::{CatalogFile, EditionSource, Loaded, OverlayChange};
pub use mistake::{CatalogError, Mistake};
pub use names::{Names, UnitName};
pub use note::NoteDate;
pub use product::{Component, Family, LifeCycle};
pub use response::{Clock, Effort, ResponseTable, ResponseTarget, ResponseTerm, Why};
pub use rule::{Rule, RuleFamily, Subject, Words};
pub use service::{
    EventRule, Group, IncludedServices, LocationRule, PredefinedOffering, PurchaseRule, QuantityRule, RestrictedTo,
    Section, Service, ServicePlan, Tenants,
};
pub use text::{Locale, Text};

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
