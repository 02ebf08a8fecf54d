//! A contract made ready for deciding: dates turned into instants, items found by service,
//! reach and base cover known for every location. Done once at load, so that a decision
//! neither looks at a calendar nor searches.

mod build;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use self::build::Builder;
pub(super) use self::build::block_of;
use super::base::{BaseCoverage, BaseSpan};
use super::reach::Reach;
use super::span::{End, Span, Term};
use crate::catalog::{Catalog, Edition};
use crate::model::{
    Balances, Contract, Funding, Item, Location, ProductPattern, Release, Unit, WorkOrder, WorkOrderState,
    contract_year, start_of_day,
};

/// One customer's contract at one revision, ready for [`super::decide`].
#[derive(Debug)]
pub struct Prepared {
    catalog: Arc<Catalog>,
    contract: Contract,
    location_rows: HashMap<String, usize>,
    /// The base items: candidates of every base service.
    base_candidates: Vec<Candidate>,
    /// The others, by service.
    candidates: HashMap<String, Vec<Candidate>>,
    /// By location: the bases that cover it, in the order of their starts.
    bases_at: Vec<Vec<BaseSpan>>,
    /// Whether the designated locations lie in more than one country (2.4).
    multi_country: bool,
}

/// An item that may answer for its service.
#[derive(Debug)]
pub struct Candidate {
    /// Row of the work order.
    pub order: usize,
    /// Row of the item in it.
    pub item: usize,
    /// Whether it is a base package: that answers for every base service.
    pub is_base: bool,
    /// Row of the order's edition in the catalogue.
    pub edition: usize,
    pub host: usize,
    pub term: Term,
    pub state: WorkOrderState,
    pub support: Support,
    /// By location.
    pub reach: Vec<Reach>,
    /// What it bought, if it is counted.
    pub block: Option<Block>,
    pub waivers: Vec<PreparedWaiver>,
    /// Instants at which time alone can change what this item answers, sorted.
    pub turns: Vec<DateTime<Utc>>,
}

/// Which base an item leans on.
#[derive(Debug)]
pub enum Support {
    /// Its own order carries the base; so does a base item itself.
    OwnOrder,
    /// The base named by its order, empty if that is no base.
    Named(Vec<BaseSpan>),
    /// Any base that covers the asked location.
    AnyCovering,
}

/// The balance of a counted item, in the base unit of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub id: Uuid,
    /// With every correction.
    pub granted: i64,
    pub used: i64,
    pub reserved: i64,
    /// The holds that run out first; later ones come with the revision that tells of these.
    pub release: Option<Release>,
    pub unit: Unit,
    /// End of the contract year, for what the flex allowance paid.
    pub year_end: Option<DateTime<Utc>>,
}

impl Block {
    /// As time has left it: what ran out by then is not held any more, written down or not.
    pub fn at(self, at: DateTime<Utc>) -> Self {
        match self.release {
            Some(release) if release.at <= at => {
                Self { reserved: self.reserved.saturating_sub(release.amount), release: None, ..self }
            }
            _ => self,
        }
    }

    pub fn available(&self) -> i64 {
        self.granted.saturating_sub(self.used).saturating_sub(self.reserved)
    }
}

/// A waiver with its days as instants.
#[derive(Debug)]
pub struct PreparedWaiver {
    /// Row among the item's waivers.
    pub row: usize,
    /// Row of the waived clause in the edition.
    pub clause: u8,
    pub valid: Span,
    pub products: Vec<ProductPattern>,
}

impl Prepared {
    /// Where nothing was used yet.
    pub fn new(catalog: Arc<Catalog>, contract: Contract) -> Self {
        Self::with_balances(catalog, contract, &Balances::new())
    }

    /// A block without a balance is as it was bought.
    pub fn with_balances(catalog: Arc<Catalog>, contract: Contract, balances: &Balances) -> Self {
        let builder = Builder { catalog: &catalog, contract: &contract, balances };
        let bases_at: Vec<_> = contract.customer.locations.iter().map(|location| builder.bases_at(location)).collect();
        let base_turns = builder.base_turns();
        let mut base_candidates = Vec::new();
        let mut candidates: HashMap<String, Vec<Candidate>> = HashMap::new();
        for (order_row, order) in contract.work_orders.iter().enumerate() {
            for (item_row, item) in order.items.iter().enumerate() {
                let Some(candidate) = builder.candidate(order_row, order, item_row, item, &base_turns) else {
                    continue;
                };
                if candidate.is_base {
                    base_candidates.push(candidate);
                } else {
                    candidates.entry(item.service_id.clone()).or_default().push(candidate);
                }
            }
        }
        let locations = contract.customer.locations.iter().enumerate();
        let location_rows = locations.map(|(row, location)| (location.location_id.clone(), row)).collect();
        let multi_country = builder.is_multi_country();
        let prepared = Self { location_rows, base_candidates, candidates, bases_at, multi_country, catalog, contract };
        prepared.sorted()
    }

