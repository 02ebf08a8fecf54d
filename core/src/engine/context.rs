use chrono::{DateTime, Utc};

use super::balances::{BlockState, PreparedBalances};
use super::base::{BaseCoverage, BaseState};
use super::prepared::{BoughtBlock, Candidate, Prepared, PreparedWaiver};
use super::query::Query;
use super::resolve::{InEdition, ResolvedQuery};
use crate::catalog::{ClauseUse, Edition, Rule, Service};
use crate::model::{
    DeliveryMode, Item, Location, ProductId, ProductPattern, Waiver, WorkOrder, WorkOrderState, start_of_day,
};
use crate::terms::{Span, TermState};

/// One candidate under one question at one instant: all a clause may look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub prepared: &'a Prepared,
    pub balances: &'a PreparedBalances,
    pub query: &'a Query<'a>,
    /// When term, state and base are judged.
    pub at: DateTime<Utc>,
    pub location_row: usize,
    pub location: &'a Location,
    /// What the question means in the edition of the candidate's order.
    pub in_edition: InEdition<'a>,
    pub edition: &'a Edition,
    pub service: &'a Service,
    pub candidate: &'a Candidate,
    pub order: &'a WorkOrder,
    pub item: &'a Item,
    pub term: TermState,
    /// None where no base is needed beside the item's own order.
    pub base: Option<BaseState>,
    /// From the latest of order, item and base start to the earliest of their ends.
    pub effective: Span,
    /// The base cover that follows from, none where no base is needed.
    pub coverage: Option<BaseCoverage<'a>>,
    /// The cover of all items that join this one without a gap, where the asked window needs it.
    pub cover: Option<Span>,
    /// What is left in the blocks of all items that serve, where somebody has summed it up.
    pub serving: Option<i128>,
    /// Whether it serves itself, where that is known.
    pub serves: Option<bool>,
    /// The block of its own that the service is counted by; what a base package bought is not what it brings.
    pub own_block: Option<&'a BoughtBlock>,
    /// The first instant of delivery, by the calendar of the order's own host.
    pub delivery_start: Option<DateTime<Utc>>,
    /// Whether the asked product is one the order covers, and one the item is for.
    pub is_covered: bool,
    pub is_on_item: bool,
}

#[cfg(test)]
thread_local! {
    /// How many clauses were judged on this thread: what the work of an answer is counted in.
    pub static JUDGED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
pub(super) fn count_judged() {
    JUDGED.set(JUDGED.get() + 1);
}

/// What a clause says of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Holds,
    Fails,
    /// The request lacks the fact.
    Unknown,
}

impl Verdict {
    pub(super) fn fails_if(violated: bool) -> Self {
        if violated { Self::Fails } else { Self::Holds }
    }
}

impl<'a> Context<'a> {
    /// None where the candidate cannot answer: its edition does not have the service, has it with the base package,
    /// which this is not, or counts it in another unit than is asked for.
    pub(super) fn new(resolved: &ResolvedQuery<'a>, at: DateTime<Utc>, candidate: &'a Candidate) -> Option<Self> {
        let ResolvedQuery { prepared, balances, query, location_row, location, .. } = *resolved;
        let in_edition = resolved.in_edition.switch_to(candidate.edition, prepared, query, location)?;
        let (edition, service) = (in_edition.edition, in_edition.service);
        if service.is_base() != candidate.is_base || !in_edition.fits_unit {
            return None;
        }
        let order = prepared.contract().work_orders.get(candidate.order)?;
        let item = order.items.get(candidate.item)?;
        let coverage = prepared.base_coverage(candidate, location_row);
        let own = candidate.term.span();
        let effective = coverage
            .and_then(|coverage| coverage.span())
            .map_or(own, |base| Span { start: own.start.max(base.start), end: own.end.min(base.end) });
        let base = coverage.map(|coverage| coverage.at(at));
        let term = candidate.term.at(at);
        // Products are those of the item's edition: `*` covers none that only another one knows.
        let is_known = query.product.is_none() || in_edition.family.is_some();
        Some(Self {
            prepared,
            balances,
            query,
            at,
            location_row,
            location,
            in_edition,
            edition,
            service,
            candidate,
            order,
            item,
            term,
            base,
            effective,
            coverage,
            cover: None,
            serving: None,
            serves: None,
            delivery_start: service.delivery_starts.and_then(|date| {
                let host = prepared.contract().customer.locations.get(candidate.host)?;
                Some(start_of_day(host.time_zone, date))
            }),
            own_block: candidate.block.as_ref().filter(|_| item.service_id == service.id),
            is_covered: is_known
                && query.product.is_none_or(|product| {
                    let prepared = prepared.order(candidate.order);
                    prepared.is_some_and(|prepared| prepared.covered.matches(&order.covered_products, product))
                }),
            is_on_item: is_known
                && query.product.is_none_or(|product| candidate.products.matches(&item.product_ids, product)),
        })
    }

