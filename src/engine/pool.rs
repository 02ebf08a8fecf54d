//! What the blocks of all items that serve have left together.

use std::cell::OnceCell;

use chrono::{DateTime, Utc};

use super::ask::Ask;
use super::context::Context;
use super::quantity::{can_serve, own_available};
use super::turns::Turns;

/// The sum at one instant, worked out when it is first asked for.
#[derive(Debug)]
pub(super) struct Pool<'p, 'a> {
    ask: &'p Ask<'a>,
    at: DateTime<Utc>,
    sum: OnceCell<i128>,
}

impl<'p, 'a> Pool<'p, 'a> {
    pub fn new(ask: &'p Ask<'a>, at: DateTime<Utc>) -> Self {
        Self { ask, at, sum: OnceCell::new() }
    }

    /// Tells a context the sum, so that it is not worked out again for each.
    pub fn tell(&self, context: &mut Context<'a>) {
        context.serving = Some(*self.sum.get_or_init(|| sum(self.ask.of_items(self.at))));
    }
}

fn sum<'a>(items: impl Iterator<Item = Context<'a>>) -> i128 {
    items.fold(0, |sum, item| sum.saturating_add(share(&item)))
}

/// What an item adds to what is left for all.
fn share(context: &Context<'_>) -> i128 {
    match own_available(context) {
        0 => 0,
        own if !context.candidate.is_base && context.serves.unwrap_or_else(|| can_serve(context)) => i128::from(own),
        _ => 0,
    }
}

/// What the item's own block and those of the other items that could serve here have left.
pub(super) fn left(context: &Context<'_>) -> i64 {
    let serving = context.serving.unwrap_or_else(|| sum(context.all_items()));
    let others = serving.saturating_sub(share(context));
    let all = others.saturating_add(i128::from(own_available(context)));
    i64::try_from(all).unwrap_or(i64::MAX)
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

/// The sum at one instant after the other: an item is looked at again when its turn has come.
struct Sweep<'a> {
    items: Vec<(Context<'a>, i128)>,
    /// Behind the instant reached, with the row of the item; the next one comes last.
    turns: Vec<(DateTime<Utc>, usize)>,
    sum: i128,
}

impl<'a> Sweep<'a> {
    fn new(context: &Context<'a>, last: DateTime<Utc>) -> Self {
        let counted = context.all_items().filter(|item| item.candidate.block.is_some());
        let items: Vec<_> = counted.map(|item| (item, share(&item))).collect();
        let turns_of = |item: &Context<'a>| Turns::new(item, item.at).take_while(move |turn| *turn <= last);
        let rows = items.iter().enumerate();
        let mut turns: Vec<_> = rows.flat_map(|(row, (item, _))| turns_of(item).map(move |turn| (turn, row))).collect();
        turns.sort_unstable_by(|one, other| other.cmp(one));
        let sum = items.iter().fold(0, |sum: i128, (_, share)| sum.saturating_add(*share));
        Self { items, turns, sum }
    }

    fn forward(&mut self, at: DateTime<Utc>) -> i128 {
        while let Some((_, row)) = self.turns.pop_if(|(turn, _)| *turn <= at) {
            if let Some((item, own)) = self.items.get_mut(row) {
                let now = share(&item.later(at));
                self.sum = self.sum.saturating_sub(*own).saturating_add(now);
                *own = now;
            }
        }
        self.sum
    }
}
