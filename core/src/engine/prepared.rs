//! A contract made ready for deciding: dates turned into instants, items found by service,
//! designations and base cover known for every location. Done once a contract version, so that a decision
//! neither looks at a calendar nor searches. What was used of it is not part of it (see
//! [`PreparedBalances`](super::PreparedBalances)): the ledger writes far more often than the contract changes.

mod block;
mod block_specs;
mod build;
mod candidate;
mod contact_place;
mod cover;
mod extension;
mod from_host;
mod item;
mod order;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use uuid::Uuid;

use self::build::Builder;
use self::candidate::BasesAt;
use self::contact_place::ContactPlaces;
use self::order::PreparedOrder;
use super::base::BaseCoverage;
use super::planned::{BlocksFrom, planned_ends};
use crate::catalog::Catalog;
use crate::model::{
    BlockSpec, Contact, Contract, Location, WorkOrder, WorkOrderState, ZoneTable, current_zones, day_of,
};

pub use self::block::BoughtBlock;
pub(super) use self::block_specs::BlockSpecs;
pub use self::candidate::Candidate;
pub(super) use self::candidate::{PreparedWaiver, Support};

/// One customer's contract in one version, ready for [`super::decide()`].
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
    bases_at: BasesAt,
    /// When an item may gain or lose its base, or what would give it one, sorted.
    base_transitions: Vec<DateTime<Utc>>,
    /// By location: the order with the first id that designates it.
    designated_by: Vec<Option<usize>>,
    /// When the orders in force begin and cease to serve more than one country, in turn (2.4).
    multi_country: Vec<DateTime<Utc>>,
    /// Where designated contacts stand (2.5).
    contact_places: ContactPlaces,
    /// The zone data that everything here is worked out with.
    zones: Arc<ZoneTable>,
    /// When a recorded change of the contract takes effect; none is recorded: never.
    until: Option<DateTime<Utc>>,
}

