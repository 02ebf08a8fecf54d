//! Working out what can be known of a contract before any question.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::{Block, Candidate, PreparedWaiver, Support, carries_base, is_in_effect, order_term, term_of, year_end};
use crate::catalog::{Catalog, Edition, QuantityRule};
use crate::engine::base::BaseSpan;
use crate::engine::reach::{Reach, base_reach, extensions_of, reach_of};
use crate::engine::span::{Span, Term};
use crate::model::{Balance, Balances, Contract, Item, Location, Unit, Waiver, WorkOrder, block_id, start_of_day};

pub(super) struct Builder<'a> {
    pub catalog: &'a Catalog,
    pub contract: &'a Contract,
    pub balances: &'a Balances,
}

impl Builder<'_> {
    pub(super) fn candidate(
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
            Some(Balance { granted, used, reserved, release }) => {
                Block { granted: *granted, used: *used, reserved: *reserved, release: *release, ..block }
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
    pub(super) fn bases_at(&self, location: &Location) -> Vec<BaseSpan> {
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
    pub(super) fn base_turns(&self) -> Vec<DateTime<Utc>> {
        let is_about_base = |order: &&WorkOrder| {
            let edition = self.catalog.edition(&order.edition_id);
            order.base_work_order_id.is_some() || edition.is_some_and(|edition| carries_base(edition, order))
        };
        let orders = self.contract.work_orders.iter().filter(is_about_base);
        let terms = orders.filter_map(|order| Some(order_term(order, self.host_of(order)?.1.time_zone).span()));
        terms.flat_map(|span| [span.start, span.end]).collect()
    }

    pub(super) fn is_multi_country(&self) -> bool {
        let designated = self.contract.work_orders.iter().flat_map(WorkOrder::designated_locations);
        let mut countries =
            designated.filter_map(|id| self.contract.customer.location(id)).map(|location| &location.country);
        countries.next().is_some_and(|first| countries.any(|country| country != first))
    }
}

pub(in crate::engine) fn block_of(
    unit: Option<Unit>,
    rule: QuantityRule,
    order: &WorkOrder,
    item: &Item,
    zone: Tz,
) -> Option<Block> {
    let unit = unit?;
    let granted = match item.quantity {
        Some(quantity) => quantity.in_base_unit()?,
        None if rule == QuantityRule::One => 1,
        None => return None,
    };
    let year_end = year_end(order, item, zone);
    let id = block_id(&order.customer_id, &order.work_order_id, &item.item_id, &item.service_id);
    Some(Block { id, granted, used: 0, reserved: 0, release: None, unit: unit.base(), year_end })
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
    turns.extend(block.and_then(|block| block.release).map(|release| release.at));
    turns.extend(item.events.iter().flat_map(|event| [event.start_time, event.end_time]));
    turns.sort_unstable();
    turns.dedup();
    turns
}
