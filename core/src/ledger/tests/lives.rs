//! When a block is there, where its contract changes meanwhile.

use proptest::prelude::*;
use proptest::{collection, option};
use uuid::Uuid;

use crate::ledger::{ApplyContext, Block, Book, Command, apply};
use crate::model::{Life, Since};

use super::fixture::{block, block_id, day};

/// A contract that was recorded as it took effect.
fn since(effective: Option<i64>) -> Since {
    Since { effective: effective.map(day), recorded: None }
}

#[test]
fn what_was_true_before_a_change_stays_true() {
    let lived = Block { sequence: 1, ..Block::new(&block(1, 60, 5, 20)) };
    // Since when the contract stands as it does, what it says of the block, and when the block is there then.
    let cases = [
        ("as long as there is one", None, (7, 15), (7, 15)),
        ("before the block began", Some(3), (7, 15), (7, 15)),
        ("as it began", Some(5), (7, 15), (7, 15)),
        ("begins later, which is too late", Some(10), (15, 20), (5, 20)),
        ("begins earlier", Some(10), (2, 20), (2, 20)),
        ("ends earlier", Some(10), (5, 15), (5, 15)),
        ("ends before that is so", Some(10), (5, 8), (5, 10)),
        ("ends as that is so", Some(10), (5, 10), (5, 10)),
        ("ends later", Some(10), (5, 30), (5, 30)),
        ("was never there, which is too late", Some(10), (5, 5), (5, 10)),
        ("has no time, nor will have", Some(10), (30, 30), (5, 10)),
        ("is over, and has no time", Some(25), (30, 30), (5, 20)),
        ("moved before it was over", Some(19), (25, 30), (5, 30)),
        ("is over, and ended before", Some(25), (5, 8), (5, 20)),
        ("is over, and lasts longer", Some(25), (5, 30), (5, 30)),
        ("is over, and goes on as it ends", Some(25), (20, 30), (5, 30)),
        ("is over, and there is a gap", Some(25), (21, 30), (5, 20)),
        ("is over as that is so, and there is a gap", Some(20), (21, 30), (5, 20)),
    ];
    for (name, effective, (start, end), (expected_start, expected_end)) in cases {
        let spec = block(1, 60, start, end);
        let continued = lived.continued(&spec, since(effective));
        assert_eq!(continued, block(1, 60, expected_start, expected_end), "{name}");
        // Whoever does it again finds nothing to do.
        let done = Block { start: continued.start, end: continued.end, contracted: 60, ..lived.clone() };
        assert!(done.is_of(&spec, since(effective)), "{name}");
    }
    assert_eq!(lived.id, block_id(1));
    let unwritten = Block::new(&block(1, 60, 5, 20));
    assert_eq!(unwritten.continued(&block(1, 60, 25, 30), since(Some(22))), block(1, 60, 25, 30));
}

/// However long ago a change takes effect, what was over when it was recorded is over.
#[test]
fn what_is_left_at_its_end_is_lost_for_good() {
    let lived = Block { sequence: 1, ..Block::new(&block(1, 60, 5, 20)) };
    // From when on the contract is in effect, when it was recorded, what it says and what comes of it.
    let cases = [
        ("a gap, recorded when it was over", Some(7), 20, (21, 30), (5, 20)),
        ("a gap, recorded before it was over", Some(7), 19, (21, 30), (5, 30)),
        ("a gap, always, recorded when it was over", None, 20, (21, 30), (5, 20)),
        ("never there, always, recorded when it was over", None, 20, (5, 5), (5, 20)),
        ("never there, since before it began", Some(3), 20, (5, 5), (5, 20)),
        ("never there, recorded before it was over", Some(3), 19, (5, 5), (5, 5)),
        ("never there since the midst of it", Some(7), 20, (5, 5), (5, 7)),
        ("goes on as it ends, recorded late", None, 25, (5, 30), (5, 30)),
    ];
    for (name, effective, recorded, (start, end), (expected_start, expected_end)) in cases {
        let since = Since { effective: effective.map(day), recorded: Some(day(recorded)) };
        let continued = lived.continued(&block(1, 60, start, end), since);
        assert_eq!(continued, block(1, 60, expected_start, expected_end), "{name}");
    }
    // What never had any time is not over.
    let empty = Block { sequence: 1, ..Block::new(&block(1, 60, 5, 5)) };
    let since = Since { effective: Some(day(10)), recorded: Some(day(10)) };
    assert_eq!(empty.continued(&block(1, 60, 20, 30), since), block(1, 60, 20, 30));
}

