//! A question, with everything it names looked up once.

use chrono::{DateTime, Utc};

use super::balances::PreparedBalances;
use super::prepared::{Candidate, Prepared};
use super::query::Query;
use crate::catalog::{Edition, Family, Service};
use crate::error::{Error, Result};
use crate::model::{Contact, Location, ProductId, Quantity, start_of_day};
use crate::noun::Noun;
use crate::suggest::{nearest, nearest_of_kin, nearest_slip};
use crate::terms::end_of_day;
use crate::violation::reason as technical;

/// Most locations an unknown one is compared with: that takes its time. Where there are more, those
/// that begin alike.
const MOST_HINTED: usize = 50;
const ALIKE: usize = 2;

/// What is asked of a contract, with what the query names found in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ResolvedQuery<'a> {
    pub prepared: &'a Prepared,
    pub balances: &'a PreparedBalances,
    pub query: &'a Query<'a>,
    pub location_row: usize,
    pub location: &'a Location,
    /// The items that were bought of the service itself.
    pub items: &'a [Candidate],
    /// By the edition that stands for the service where no order says which.
    pub in_edition: InEdition<'a>,
}

/// What the question means in one edition.
#[derive(Debug, Clone, Copy)]
pub(super) struct InEdition<'a> {
    /// Row of the edition in the catalogue.
    row: usize,
    pub edition: &'a Edition,
    pub service: &'a Service,
    /// The family of the asked product.
    pub family: Option<&'a Family>,
    /// The end of the last day of preview of the asked product; this and the next by the calendar of the location.
    pub preview_end: Option<DateTime<Utc>>,
    /// The first instant without support for the asked product.
    pub retired_from: Option<DateTime<Utc>>,
    /// The contact who asks, if the customer has them.
    pub contact: Option<&'a Contact>,
    /// Whether the customer holds the licence the service needs.
    pub is_licensed: bool,
    /// Whether the asked quantity, if any, is in a unit the service is counted in.
    pub fits_unit: bool,
}

impl<'a> ResolvedQuery<'a> {
    /// Fails if the question addresses something that does not exist, or asks for a quantity
    /// the service is not counted in.
    pub(super) fn new(prepared: &'a Prepared, balances: &'a PreparedBalances, query: &'a Query<'a>) -> Result<Self> {
        let (location_row, location) = addressed_location(prepared, query.location_id)?;
        let catalog = prepared.catalog();
        let found = catalog.service(query.service_id);
        let (edition, service) = found.ok_or_else(|| unknown_service(prepared, query))?;
        let row = catalog.editions().iter().position(|own| std::ptr::eq(own, edition)).unwrap_or_default();
        let in_edition = InEdition::new(row, edition, service, (prepared, query, location));
        if let Some(product) = query.product
            && in_edition.family.is_none()
        {
            addressed_family(prepared, product)?;
        }
        if let Some(quantity) = query.quantity {
            fitting(prepared, query.service_id, service, quantity)?;
        }
        let items = prepared.candidates(query.service_id);
        Ok(Self { prepared, balances, query, location_row, location, items, in_edition })
    }

    /// The base items, then those that were bought of the service itself.
    pub(super) fn candidates(&self) -> impl Iterator<Item = &'a Candidate> + use<'a> {
        self.prepared.base_candidates().iter().chain(self.items)
    }

    /// The next candidate is likely to be of the same edition.
    pub(super) fn remember_edition(&mut self, in_edition: &InEdition<'a>) {
        if in_edition.row != self.in_edition.row {
            self.in_edition = *in_edition;
        }
    }
}