    /// The same question to every item that was bought of the service itself, this one too.
    pub(super) fn all_items(&self) -> impl Iterator<Item = Self> + use<'a> {
        let items = self.prepared.candidates(self.query.service_id);
        let Self { prepared, balances, query, location_row, location, in_edition, .. } = *self;
        ResolvedQuery { prepared, balances, query, location_row, location, items, in_edition }.of_items(self.at)
    }

    /// The same question to the same candidate at another instant.
    pub(super) fn later(&self, at: DateTime<Utc>) -> Self {
        let base = self.coverage.map(|coverage| coverage.at(at));
        Self { at, term: self.candidate.term.at(at), base, cover: None, serving: None, serves: None, ..*self }
    }

    /// Whether the order covers any product of the family that it does not except.
    pub(super) fn covers_any_of(&self, family: &str) -> bool {
        let Some(order) = self.prepared.order(self.candidate.order) else { return false };
        let covered = &self.order.covered_products;
        let whole = ProductId { family, component: None };
        let is_left = |pattern: &ProductPattern| match pattern {
            ProductPattern::Component(own, component) => {
                own == family && !self.excepts(ProductId { family, component: Some(component) })
            }
            ProductPattern::All | ProductPattern::Family(_) => false,
        };
        !self.excepts(whole) && (order.covered.matches(covered, whole) || covered.iter().any(is_left))
    }

    /// The pattern by which the order excepts the family as a whole.
    pub(super) fn exception_of(&self, family: &str) -> Option<&'a ProductPattern> {
        let whole = ProductId { family, component: None };
        self.order.covered_products_except.iter().find(|pattern| pattern.matches(whole))
    }

    /// Whether the order excepts the asked product from those it covers.
    pub(super) fn is_excepted(&self) -> bool {
        self.query.product.is_some_and(|product| self.excepts(product))
    }

    pub(super) fn excepts(&self, product: ProductId<'_>) -> bool {
        let order = self.prepared.order(self.candidate.order);
        order.is_some_and(|order| order.excepted.matches(&self.order.covered_products_except, product))
    }

    /// When everything but term, state and base is judged: the delivery's start, else the
    /// time of the check.
    pub(super) fn instant(&self) -> DateTime<Utc> {
        self.query.delivery.start_time.unwrap_or(self.at)
    }

    /// Whether a term, state or base clause fails.
    pub(super) fn is_lapsed(&self) -> bool {
        self.term != TermState::Within
            || matches!(self.candidate.state, WorkOrderState::Draft | WorkOrderState::Suspended)
            || !self.is_covered()
            || self.is_over()
    }

    /// Whether the base it leans on covers it, if it leans on one.
    pub(super) fn is_covered(&self) -> bool {
        matches!(self.base, None | Some(BaseState::Covered { .. }))
    }

    /// The candidate's block as it is at the time that is judged.
    pub(super) fn block(&self) -> Option<BlockState> {
        let bought = self.own_block?;
        Some(BlockState::at(bought, self.balances.of(bought), self.at))
    }

    /// When the first of its holds run out.
    pub(super) fn release_time(&self) -> Option<DateTime<Utc>> {
        let release = self.balances.of(self.own_block?).release?;
        Some(release.at)
    }

    /// In what a delivery must lie: the cover it may lean on, else from the effective start to the time of forfeit.
    pub(super) fn delivery_span(&self) -> Span {
        self.cover.unwrap_or_else(|| Span { start: self.effective.start, end: self.forfeit_time() })
    }

    /// How the service is delivered: what the item says, or the catalogue's default. A base
    /// item says nothing of the single services it brings.
    pub(super) fn sold_mode(&self) -> DeliveryMode {
        let default = self.service.default_delivery_mode();
        if self.service.is_base() { default } else { self.item.delivery_mode.unwrap_or(default) }
    }

    /// Whether the delivery is remote: as asked, else as sold.
    pub(super) fn is_remote(&self) -> bool {
        self.query.delivery.mode.unwrap_or_else(|| self.sold_mode()) == DeliveryMode::Remote
    }

    /// Whether a waiver lifts the violation of the clause.
    pub(super) fn is_waived(&self, clause: &ClauseUse) -> bool {
        clause.rule.is_lifted_by_waiver() && self.waiver(clause).is_some()
    }

    /// Whether a waiver settles what the clause leaves open.
    pub(super) fn is_settled(&self, clause: &ClauseUse) -> bool {
        clause.rule.is_settled_by_waiver() && self.waiver(clause).is_some()
    }

    /// The row of the waiver that lifts the clause now, if there is one.
    pub(super) fn waiver(&self, clause: &ClauseUse) -> Option<usize> {
        // A location that is not designated can be let in to remote work alone (2.4).
        if !clause.waivable || clause.rule == Rule::LocationDesignated && !self.is_remote() {
            return None;
        }
        let is_service = |waiver: &Waiver| {
            waiver.service_ids.is_empty() || waiver.service_ids.iter().any(|id| id == self.query.service_id)
        };
        let is_product = |own: &PreparedWaiver, waiver: &Waiver| {
            let products = &waiver.product_ids;
            products.is_empty() || self.query.product.is_some_and(|asked| own.products.matches(products, asked))
        };
        let lifts = |own: &PreparedWaiver| {
            self.item.waivers.get(own.row).is_some_and(|waiver| is_service(waiver) && is_product(own, waiver))
        };
        let instant = self.instant();
        let mut waivers = self.candidate.waivers.iter();
        let found = waivers.find(|own| own.clause == clause.row && own.valid.contains(instant) && lifts(own));
        found.map(|waiver| waiver.row)
    }
}