/// A change of the past is followed by what stood after it.
#[test]
fn contracts_that_stood_one_after_the_other_make_one_life() {
    let written = Life { start: day(5), end: day(20) };
    // Since when each of them stands, and what it says; what comes of it on day 40, as all of it is recorded.
    type Stood<'a> = &'a [(i64, (i64, i64))];
    let cases: [(&str, Stood<'_>, (i64, i64)); 7] = [
        ("away for a day, and its end comes later", &[(7, (5, 5)), (8, (5, 30)), (12, (5, 5))], (5, 12)),
        ("more for a day, and its end comes later", &[(7, (5, 60)), (8, (5, 30)), (20, (5, 5))], (5, 20)),
        ("an end that stays", &[(7, (5, 15)), (18, (5, 5))], (5, 15)),
        ("an end that is withdrawn in time", &[(7, (5, 15)), (10, (5, 60))], (5, 60)),
        ("an end before another begins", &[(7, (5, 15)), (18, (17, 60))], (5, 15)),
        ("over, and behind a gap now", &[(7, (5, 60)), (25, (21, 60))], (5, 20)),
        ("nothing", &[], (5, 20)),
    ];
    for (name, stood, (start, end)) in cases {
        let given = stood.iter().map(|(from, (start, end))| {
            let since = Since { effective: Some(day(*from)), recorded: Some(day(40)) };
            (Life { start: day(*start), end: day(*end) }, since)
        });
        let given: Vec<_> = given.collect();
        let continued = written.continued_by(&given);
        assert_eq!(continued, Life { start: day(start), end: day(end) }, "{name}");
        // The checks follow the last of them alone.
        let now = given.last().map_or(continued, |(now, since)| continued.continued(*now, *since));
        assert_eq!(now, continued, "{name}");
    }
}

/// Whoever notices an end late has no grace of his own: that runs from when it was recorded.
#[test]
fn an_end_is_as_old_as_its_record() {
    let mut book = Book::new("acme");
    let mut grant = |end, now, recorded| {
        let context = ApplyContext { recorded: day(recorded), ..ApplyContext::new(day(now), None, "") };
        let command = Command::Grant { blocks: vec![block(1, 60, 5, end)] };
        apply(&mut book, &command, &context, &mut Uuid::now_v7).unwrap();
        book.blocks[&block_id(1)].end_recorded
    };
    assert_eq!(grant(20, 6, 6), None, "it has had this end from the beginning");
    assert_eq!(grant(12, 40, 9), Some(day(9)));
    assert_eq!(grant(12, 50, 45), Some(day(9)), "nothing has changed");
}

proptest! {
    /// What was written once is not written again, and what is over does not come back behind a gap.
    #[test]
    fn a_life_is_continued_once(
        (start, length) in (0..20_i64, 0..20_i64),
        (given_start, given_length) in (0..40_i64, 0..20_i64),
        effective in option::of(0..50_i64),
        recorded in option::of(0..50_i64),
    ) {
        let life = |start, length| Life { start: day(start), end: day(start + length) };
        let (written, given) = (life(start, length), life(given_start, given_length));
        let since = Since { effective: effective.map(day), recorded: recorded.map(day) };
        let continued = written.continued(given, since);
        prop_assert_eq!(continued.continued(given, since), continued);
        let is_over = length > 0 && effective.max(recorded) >= Some(start + length);
        if is_over && continued.end > written.end {
            prop_assert!(given.start <= written.end, "{:?}", continued);
        }
    }

    /// A check, which follows the contract of now alone, finds nothing to do.
    #[test]
    fn a_life_by_several_contracts_is_the_one_by_the_last(
        (start, length) in (0..20_i64, 0..20_i64),
        stood in collection::vec((0..10_i64, 0..40_i64, 0..20_i64), 1..5),
        recorded in 0..60_i64,
    ) {
        let life = |start, length| Life { start: day(start), end: day(start + length) };
        let (written, mut from) = (life(start, length), 0);
        let given = stood.into_iter().map(|(later, start, length)| {
            from += later;
            (life(start, length), Since { effective: Some(day(from)), recorded: Some(day(recorded)) })
        });
        let given: Vec<_> = given.collect();
        let continued = written.continued_by(&given);
        let (now, since) = *given.last().unwrap();
        prop_assert_eq!(continued.continued(now, since), continued);
        let is_over = length > 0 && since.begun() >= Some(written.end);
        if is_over && now.start > written.end {
            prop_assert_eq!(continued, written);
        }
    }
}
