//! A contract made ready for deciding: dates turned into instants, items found by service,
//! reach and base cover known for every location. Done once at load, so that a decision
//! neither looks at a calendar nor searches.

mod build;
mod cover;
mod extension;
mod item;
mod order;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use self::build::Builder;
pub(super) use self::item::{block_of, year_end};
use self::order::PreparedOrder;
pub(super) use self::order::order_term;
use super::base::{self, BaseCoverage, Bases};
use super::blocks::Maker;
use super::reach::Reaches;
use super::sorted::Sorted;
use super::span::{End, Span, Term};
use crate::catalog::Catalog;
use crate::model::{Balances, Contact, Contract, Location, Release, Unit, WorkOrder, WorkOrderState};

/// One customer's contract at one revision, ready for [`super::decide`].
#[derive(Debug)]
pub struct Prepared {
    catalog: Arc<Catalog>,
    contract: Contract,
    location_rows: HashMap<String, usize>,
    contact_rows: HashMap<String, usize>,
    licenses: HashSet<String>,
    /// By row of the work order.
    orders: Vec<PreparedOrder>,
    /// The base items, candidates of every base service, then the others, service by service.
    candidates: Vec<Candidate>,
    bases: usize,
    services: HashMap<String, Range<usize>>,
    /// Which candidate a block belongs to.
    blocks: HashMap<Uuid, usize>,
    /// By location: the bases that cover it.
    bases_at: Vec<Bases>,
    /// When an item may gain or lose its base, or what would give it one, sorted.
    base_turns: Vec<DateTime<Utc>>,
    /// By location: the order with the first id that designates it.
    designated_by: Vec<Option<usize>>,
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
    pub reach: Reaches,
    /// What it bought, if it is counted.
    pub block: Option<Block>,
    /// When its blocks live; of an item without any, its term.
    pub life: Span,
    /// Of its products and tenants.
    pub products: Sorted,
    pub tenants: Sorted,
    pub waivers: Vec<PreparedWaiver>,
    /// Instants at which time alone can change what this item answers, sorted; besides those of
    /// its base and its reach.
    pub turns: Vec<DateTime<Utc>>,
}

/// Which base an item leans on.
#[derive(Debug)]
pub enum Support {
    /// Its own order carries the base; so does a base item itself.
    OwnOrder,
    /// The base named by its order, empty if that is no base.
    Named(Arc<Bases>),
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
    pub products: Sorted,
}

impl Prepared {
    /// Where nothing was used yet.
    pub fn new(catalog: Arc<Catalog>, contract: Contract) -> Self {
        Self::with_balances(catalog, contract, &Balances::new())
    }

    /// A block without a balance is as it was bought.
    pub fn with_balances(catalog: Arc<Catalog>, contract: Contract, balances: &Balances) -> Self {
        let customer = &contract.customer;
        let location_rows = rows_of(customer.locations.iter().map(|location| &location.location_id));
        let contact_rows = rows_of(customer.contacts.iter().map(|contact| &contact.contact_id));
        let licenses = customer.licenses.iter().cloned().collect();
        let builder = Builder::new(&catalog, &contract, balances, &location_rows);
        let candidates = builder.candidates();
        let bases_at = builder.bases_at(&candidates);
        let base_turns = builder.base_turns();
        let designated_by = builder.designated_by();
        let multi_country = builder.is_multi_country(&designated_by);
        let orders = builder.orders;
        let bases = candidates.partition_point(|candidate| candidate.is_base);
        let mut prepared = Self {
            location_rows,
            contact_rows,
            licenses,
            orders,
            candidates,
            bases,
            services: HashMap::new(),
            blocks: HashMap::new(),
            bases_at,
            base_turns,
            designated_by,
            multi_country,
            catalog,
            contract,
        };
        prepared.find_services();
        prepared.find_blocks();
        prepared
    }

    fn find_services(&mut self) {
        for (row, candidate) in self.candidates.iter().enumerate().skip(self.bases) {
            let order = self.contract.work_orders.get(candidate.order);
            let Some(item) = order.and_then(|order| order.items.get(candidate.item)) else { continue };
            match self.services.get_mut(&item.service_id) {
                Some(rows) => rows.end = row.saturating_add(1),
                None => _ = self.services.insert(item.service_id.clone(), row..row.saturating_add(1)),
            }
        }
    }

    fn find_blocks(&mut self) {
        let found = |candidate| {
            let maker = Maker::new(self, candidate)?;
            let ids = maker.ids();
            Some((if ids.is_empty() { candidate.life } else { maker.worked_out_life() }, ids))
        };
        let found: Vec<_> = self.candidates.iter().map(found).collect();
        for (row, (candidate, found)) in self.candidates.iter_mut().zip(found).enumerate() {
            let Some((life, ids)) = found else { continue };
            candidate.life = life;
            self.blocks.extend(ids.into_iter().map(|id| (id, row)));
        }
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

    pub(super) fn contact(&self, contact_id: &str) -> Option<&Contact> {
        self.contract.customer.contacts.get(*self.contact_rows.get(contact_id)?)
    }

    pub(super) fn has_license(&self, license: &str) -> bool {
        self.licenses.contains(license)
    }

    pub(super) fn order(&self, row: usize) -> Option<&PreparedOrder> {
        self.orders.get(row)
    }

    pub(super) fn base_candidates(&self) -> &[Candidate] {
        self.candidates.get(..self.bases).unwrap_or_default()
    }

    /// Every candidate, in no particular order.
    pub(super) fn all_candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// In the order of their ids, which settles the last ties.
    pub(super) fn candidates(&self, service_id: &str) -> &[Candidate] {
        let rows = self.services.get(service_id).cloned();
        rows.and_then(|rows| self.candidates.get(rows)).unwrap_or_default()
    }

    pub(super) fn candidate_of_block(&self, block_id: Uuid) -> Option<&Candidate> {
        self.candidates.get(*self.blocks.get(&block_id)?)
    }

    /// The base cover of an item at a location; none where it needs none.
    pub(super) fn base_coverage<'a>(&'a self, candidate: &'a Candidate, location: usize) -> Option<BaseCoverage<'a>> {
        let bases = match &candidate.support {
            Support::OwnOrder => return None,
            Support::Named(bases) => bases,
            Support::AnyCovering => self.bases_at.get(location).unwrap_or(&base::NONE),
        };
        Some(BaseCoverage::new(bases, candidate.term.start()))
    }

    pub(super) fn base_turns(&self) -> &[DateTime<Utc>] {
        &self.base_turns
    }

    /// How the order itself comes to its end.
    pub(super) fn end_cause(&self, order: &WorkOrder) -> Option<End> {
        let (_, host) = self.location(&order.host_location_id)?;
        Some(order_term(order, host.time_zone).end_cause)
    }

    /// The order with the first id that designates the location.
    pub(super) fn designated_by(&self, location: usize) -> Option<&WorkOrder> {
        self.contract.work_orders.get((*self.designated_by.get(location)?)?)
    }

    /// Whether any order designates the location.
    pub(super) fn is_designated(&self, location: usize) -> bool {
        self.designated_by.get(location).is_some_and(Option::is_some)
    }

    pub(super) fn is_multi_country(&self) -> bool {
        self.multi_country
    }
}

/// Of equal ids, the first.
fn rows_of<'i>(ids: impl Iterator<Item = &'i String>) -> HashMap<String, usize> {
    let mut rows = HashMap::new();
    for (row, id) in ids.enumerate() {
        rows.entry(id.clone()).or_insert(row);
    }
    rows
}
