//! A contract made ready for deciding: dates turned into instants, items found by service,
//! reach and base cover known for every location. Done once at load, so that a decision
//! neither looks at a calendar nor searches.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::base::{BaseCoverage, BaseSpan};
use super::reach::{Reach, base_reach, extensions_of, reach_of};
use super::span::{End, Span, Term};
use crate::catalog::{Catalog, Edition};
use crate::model::{
    Balance, Balances, Contract, Funding, Item, Location, ProductPattern, Unit, Waiver, WorkOrder, WorkOrderState,
    block_id, contract_year, start_of_day,
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
    pub unit: Unit,
    /// End of the contract year, for what the flex allowance paid.
    pub year_end: Option<DateTime<Utc>>,
}

impl Block {
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

struct Builder<'a> {
    catalog: &'a Catalog,
    contract: &'a Contract,
    balances: &'a Balances,
}

impl Builder<'_> {
    fn candidate(
        &self,
        order_row: usize,
        order: &WorkOrder,
        item_row: usize,
        item: &Item,
        base_turns: &[DateTime<Utc>],
    ) -> Option<Candidate> {
        let edition_row = self.catalog.editions().iter().position(|edition| edition.id == order.edition_id)?;
        let edition = self.catalog.editions().get(edition_row)?;
        let service = edition.service(&item.service_id)?;
        let (host, host_location) = self.host_of(order)?;
        let zone = host_location.time_zone;
        let is_base = item.service_id == edition.base_package;
        let term = term_of(order, item, zone);
        let support = self.support(edition, order, is_base);
        let extensions = extensions_of(self.contract, self.catalog, order, edition);
        let reach: Vec<Reach> = self
            .contract
            .customer
            .locations
            .iter()
            .map(|location| {
                if is_base {
                    base_reach(order, item, &location.location_id, &extensions)
                } else {
                    reach_of(service.location_rule, order, item, &location.location_id, &extensions)
                }
            })
            .collect();
        let waivers = prepare_waivers(edition, item, zone);
        let block = block_of(service.unit, service.purchase.quantity, order, item, zone);
        let block = block.map(|block| match self.balances.get(&block.id) {
            Some(Balance { granted, used, reserved }) => {
                Block { granted: *granted, used: *used, reserved: *reserved, ..block }
            }
            None => block,
        });
        let turns = turns_of(&term, &support, base_turns, &reach, &waivers, block, item);
        let candidate = Candidate {
            order: order_row,
            item: item_row,
            is_base,
            edition: edition_row,
            host,
            term,
            state: order.state,
            support,
            reach,
            block,
            waivers,
            turns,
        };
        Some(candidate)
    }

    fn host_of(&self, order: &WorkOrder) -> Option<(usize, &Location)> {
        let mut locations = self.contract.customer.locations.iter().enumerate();
        locations.find(|(_, location)| location.location_id == order.host_location_id)
    }

    fn support(&self, edition: &Edition, order: &WorkOrder, is_base: bool) -> Support {
        if is_base || carries_base(edition, order) {
            return Support::OwnOrder;
        }
        match &order.base_work_order_id {
            None => Support::AnyCovering,
            Some(named) => {
                let mut orders = self.contract.work_orders.iter().enumerate();
                let base = orders.find(|(_, base)| base.work_order_id == *named);
                Support::Named(base.and_then(|(row, base)| self.base_span(row, base)).into_iter().collect())
            }
        }
    }

    /// The term of an order as a base: none if it carries no base, is a draft or suspended, or
    /// was terminated before it began.
    fn base_span(&self, row: usize, order: &WorkOrder) -> Option<BaseSpan> {
        let edition = self.catalog.edition(&order.edition_id)?;
        let (_, host) = self.host_of(order)?;
        if !is_in_effect(order) || !carries_base(edition, order) {
            return None;
        }
        let term = order_term(order, host.time_zone);
        let base = BaseSpan { order: row, span: term.span(), end_cause: term.end_cause, ended_by: row };
        (!base.span.is_empty()).then_some(base)
    }

    /// The bases that cover a location, in the order of their starts.
    fn bases_at(&self, location: &Location) -> Vec<BaseSpan> {
        let mut bases = Vec::new();
        for (row, order) in self.contract.work_orders.iter().enumerate() {
            let Some(edition) = self.catalog.edition(&order.edition_id) else { continue };
            let Some(base) = self.base_span(row, order) else { continue };
            let extensions = extensions_of(self.contract, self.catalog, order, edition);
            // Of several base items each serves its own locations.
            for item in order.items.iter().filter(|item| item.service_id == edition.base_package) {
                match base_reach(order, item, &location.location_id, &extensions) {
                    Reach::Never => {}
                    Reach::Always => bases.push(base),
                    Reach::During(stretches) => {
                        let parts = stretches.iter().filter_map(|stretch| {
                            let span = base.span.intersect(stretch.span)?;
                            if span.end == base.span.end {
                                return Some(BaseSpan { span, ..base });
                            }
                            Some(BaseSpan { span, end_cause: stretch.end_cause, ended_by: stretch.order, ..base })
                        });
                        bases.extend(parts);
                    }
                }
            }
        }
        let id = |row: usize| self.contract.work_orders.get(row).map(|order| &order.work_order_id);
        let key = |base: &BaseSpan| (base.span.start, base.span.end, id(base.order), id(base.ended_by));
        bases.sort_by(|one, other| key(one).cmp(&key(other)));
        bases
    }

    /// When any base, in effect or not, or any order that names one, begins and ends: then an
    /// item may gain or lose its base, or what would give it one.
    fn base_turns(&self) -> Vec<DateTime<Utc>> {
        let is_about_base = |order: &&WorkOrder| {
            let edition = self.catalog.edition(&order.edition_id);
            order.base_work_order_id.is_some() || edition.is_some_and(|edition| carries_base(edition, order))
        };
        let orders = self.contract.work_orders.iter().filter(is_about_base);
        let terms = orders.filter_map(|order| Some(order_term(order, self.host_of(order)?.1.time_zone).span()));
        terms.flat_map(|span| [span.start, span.end]).collect()
    }

    fn is_multi_country(&self) -> bool {
        let designated = self.contract.work_orders.iter().flat_map(WorkOrder::designated_locations);
        let mut countries =
            designated.filter_map(|id| self.contract.customer.location(id)).map(|location| &location.country);
        countries.next().is_some_and(|first| countries.any(|country| country != first))
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

pub(super) fn block_of(
    unit: Option<Unit>,
    rule: crate::catalog::QuantityRule,
    order: &WorkOrder,
    item: &Item,
    zone: Tz,
) -> Option<Block> {
    let unit = unit?;
    let granted = match item.quantity {
        Some(quantity) => quantity.in_base_unit()?,
        None if rule == crate::catalog::QuantityRule::One => 1,
        None => return None,
    };
    let year_end = year_end(order, item, zone);
    let id = block_id(&order.customer_id, &order.work_order_id, &item.item_id, &item.service_id);
    Some(Block { id, granted, used: 0, reserved: 0, unit: unit.base(), year_end })
}

/// The end of the contract year in which what the flex allowance paid must be used.
pub(super) fn year_end(order: &WorkOrder, item: &Item, zone: Tz) -> Option<DateTime<Utc>> {
    let (_, next) = contract_year(order.start_date, item.start_date.unwrap_or(order.start_date));
    (item.funding == Funding::FlexAllowance).then(|| start_of_day(zone, next))
}

fn prepare_waivers(edition: &Edition, item: &Item, zone: Tz) -> Vec<PreparedWaiver> {
    let prepare = |(row, waiver): (usize, &Waiver)| {
        let clause = edition.clauses.iter().position(|clause| clause.code == waiver.code)?;
        let start = waiver.start_date.map_or(DateTime::<Utc>::MIN_UTC, |date| start_of_day(zone, date));
        let last = waiver.end_date.and_then(|date| date.succ_opt());
        let end = last.map_or(DateTime::<Utc>::MAX_UTC, |date| start_of_day(zone, date));
        let products = waiver.product_ids.clone();
        Some(PreparedWaiver { row, clause: u8::try_from(clause).ok()?, valid: Span { start, end }, products })
    };
    item.waivers.iter().enumerate().filter_map(prepare).collect()
}

fn turns_of(
    term: &Term,
    support: &Support,
    base_turns: &[DateTime<Utc>],
    reach: &[Reach],
    waivers: &[PreparedWaiver],
    block: Option<Block>,
    item: &Item,
) -> Vec<DateTime<Utc>> {
    let mut turns = vec![term.order_start, term.item_start, term.end];
    let both = |span: Span| [span.start, span.end];
    match support {
        Support::OwnOrder => {}
        Support::Named(_) | Support::AnyCovering => turns.extend(base_turns),
    }
    turns.extend(reach.iter().flat_map(Reach::spans).flat_map(both));
    turns.extend(waivers.iter().flat_map(|waiver| both(waiver.valid)));
    turns.extend(block.and_then(|block| block.year_end));
    turns.extend(item.events.iter().flat_map(|event| [event.start_time, event.end_time]));
    turns.sort_unstable();
    turns.dedup();
    turns
}
