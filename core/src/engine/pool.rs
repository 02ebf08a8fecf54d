//! What the blocks of all items that serve have left together.

use std::cell::OnceCell;

use chrono::{DateTime, Utc};

use super::clauses::{hours, location, product, term};
use super::context::{Context, Verdict};
use super::prepared::Candidate;
use super::resolve::ResolvedQuery;
use super::seam;
use super::transitions::Transitions;
use crate::catalog::{ClauseUse, RuleFamily};
use crate::model::{Unit, burn_key};
use crate::terms::Span;

/// The sum at one instant, worked out when it is first asked for.
#[derive(Debug)]
pub(super) struct Pool<'p, 'a> {
    resolved: &'p ResolvedQuery<'a>,
    at: DateTime<Utc>,
    /// Of each unit.
    sums: OnceCell<Vec<(Unit, i128)>>,
    covers: OnceCell<Vec<Span>>,
}

impl<'p, 'a> Pool<'p, 'a> {
    pub(super) fn new(resolved: &'p ResolvedQuery<'a>, at: DateTime<Utc>) -> Self {
        Self { resolved, at, sums: OnceCell::new(), covers: OnceCell::new() }
    }

    /// Tells a context the sum, so that it is not worked out again for each.
    pub(super) fn tell(&self, context: &mut Context<'a>) {
        let sums = self.sums.get_or_init(|| sums(self.resolved.of_items(self.at)));
        context.serving = Some(of_unit(sums, unit_of(context)));
    }

    /// Tells a context the cover that it is part of.
    pub(super) fn tell_cover(&self, context: &mut Context<'a>) {
        context.cover = seam::cover_of(context, self.covers.get_or_init(|| seam::covers(self.resolved)));
    }
}

fn sums<'a>(items: impl Iterator<Item = Context<'a>>) -> Vec<(Unit, i128)> {
    let mut sums: Vec<(Unit, i128)> = Vec::new();
    for item in items {
        let Some(block) = item.own_block else { continue };
        match sums.iter_mut().find(|(unit, _)| *unit == block.unit) {
            Some((_, sum)) => *sum = sum.saturating_add(share(&item)),
            None => sums.push((block.unit, share(&item))),
        }
    }
    sums
}

fn of_unit(sums: &[(Unit, i128)], unit: Option<Unit>) -> i128 {
    sums.iter().find(|(own, _)| Some(*own) == unit).map_or(0, |(_, sum)| *sum)
}

/// What is asked for is counted in this unit: that of the question, else that of the item.
fn unit_of(context: &Context<'_>) -> Option<Unit> {
    let asked = context.query.quantity.map(|quantity| quantity.unit.base());
    asked.or(context.own_block.map(|block| block.unit)).or(context.service.unit.map(Unit::base))
}

/// A block counts only in its own unit.
fn is_of_unit(context: &Context<'_>, unit: Option<Unit>) -> bool {
    context.own_block.is_some_and(|block| Some(block.unit) == unit)
}

/// What an item adds to what is left for all.
fn share(context: &Context<'_>) -> i128 {
    match own_available(context) {
        0 => 0,
        own if context.serves.unwrap_or_else(|| serves(context)) => i128::from(own),
        _ => 0,
    }
}

/// What the item's own block and those of the other items that could serve here have left.
pub(super) fn left(context: &Context<'_>) -> i64 {
    let unit = unit_of(context);
    let serving = context.serving.unwrap_or_else(|| of_unit(&sums(context.all_items()), unit));
    let (own, shared) = if is_of_unit(context, unit) { (own_available(context), share(context)) } else { (0, 0) };
    let all = serving.saturating_sub(shared).saturating_add(i128::from(own));
    i64::try_from(all).unwrap_or(i64::MAX)
}

/// What the item's block still has; 0 once it has ended.
pub(super) fn own_available(context: &Context<'_>) -> i64 {
    match context.block() {
        Some(block) if !context.is_lost() => block.available().max(0),
        _ => 0,
    }
}

/// Whether an item gives to others: it fails no clause of term, state, base, product and location.
pub(super) fn serves(context: &Context<'_>) -> bool {
    let mut clauses = context.service.gates.iter();
    !clauses.any(|clause| clause.rule.keeps_out_of_pool() && fails(context, clause))
}

