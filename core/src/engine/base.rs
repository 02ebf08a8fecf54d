//! The base agreement that an add-on or enhanced service leans on (2.1).

use chrono::{DateTime, Utc};

use crate::terms::{End, Span};

/// The stretch in which one base agreement serves.
#[derive(Debug, Clone, Copy)]
pub struct BaseSpan {
    /// Row of its work order.
    pub order: usize,
    pub span: Span,
    pub end_cause: End,
    /// Row of the order whose end it is: its own, or that of the order that extends it.
    pub ended_by: usize,
}

/// How a base stands behind an item at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaseState {
    /// The work order whose base lasts longest.
    Covered { order: usize },
    /// None covers, and none did before.
    Missing,
    /// One covered and has ended; the order that was the last to cover.
    Ended { order: usize, ended_by: usize, cause: End, at: DateTime<Utc> },
}

/// The bases an item may lean on, with what is asked of them found once.
#[derive(Debug, Default)]
pub struct Bases {
    /// In the order of their starts.
    spans: Vec<BaseSpan>,
    /// By row: of the bases up to it the one that lasts longest, the first of equals.
    longest: Vec<usize>,
    /// By row: the base that ends the unbroken stretch it is part of.
    last: Vec<usize>,
    /// Rows in the order of their ends.
    by_end: Vec<usize>,
}

pub(super) static NONE: Bases = Bases { spans: Vec::new(), longest: Vec::new(), last: Vec::new(), by_end: Vec::new() };

impl Bases {
    /// `spans` in the order of their starts.
    pub fn new(spans: Vec<BaseSpan>) -> Self {
        let mut by_end: Vec<_> = (0..spans.len()).collect();
        // At the same instant, expiry names the cause.
        by_end.sort_by_key(|row| spans.get(*row).map(|base| (base.span.end, base.end_cause == End::Expired)));
        Self { longest: longest(&spans), last: last(&spans), by_end, spans }
    }

    pub fn spans(&self) -> &[BaseSpan] {
        &self.spans
    }

    fn span(&self, row: usize) -> Option<&BaseSpan> {
        self.spans.get(row)
    }

    fn has_ended(&self, row: usize, instant: DateTime<Utc>) -> bool {
        self.span(row).is_some_and(|base| base.span.end <= instant)
    }
}

fn longest(spans: &[BaseSpan]) -> Vec<usize> {
    let mut longest: Option<(usize, DateTime<Utc>)> = None;
    let up_to = |(row, base): (usize, &BaseSpan)| {
        if longest.is_none_or(|(_, end)| base.span.end > end) {
            longest = Some((row, base.span.end));
        }
        longest.map_or(row, |(row, _)| row)
    };
    spans.iter().enumerate().map(up_to).collect()
}

fn last(spans: &[BaseSpan]) -> Vec<usize> {
    let mut all = Vec::with_capacity(spans.len());
    let mut run: Option<(usize, DateTime<Utc>)> = None;
    for (row, base) in spans.iter().enumerate() {
        let BaseSpan { span, end_cause, .. } = *base;
        match run {
            Some((last, end)) if span.start > end => {
                all.resize(row, last);
                run = Some((row, span.end));
            }
            None => run = Some((row, span.end)),
            // At the same instant, expiry names the cause.
            Some((_, end)) if span.end > end || span.end == end && end_cause == End::Expired => {
                run = Some((row, span.end));
            }
            Some(_) => {}
        }
    }
    if let Some((last, _)) = run {
        all.resize(spans.len(), last);
    }
    all
}

/// The base coverage of one item, seen from the item's start: bases that overlap or adjoin
/// are one coverage, it ends where it first breaks, and a later base does not revive it.
#[derive(Debug, Clone, Copy)]
pub struct BaseCoverage<'a> {
    bases: &'a Bases,
    item_start: DateTime<Utc>,
    /// The bases the unbroken stretch begins and ends with.
    run: Option<(&'a BaseSpan, &'a BaseSpan)>,
}

impl<'a> BaseCoverage<'a> {
    pub fn new(bases: &'a Bases, item_start: DateTime<Utc>) -> Self {
        // What ended before the item's start is no part of any stretch from there on.
        let first = bases.longest.partition_point(|row| bases.has_ended(*row, item_start));
        let last = bases.last.get(first).and_then(|row| bases.span(*row));
        Self { bases, item_start, run: bases.span(first).zip(last) }
    }

    /// The unbroken stretch of cover, if there is one.
    pub fn span(&self) -> Option<Span> {
        self.run.map(|(first, last)| Span { start: first.span.start, end: last.span.end })
    }

    /// Row of the order of the covering base whose host counts: of those in force at the instant the one that
    /// lasts longest, else of all of them; before the item's start, as it is at that start.
    pub fn host_order(&self, instant: DateTime<Utc>) -> Option<usize> {
        if let BaseState::Covered { order } = self.longest_at(instant.max(self.item_start)) {
            return Some(order);
        }
        let longest = self.bases.longest.last().and_then(|row| self.bases.span(*row))?;
        Some(longest.order)
    }

    /// Before the item's start, the state at that start is told.
    pub fn at(&self, instant: DateTime<Utc>) -> BaseState {
        let instant = instant.max(self.item_start);
        match self.run {
            Some((_, last)) if instant >= last.span.end => {
                let BaseSpan { order, ended_by, end_cause, span } = *last;
                BaseState::Ended { order, ended_by, cause: end_cause, at: span.end }
            }
            Some((first, _)) if instant >= first.span.start => self.longest_at(instant),
            _ => self.gap(),
        }
    }

