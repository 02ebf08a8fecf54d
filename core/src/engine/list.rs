//! What a customer has and has not: one row per location and service.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::decision::Outcome;
use super::prepared::Prepared;
use super::query::Query;
use crate::catalog::Service;
use crate::model::ProductId;

/// Which rows are asked for.
#[derive(Debug, Clone, Default)]
pub struct ListQuery<'a> {
    pub location_id: Option<&'a str>,
    /// Without a product the product clauses are not judged.
    pub product: Option<ProductId<'a>>,
    pub check_time: Option<DateTime<Utc>>,
    pub group: Option<&'a str>,
    pub outcome: Option<Outcome>,
    pub with_notes: bool,
}

/// One location and one service, in the order of the customer's locations and the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListRow<'a> {
    pub location_id: &'a str,
    pub service_id: &'a str,
}

/// The rows of the list; the outcome filter is left to whoever decides them.
pub fn rows<'a>(prepared: &'a Prepared, query: &ListQuery<'a>) -> Vec<ListRow<'a>> {
    let services = listed_services(prepared, query.group);
    let locations = prepared.contract().customer.locations.iter().map(|location| location.location_id.as_str());
    let locations = locations.filter(|id| query.location_id.is_none_or(|only| only == *id));
    let rows = locations.flat_map(|location_id| {
        services.iter().map(move |service| ListRow { location_id, service_id: service.id.as_str() })
    });
    rows.collect()
}

/// The services of the default edition, then those that only editions of the customer's own orders have: what no order
/// can bring is not offered.
fn listed_services<'a>(prepared: &'a Prepared, group: Option<&str>) -> Vec<&'a Service> {
    let catalog = prepared.catalog();
    let of_orders: HashSet<_> = prepared.contract().work_orders.iter().map(|order| order.edition_id.as_str()).collect();
    let mut seen = HashSet::new();
    let own = catalog.editions().iter().filter(|edition| of_orders.contains(edition.id.as_str()));
    let editions = std::iter::once(catalog.default_edition()).chain(own);
    let services = editions.flat_map(|edition| &edition.services).filter(|service| seen.insert(&service.id));
    services.filter(|service| group.is_none_or(|group| service.group == group)).collect()
}

impl<'a> ListRow<'a> {
    /// The question the row stands for.
    pub fn question(&self, query: &ListQuery<'a>) -> Query<'a> {
        Query {
            location_id: self.location_id,
            service_id: self.service_id,
            product: query.product,
            check_time: query.check_time,
            with_notes: query.with_notes,
            ..Query::default()
        }
    }
}
