//! The base agreement that an add-on or enhanced service leans on (2.1).

use chrono::{DateTime, Utc};

use super::span::{End, Span};

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

/// The base coverage of one item, seen from the item's start: bases that overlap or adjoin
/// are one coverage, it ends where it first breaks, and a later base does not revive it.
#[derive(Debug, Clone, Copy)]
pub struct BaseCoverage<'a> {
    bases: &'a [BaseSpan],
    item_start: DateTime<Utc>,
    /// The unbroken stretch, and the base it ends with.
    run: Option<(Span, BaseSpan)>,
}

impl<'a> BaseCoverage<'a> {
    /// `bases` in the order of their starts.
    pub fn new(bases: &'a [BaseSpan], item_start: DateTime<Utc>) -> Self {
        let mut run: Option<(Span, BaseSpan)> = None;
        for base in bases.iter().filter(|base| base.span.end > item_start) {
            match &mut run {
                None => run = Some((base.span, *base)),
                Some((span, _)) if base.span.start > span.end => break,
                Some((span, last)) if base.span.end > span.end => {
                    span.end = base.span.end;
                    *last = *base;
                }
                // At the same instant, expiry names the cause.
                Some((span, last)) if base.span.end == span.end && base.end_cause == End::Expired => *last = *base,
                Some(_) => {}
            }
        }
        Self { bases, item_start, run }
    }

    /// The unbroken stretch of cover, if there is one.
    pub fn span(&self) -> Option<Span> {
        self.run.map(|(span, _)| span)
    }

    /// Before the item's start, the state at that start is told.
    pub fn at(&self, instant: DateTime<Utc>) -> BaseState {
        let instant = instant.max(self.item_start);
        match self.run {
            Some((span, last)) if instant >= span.end => {
                BaseState::Ended { order: last.order, ended_by: last.ended_by, cause: last.end_cause, at: span.end }
            }
            Some((span, _)) if instant >= span.start => self.longest_at(instant),
            _ => self.gap(),
        }
    }

    fn longest_at(&self, instant: DateTime<Utc>) -> BaseState {
        let serving = self.bases.iter().filter(|base| base.span.contains(instant));
        // The first of equals, so that the answer does not depend on anything else.
        let longest = serving.reduce(|best, base| if base.span.end > best.span.end { base } else { best });
        longest.map_or(BaseState::Missing, |base| BaseState::Covered { order: base.order })
    }

    /// No cover yet: a base that ended before the item's start makes the gap an expiry.
    fn gap(&self) -> BaseState {
        let before = self.bases.iter().filter(|base| base.span.end <= self.item_start);
        match before.max_by_key(|base| base.span.end) {
            Some(last) => {
                BaseState::Ended { order: last.order, ended_by: last.ended_by, cause: End::Expired, at: last.span.end }
            }
            None => BaseState::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
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
        let coverage = BaseCoverage::new(&bases, day(2));
        assert_eq!(coverage.span(), Some(Span { start: day(0), end: day(20) }));
        assert_eq!(coverage.at(day(12)), BaseState::Covered { order: 1 });
        assert_eq!(
            coverage.at(day(30)),
            BaseState::Ended { order: 1, ended_by: 1, cause: End::Terminated, at: day(20) }
        );
    }

    #[test]
    fn a_base_that_ended_before_the_item_makes_the_gap_an_expiry() {
        let bases = [base(0, 0, 5, End::Terminated), base(1, 10, 20, End::Expired)];
        let coverage = BaseCoverage::new(&bases, day(6));
        assert_eq!(coverage.at(day(7)), BaseState::Ended { order: 0, ended_by: 0, cause: End::Expired, at: day(5) });
        assert_eq!(coverage.at(day(10)), BaseState::Covered { order: 1 });
        assert_eq!(BaseCoverage::new(&bases[1..], day(6)).at(day(7)), BaseState::Missing);
    }

    #[test]
    fn the_longest_lasting_base_is_shown() {
        let bases = [base(0, 0, 10, End::Expired), base(1, 5, 30, End::Expired)];
        assert_eq!(BaseCoverage::new(&bases, day(0)).at(day(6)), BaseState::Covered { order: 1 });
    }
}