    /// The first of equals, so that the answer does not depend on anything else.
    fn longest_at(&self, instant: DateTime<Utc>) -> BaseState {
        let bases = self.bases;
        let begun = bases.spans.partition_point(|base| base.span.start <= instant);
        let longest = begun.checked_sub(1).and_then(|row| bases.span(*bases.longest.get(row)?));
        let serving = longest.filter(|base| base.span.contains(instant));
        serving.map_or(BaseState::Missing, |base| BaseState::Covered { order: base.order })
    }

    /// No cover yet: the last base that ended before the item's start says how the gap came to be.
    fn gap(&self) -> BaseState {
        let bases = self.bases;
        let ended = bases.by_end.partition_point(|row| bases.has_ended(*row, self.item_start));
        match ended.checked_sub(1).and_then(|row| bases.span(*bases.by_end.get(row)?)) {
            Some(last) => {
                let BaseSpan { order, ended_by, end_cause, span } = *last;
                BaseState::Ended { order, ended_by, cause: end_cause, at: span.end }
            }
            None => BaseState::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(day * 86_400, 0).unwrap()
    }

    fn base(order: usize, start: i64, end: i64, end_cause: End) -> BaseSpan {
        BaseSpan { order, span: Span { start: day(start), end: day(end) }, end_cause, ended_by: order }
    }

    #[test]
    fn adjoining_bases_are_one_and_a_gap_ends_it_for_good() {
        let bases = [base(0, 0, 10, End::Expired), base(1, 10, 20, End::Terminated), base(2, 25, 40, End::Expired)];
        let bases = Bases::new(bases.to_vec());
        let coverage = BaseCoverage::new(&bases, day(2));
        assert_eq!(coverage.span(), Some(Span { start: day(0), end: day(20) }));
        assert_eq!(coverage.at(day(12)), BaseState::Covered { order: 1 });
        assert_eq!(
            coverage.at(day(30)),
            BaseState::Ended { order: 1, ended_by: 1, cause: End::Terminated, at: day(20) }
        );
    }

    #[test]
    fn a_gap_is_what_the_base_that_ended_before_the_item_came_to() {
        let bases = [base(0, 0, 5, End::Terminated), base(1, 10, 20, End::Expired)];
        let later = Bases::new(bases[1..].to_vec());
        let bases = Bases::new(bases.to_vec());
        let coverage = BaseCoverage::new(&bases, day(6));
        assert_eq!(coverage.at(day(7)), BaseState::Ended { order: 0, ended_by: 0, cause: End::Terminated, at: day(5) });
        assert_eq!(coverage.at(day(10)), BaseState::Covered { order: 1 });
        assert_eq!(BaseCoverage::new(&later, day(6)).at(day(7)), BaseState::Missing);
    }

    #[test]
    fn the_longest_lasting_base_is_shown() {
        let bases = [base(0, 0, 10, End::Expired), base(1, 5, 30, End::Expired)];
        let bases = Bases::new(bases.to_vec());
        assert_eq!(BaseCoverage::new(&bases, day(0)).at(day(6)), BaseState::Covered { order: 1 });
    }

    /// Bases in the order of their starts, looked at one after the other.
    fn run_of(bases: &[BaseSpan], item_start: DateTime<Utc>) -> Option<(Span, BaseSpan)> {
        let mut run: Option<(Span, BaseSpan)> = None;
        for base in bases.iter().filter(|base| base.span.end > item_start) {
            match &mut run {
                None => run = Some((base.span, *base)),
                Some((span, _)) if base.span.start > span.end => break,
                Some((span, last)) if base.span.end > span.end => (span.end, *last) = (base.span.end, *base),
                Some((span, last)) if base.span.end == span.end && base.end_cause == End::Expired => *last = *base,
                Some(_) => {}
            }
        }
        run
    }

    fn state_of(bases: &[BaseSpan], item_start: DateTime<Utc>, instant: DateTime<Utc>) -> BaseState {
        let instant = instant.max(item_start);
        let ended =
            |last: &BaseSpan, cause, at| BaseState::Ended { order: last.order, ended_by: last.order, cause, at };
        match run_of(bases, item_start) {
            Some((span, last)) if instant >= span.end => ended(&last, last.end_cause, span.end),
            Some((span, _)) if instant >= span.start => {
                let serving = bases.iter().filter(|base| base.span.contains(instant));
                let longest = serving.reduce(|best, base| if base.span.end > best.span.end { base } else { best });
                longest.map_or(BaseState::Missing, |base| BaseState::Covered { order: base.order })
            }
            _ => {
                let before = bases.iter().filter(|base| base.span.end <= item_start);
                let last = before.max_by_key(|base| (base.span.end, base.end_cause == End::Expired));
                last.map_or(BaseState::Missing, |last| ended(last, last.end_cause, last.span.end))
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn bases_stand_as_if_each_were_looked_at(
            drawn in vec((0..20i64, 1..8i64, any::<bool>()), 0..9), item_start in 0..25i64, instant in 0..30i64,
        ) {
            let cause = |expires| if expires { End::Expired } else { End::Terminated };
            let spans = drawn.iter().enumerate();
            let spans = spans.map(|(row, (start, length, expires))| base(row, *start, start + length, cause(*expires)));
            let mut spans: Vec<_> = spans.collect();
            spans.sort_by_key(|base| base.span.start);
            let bases = Bases::new(spans.clone());
            let coverage = BaseCoverage::new(&bases, day(item_start));
            prop_assert_eq!(coverage.span(), run_of(&spans, day(item_start)).map(|(span, _)| span));
            prop_assert_eq!(coverage.at(day(instant)), state_of(&spans, day(item_start), day(instant)));
        }
    }
}