impl<'a> ResolvedQuery<'a> {
    /// The question to every candidate, base items first, each group in the order of the ids.
    #[cfg(test)]
    pub(super) fn contexts(&self, at: DateTime<Utc>) -> impl Iterator<Item = Context<'a>> + use<'a> {
        self.of(self.prepared.base_candidates().iter(), at).chain(self.of(self.items.iter(), at))
    }

    /// The question to the items that were bought of the service itself; if that is a base package, to those of it.
    pub(super) fn of_items(&self, at: DateTime<Utc>) -> impl Iterator<Item = Context<'a>> + use<'a> {
        let resolved = *self;
        let packages = self.prepared.base_candidates().iter().filter(move |base| resolved.is_bought_counted(base));
        self.of(packages.chain(self.items), at)
    }

    /// Whether the candidate bought a number of the asked service itself.
    pub(super) fn is_bought_counted(&self, candidate: &Candidate) -> bool {
        let order = || self.prepared.contract().work_orders.get(candidate.order);
        let item = || order().and_then(|order| order.items.get(candidate.item));
        candidate.block.is_some() && item().is_some_and(|item| item.service_id == self.query.service_id)
    }

    fn of<C>(&self, candidates: C, at: DateTime<Utc>) -> impl Iterator<Item = Context<'a>> + use<'a, C>
    where
        C: Iterator<Item = &'a Candidate>,
    {
        let mut resolved = *self;
        candidates.filter_map(move |candidate| {
            let context = Context::new(&resolved, at, candidate)?;
            resolved.remember_edition(&context.in_edition);
            Some(context)
        })
    }
}
