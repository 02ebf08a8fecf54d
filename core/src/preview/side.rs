use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::catalog::Catalog;
use crate::contract::Timeline;
use crate::engine::{Prepared, PreparedBalances};
use crate::model::{Balances, Since};

/// A contract over time, made ready for deciding: the periods in which some instants lie, that after the last of them,
/// and that of a later one.
#[derive(Debug)]
pub(super) struct Side {
    /// From when on each stands; there is one at least.
    periods: Vec<(Option<DateTime<Utc>>, Prepared, PreparedBalances)>,
}

impl Side {
    /// `instants` in their order, and a `later` one; `recorded`: when the last change was.
    pub(super) fn new(
        catalog: &Arc<Catalog>,
        timeline: &Timeline,
        instants: &[DateTime<Utc>],
        later: Option<DateTime<Utc>>,
        balances: &Balances,
        recorded: Option<DateTime<Utc>>,
    ) -> Self {
        let periods: Vec<_> = timeline.periods().collect();
        let row_of = |instant: &DateTime<Utc>| {
            periods.iter().rposition(|period| period.from <= Some(*instant)).unwrap_or_default()
        };
        let mut rows: Vec<usize> = instants.iter().map(row_of).collect();
        rows.extend(rows.last().map(|last| last.saturating_add(1)));
        rows.extend(later.as_ref().map(row_of));
        rows.sort_unstable();
        rows.dedup();
        let prepared = rows.into_iter().filter_map(|row| {
            let period = periods.get(row)?;
            let until = periods.get(row.saturating_add(1)).and_then(|next| next.from);
            let prepared = Prepared::new(Arc::clone(catalog), period.contract.clone()).until(until);
            let since = Since { effective: period.from, recorded };
            let balances = prepared.balances(balances, |_, _| since);
            Some((period.from, prepared, balances))
        });
        Self { periods: prepared.collect() }
    }

    /// The contract at one of the instants, or in the period after the last.
    pub(super) fn at(&self, instant: DateTime<Utc>) -> Option<(&Prepared, &PreparedBalances)> {
        let found = self.periods.iter().rev().find(|(from, ..)| *from <= Some(instant)).or(self.periods.first());
        found.map(|(_, prepared, balances)| (prepared, balances))
    }
}