/// What an item gives never hangs on what others give: the families that compare with the pool are not asked here.
fn fails(context: &Context<'_>, clause: &ClauseUse) -> bool {
    #[cfg(test)]
    super::context::count_judged();
    let verdict = match clause.rule.family() {
        Some(RuleFamily::Term) => term::judge(context, clause.rule),
        Some(RuleFamily::Product) => product::judge(context, clause.rule),
        Some(RuleFamily::Location) => location::judge(context, clause.rule),
        Some(RuleFamily::Hours) => hours::judge(context, clause.rule),
        Some(RuleFamily::Request | RuleFamily::Quantity | RuleFamily::Event) | None => None,
    };
    verdict.unwrap_or(Verdict::Fails) == Verdict::Fails && !context.is_waived(clause)
}

/// The items whose blocks the service is drawn from, in the order in which the ledger uses them
/// up: the item at hand, and the others that serve.
pub(super) fn drawn_from<'a>(context: &Context<'a>) -> Vec<Context<'a>> {
    let counted = context.all_items().filter(|item| item.own_block.is_some());
    let is_it = |item: &Context<'a>| std::ptr::eq(item.candidate, context.candidate);
    let mut drawn: Vec<_> = counted.filter(|item| is_it(item) || serves(item)).collect();
    drawn.sort_by_cached_key(|one| {
        let Candidate { block, life, .. } = one.candidate;
        let id = block.map(|block| block.id).unwrap_or_default();
        (forbids_delivery(one), burn_key(one.item.priority, life.end, life.start, id))
    });
    drawn
}

/// Whether the item itself forbids the delivery: then it gives last.
fn forbids_delivery(context: &Context<'_>) -> bool {
    let delivery = &context.query.delivery;
    let is_said = delivery.mode.is_some() || delivery.window().is_some();
    let mut clauses = context.service.gates.iter();
    is_said && clauses.any(|clause| clause.rule.is_of_delivery() && fails(context, clause))
}

/// When an item that is bought already begins, and there is enough.
pub(super) fn next_enough(context: &Context<'_>, needed: i64) -> Option<DateTime<Utc>> {
    let starts = context.all_items().map(|item| item.effective.start);
    let mut starts: Vec<_> = starts.filter(|start| context.at < *start).collect();
    starts.sort_unstable();
    starts.dedup();
    let mut sweep = Sweep::new(context, *starts.last()?);
    starts.into_iter().find(|start| {
        let later = Context { serving: Some(sweep.forward(*start)), ..context.later(*start) };
        !later.is_lapsed() && left(&later) >= needed
    })
}

/// The sum at one instant after the other: an item is looked at again at each of its transitions.
struct Sweep<'a> {
    items: Vec<(Context<'a>, i128)>,
    /// Behind the instant reached, with the row of the item; the next one comes last.
    transitions: Vec<(DateTime<Utc>, usize)>,
    sum: i128,
}

impl<'a> Sweep<'a> {
    fn new(context: &Context<'a>, last: DateTime<Utc>) -> Self {
        let unit = unit_of(context);
        let counted = context.all_items().filter(|item| is_of_unit(item, unit));
        let items: Vec<_> = counted.map(|item| (item, share(&item))).collect();
        let transitions_of =
            |item: &Context<'a>| Transitions::new(item, item.at).take_while(move |transition| *transition <= last);
        let rows = items.iter().enumerate();
        let mut transitions: Vec<_> =
            rows.flat_map(|(row, (item, _))| transitions_of(item).map(move |transition| (transition, row))).collect();
        transitions.sort_unstable_by(|one, other| other.cmp(one));
        let sum = items.iter().fold(0, |sum: i128, (_, share)| sum.saturating_add(*share));
        Self { items, transitions, sum }
    }

    fn forward(&mut self, at: DateTime<Utc>) -> i128 {
        while let Some((_, row)) = self.transitions.pop_if(|(transition, _)| *transition <= at) {
            if let Some((item, own)) = self.items.get_mut(row) {
                let now = share(&item.later(at));
                self.sum = self.sum.saturating_sub(*own).saturating_add(now);
                *own = now;
            }
        }
        self.sum
    }
}