impl<'a> InEdition<'a> {
    fn new(
        row: usize,
        edition: &'a Edition,
        service: &'a Service,
        (prepared, query, location): (&'a Prepared, &Query<'_>, &Location),
    ) -> Self {
        let zone = location.time_zone;
        let family = query.product.and_then(|product| edition.family(product.family));
        let life_cycle = query.product.zip(family).map(|(product, family)| family.life_cycle_of(product.component));
        let life_cycle = life_cycle.unwrap_or_default();
        Self {
            row,
            edition,
            service,
            family,
            preview_end: life_cycle.preview_until.map(|date| end_of_day(zone, date)),
            retired_from: life_cycle.retired_from.map(|date| start_of_day(zone, date)),
            contact: query.contact_id.and_then(|contact_id| prepared.contact(contact_id)),
            fits_unit: query.quantity.is_none_or(|quantity| service.accepts(quantity.unit)),
            is_licensed: service.license.as_ref().is_none_or(|license| prepared.has_license(license)),
        }
    }

    /// The same question in another edition; none if that does not have the service.
    pub(super) fn switch_to(
        &self,
        row: usize,
        prepared: &'a Prepared,
        query: &Query<'_>,
        location: &Location,
    ) -> Option<Self> {
        if row == self.row {
            return Some(*self);
        }
        let edition = prepared.catalog().editions().get(row)?;
        Some(Self::new(row, edition, edition.service(query.service_id)?, (prepared, query, location)))
    }
}

fn addressed_location<'a>(prepared: &'a Prepared, location_id: &str) -> Result<(usize, &'a Location)> {
    let is_few = prepared.contract().customer.locations.len() <= MOST_HINTED;
    prepared.location(location_id).ok_or_else(|| {
        let known = prepared.contract().customer.locations.iter().map(|location| location.location_id.as_str());
        let known = known.filter(|known| is_few || known.get(..ALIKE) == location_id.get(..ALIKE)).take(MOST_HINTED);
        Error::NotFound {
            noun: Noun::Location,
            id: location_id.to_owned(),
            nearest: nearest_of_kin(location_id, known),
        }
    })
}

/// The service that is not counted in the unit of the quantity; none if it is by the edition of any item that may answer,
/// or where none may, as `otherwise` has it. Editions may count a service of one id in different units.
pub(super) fn misfit<'a>(
    prepared: &'a Prepared,
    service_id: &str,
    otherwise: &'a Service,
    quantity: Quantity,
) -> Option<&'a Service> {
    let editions = prepared.catalog().editions();
    let service_of = |candidate: &Candidate| {
        let service = editions.get(candidate.edition)?.service(service_id)?;
        (service.is_base() == candidate.is_base).then_some(service)
    };
    let candidates = prepared.base_candidates().iter().chain(prepared.candidates(service_id));
    let mut services = candidates.filter_map(service_of);
    let first = services.next().unwrap_or(otherwise);
    let fits = first.accepts(quantity.unit) || services.any(|service| service.accepts(quantity.unit));
    (!fits).then_some(first)
}

fn fitting(prepared: &Prepared, service_id: &str, service: &Service, quantity: Quantity) -> Result<()> {
    let Some(service) = misfit(prepared, service_id, service, quantity) else { return Ok(()) };
    let unit = quantity.unit.as_str();
    let message = match service.unit {
        Some(own) => format!("`{}` is counted in {}, not in {unit}", service.id, own.as_str()),
        None => format!("`{}` is not counted in {unit}", service.id),
    };
    Err(Error::invalid("quantity.unit", technical::UNIT_MISMATCH, message))
}

fn addressed_family(prepared: &Prepared, product: ProductId<'_>) -> Result<()> {
    if prepared.catalog().knows_family(product) {
        return Ok(());
    }
    let families = prepared.catalog().editions().iter().flat_map(|edition| &edition.families);
    let nearest = nearest_slip(product.family, families.map(|family| family.id.as_str()));
    Err(Error::NotFound { noun: Noun::ProductFamily, id: product.family.to_owned(), nearest })
}

fn unknown_service(prepared: &Prepared, query: &Query<'_>) -> Error {
    let services = prepared.catalog().editions().iter().flat_map(|edition| &edition.services);
    let nearest = nearest(query.service_id, services.map(|service| service.id.as_str()));
    Error::NotFound { noun: Noun::Service, id: query.service_id.to_owned(), nearest }
}