impl Prepared {
    pub fn new(catalog: Arc<Catalog>, mut contract: Contract) -> Self {
        let zones = current_zones();
        contract.renew_zones(&zones);
        let customer = &contract.customer;
        let location_rows = rows_of(customer.locations.iter().map(|location| &location.location_id));
        let contact_rows = rows_of(customer.contacts.iter().map(|contact| &contact.contact_id));
        let licenses = customer.licenses.iter().cloned().collect();
        let builder = Builder::new(&catalog, &contract, &location_rows);
        let (candidates, bases_at) = builder.candidates();
        let base_transitions = builder.base_transitions();
        let designated_by = builder.designated_by();
        let multi_country = builder.multi_country();
        let contact_places = ContactPlaces::new(customer, &location_rows);
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
            base_transitions,
            designated_by,
            multi_country,
            zones,
            contact_places,
            catalog,
            contract,
            until: None,
        };
        prepared.find_services();
        prepared.find_blocks();
        prepared
    }

    /// The contract stands so until then, exclusively.
    pub fn until(self, until: Option<DateTime<Utc>>) -> Self {
        Self { until, ..self }
    }

    /// Its blocks, which end as soon as what is planned for later ends them.
    pub fn with_planned(self, later: Vec<BlocksFrom>) -> (Self, Vec<BlockSpec>) {
        let blocks = blocks_of(&self);
        let ends = planned_ends(&blocks, later);
        if ends.is_empty() {
            return (self, blocks);
        }
        let prepared = self.ending(&ends);
        let blocks = blocks_of(&prepared);
        (prepared, blocks)
    }

    /// The blocks of one item live alike: as long as it has any of them.
    fn ending(mut self, ends: &BTreeMap<Uuid, DateTime<Utc>>) -> Self {
        let planned = |candidate: &Candidate| {
            let ids = self.block_specs(candidate).map(|specs| specs.ids()).unwrap_or_default();
            let planned: Option<Vec<_>> = ids.iter().map(|id| ends.get(id).copied()).collect();
            planned.and_then(|planned| planned.into_iter().max())
        };
        let planned: Vec<_> = self.candidates.iter().map(planned).collect();
        for (candidate, planned) in self.candidates.iter_mut().zip(planned) {
            let Some(end) = planned else { continue };
            candidate.planned_end = planned;
            // What waits for its base has no time.
            let has_time = candidate.life.start < candidate.life.end;
            candidate.life.end = candidate.life.end.min(end);
            if !has_time {
                candidate.life.start = candidate.life.start.min(candidate.life.end);
            }
        }
        self
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
        let resumed = self.resumed();
        let (candidates, bases_at) = match &resumed {
            Some((candidates, bases_at)) => (candidates, bases_at),
            None => (&self.candidates, &self.bases_at),
        };
        let found = |candidate| {
            let specs = self.block_specs(candidate)?;
            let ids = specs.ids();
            Some((if ids.is_empty() { candidate.life } else { specs.worked_out_life(bases_at) }, ids))
        };
        let found: Vec<_> = candidates.iter().map(found).collect();
        for (row, (candidate, found)) in self.candidates.iter_mut().zip(found).enumerate() {
            let Some((life, ids)) = found else { continue };
            candidate.life = life;
            self.blocks.extend(ids.into_iter().map(|id| (id, row)));
        }
    }

    /// The candidates, in the same order, and the bases, as if no order were suspended; none if none is. A suspension stops
    /// use and no clock: a block still ends with the base it leans on.
    fn resumed(&self) -> Option<(Vec<Candidate>, BasesAt)> {
        let is_suspended = |order: &WorkOrder| order.state == WorkOrderState::Suspended;
        if !self.contract.work_orders.iter().any(is_suspended) {
            return None;
        }
        let mut contract = self.contract.clone();
        for order in contract.work_orders.iter_mut().filter(|order| is_suspended(order)) {
            order.state = WorkOrderState::Active;
        }
        Some(Builder::new(&self.catalog, &contract, &self.location_rows).candidates())
    }

    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    pub fn zones(&self) -> &Arc<ZoneTable> {
        &self.zones
    }

    /// When a recorded change of the contract takes effect.
    pub(super) fn end(&self) -> Option<DateTime<Utc>> {
        self.until
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

    pub(super) fn block_specs<'a>(&'a self, candidate: &'a Candidate) -> Option<BlockSpecs<'a>> {
        BlockSpecs::new(&self.catalog, &self.contract, candidate)
    }

    /// In the order of their ids, which settles the last ties.
    pub(super) fn candidates(&self, service_id: &str) -> &[Candidate] {
        let rows = self.services.get(service_id).cloned();
        rows.and_then(|rows| self.candidates.get(rows)).unwrap_or_default()
    }

    pub(super) fn candidate_of_block(&self, block_id: Uuid) -> Option<&Candidate> {
        self.candidates.get(*self.blocks.get(&block_id)?)
    }

    /// Whether a block lasts as its own order says: no base, nor anything planned, lets it begin later or end sooner.
    pub fn lasts_as_ordered(&self, block_id: Uuid) -> bool {
        let candidate = self.candidate_of_block(block_id);
        candidate.is_some_and(|candidate| {
            self.block_specs(candidate).is_some_and(|specs| specs.ordered_life() == candidate.life)
        })
    }

    /// The last day of a block that ends then, by the calendar of its host.
    pub fn last_day(&self, block_id: Uuid, end: DateTime<Utc>) -> Option<NaiveDate> {
        let host = self.contract.customer.locations.get(self.candidate_of_block(block_id)?.host)?;
        Some(day_of(host.time_zone, end.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(end)))
    }

    /// The base cover of an item at a location; none where it needs none.
    pub(super) fn base_coverage<'a>(&'a self, candidate: &'a Candidate, location: usize) -> Option<BaseCoverage<'a>> {
        candidate.base_coverage(&self.bases_at, location)
    }

    pub(super) fn base_transitions(&self) -> &[DateTime<Utc>] {
        &self.base_transitions
    }

    /// The order with the first id that designates the location.
    pub(super) fn designated_by(&self, location: usize) -> Option<&WorkOrder> {
        self.contract.work_orders.get((*self.designated_by.get(location)?)?)
    }

    /// Whether any order designates the location.
    pub(super) fn is_designated(&self, location: usize) -> bool {
        self.designated_by.get(location).is_some_and(Option::is_some)
    }

    /// Whether the designated locations of the orders in force lie in more than one country.
    pub(super) fn is_multi_country(&self, instant: DateTime<Utc>) -> bool {
        let passed = self.multi_country.partition_point(|turn| *turn <= instant);
        !passed.is_multiple_of(2)
    }

    pub(super) fn multi_country_turns(&self) -> &[DateTime<Utc>] {
        &self.multi_country
    }

    pub(super) fn contact_places(&self) -> &ContactPlaces {
        &self.contact_places
    }
}

/// Every block of the contract, in the order of their ids.
pub fn blocks_of(prepared: &Prepared) -> Vec<BlockSpec> {
    let made = prepared.all_candidates().iter().filter_map(|candidate| prepared.block_specs(candidate));
    let mut blocks: Vec<_> = made.flat_map(|specs| specs.own().into_iter().chain(specs.included())).collect();
    blocks.sort_by_key(|block| block.id);
    blocks
}

/// Of equal ids, the first.
fn rows_of<'i>(ids: impl Iterator<Item = &'i String>) -> HashMap<String, usize> {
    let mut rows = HashMap::new();
    for (row, id) in ids.enumerate() {
        rows.entry(id.clone()).or_insert(row);
    }
    rows
}