    /// Candidates in the order of their ids, which settles the last ties.
    fn sorted(mut self) -> Self {
        let orders = &self.contract.work_orders;
        let ids = |candidate: &Candidate| {
            let order = orders.get(candidate.order);
            let item = order.and_then(|order| order.items.get(candidate.item));
            (order.map(|order| order.work_order_id.clone()), item.map(|item| item.item_id.clone()))
        };
        self.base_candidates.sort_by_cached_key(ids);
        self.candidates.values_mut().for_each(|candidates| candidates.sort_by_cached_key(ids));
        self
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub fn contract(&self) -> &Contract {
        &self.contract
    }

    pub fn location(&self, location_id: &str) -> Option<(usize, &Location)> {
        let row = *self.location_rows.get(location_id)?;
        Some((row, self.contract.customer.locations.get(row)?))
    }

    pub(super) fn base_candidates(&self) -> &[Candidate] {
        &self.base_candidates
    }

    /// Every candidate, in no particular order.
    pub(super) fn all_candidates(&self) -> impl Iterator<Item = &Candidate> {
        self.base_candidates.iter().chain(self.candidates.values().flatten())
    }

    pub(super) fn candidates(&self, service_id: &str) -> &[Candidate] {
        self.candidates.get(service_id).map_or(&[], Vec::as_slice)
    }

    /// The base cover of an item at a location; none where it needs none.
    pub(super) fn base_coverage<'a>(&'a self, candidate: &'a Candidate, location: usize) -> Option<BaseCoverage<'a>> {
        let bases = match &candidate.support {
            Support::OwnOrder => return None,
            Support::Named(bases) => bases.as_slice(),
            Support::AnyCovering => self.bases_at.get(location).map_or(&[][..], Vec::as_slice),
        };
        Some(BaseCoverage::new(bases, candidate.term.start()))
    }

    /// How the order itself comes to its end.
    pub(super) fn end_cause(&self, order: &WorkOrder) -> Option<End> {
        let (_, host) = self.location(&order.host_location_id)?;
        Some(order_term(order, host.time_zone).end_cause)
    }

    pub(super) fn is_multi_country(&self) -> bool {
        self.multi_country
    }
}

pub(super) fn carries_base(edition: &Edition, order: &WorkOrder) -> bool {
    order.items.iter().any(|item| item.service_id == edition.base_package)
}

/// Whether the order is neither a draft nor suspended.
pub(super) fn is_in_effect(order: &WorkOrder) -> bool {
    matches!(order.state, WorkOrderState::Active | WorkOrderState::Terminated)
}

/// The order's own term.
pub(super) fn order_term(order: &WorkOrder, zone: Tz) -> Term {
    let span = days(zone, order.start_date, order.end_date);
    Term::new(span, span, termination(order, span))
}

fn term_of(order: &WorkOrder, item: &Item, zone: Tz) -> Term {
    let span = days(zone, order.start_date, order.end_date);
    let own = days(zone, item.start_date.unwrap_or(order.start_date), item.end_date.unwrap_or(order.end_date));
    Term::new(span, own, termination(order, span))
}

/// A terminated order that does not say when has never begun: nothing unknown entitles.
fn termination(order: &WorkOrder, span: Span) -> Option<DateTime<Utc>> {
    match order.state {
        WorkOrderState::Terminated => Some(order.terminate_time.unwrap_or(span.start)),
        _ => order.terminate_time,
    }
}

/// From the first instant of `first` to the last of `last`.
fn days(zone: Tz, first: NaiveDate, last: NaiveDate) -> Span {
    Span { start: start_of_day(zone, first), end: start_of_day(zone, last.succ_opt().unwrap_or(last)) }
}

/// The end of the contract year in which what the flex allowance paid must be used.
pub(super) fn year_end(order: &WorkOrder, item: &Item, zone: Tz) -> Option<DateTime<Utc>> {
    let (_, next) = contract_year(order.start_date, item.start_date.unwrap_or(order.start_date));
    (item.funding == Funding::FlexAllowance).then(|| start_of_day(zone, next))
}
