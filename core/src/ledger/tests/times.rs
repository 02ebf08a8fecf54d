use chrono::TimeDelta;

use crate::catalog::Rule;
use crate::ledger::{Command, CommandViolation, FundingSource, Refusal, Take};

use super::fixture::{World, block, block_id, code, codes, day, given, hours, performed, take};

const INSTANT: TimeDelta = TimeDelta::microseconds(1);

#[test]
fn work_counts_by_when_it_was_performed() {
    // On day 40; the block lives from day 5 to day 20, the grace ends with day 50.
    let cases = [
        ("from the first instant", day(5), day(6), ""),
        ("to the last", day(19), day(20), ""),
        ("begun a moment early", day(5) - INSTANT, day(6), "WORK_ORDER_NOT_STARTED"),
        ("ended a moment late", day(19), day(20) + INSTANT, "FORFEITED"),
        ("after the end", day(20), day(21), "FORFEITED"),
        ("reversed", day(7), day(6), "PERFORMED_REVERSED"),
        ("empty", day(7), day(7), "PERFORMED_REVERSED"),
        ("empty as it is kept", day(7), day(7) + TimeDelta::nanoseconds(400), "PERFORMED_REVERSED"),
        ("reversed and in the future", day(60), day(59), "PERFORMED_REVERSED"),
        ("in the future", day(39), day(41), "PERFORMED_IN_FUTURE"),
        ("just past", day(39), day(40), "FORFEITED"),
    ];
    for (name, start, end, expected) in cases {
        let mut world = World::new(&[block(1, 60, 5, 20)]);
        world.now = day(40);
        let outcome = world.run(&Command::Consume(Take { performed: performed(start, end), ..take(60) }));
        match expected {
            "" => assert_eq!(given(&outcome.unwrap()), [(1, 60)], "{name}"),
            expected => assert_eq!(code(outcome), expected, "{name}"),
        }
    }
}

#[test]
fn after_the_end_work_is_recorded_only_within_the_grace() {
    let on = |now| {
        let mut world = World::new(&[block(1, 60, 5, 20)]);
        world.now = now;
        world.run(&Command::Consume(Take { performed: performed(day(19), day(20)), ..take(1) }))
    };
    assert!(on(day(20)).is_ok());
    assert!(on(day(50) - INSTANT).is_ok());
    assert_eq!(code(on(day(50))), "FORFEITED");
    let mut strict = World::new(&[block(1, 60, 5, 20)]);
    (strict.grace, strict.now) = (TimeDelta::zero(), day(20));
    let late = Command::Consume(Take { performed: performed(day(19), day(20)), ..take(1) });
    assert_eq!(code(strict.run(&late)), "FORFEITED");
}

/// Who held an amount cannot know of an end that nobody had recorded.
#[test]
fn an_end_that_is_recorded_late_has_its_grace_from_then_on() {
    let grant = |world: &mut World, on, end| {
        world.now = on;
        world.run(&Command::Grant { blocks: vec![block(1, 60, 5, end)] }).unwrap();
    };
    // The block was to end with day 100; on day 60 it is recorded that it ended with day 20, and on day 80 once more.
    let on = |now| {
        let mut world = World::new(&[block(1, 60, 5, 100)]);
        grant(&mut world, day(60), 20);
        grant(&mut world, day(80), 20);
        world.now = now;
        world.run(&Command::Consume(Take { performed: performed(day(19), day(20)), ..take(1) }))
    };
    assert!(on(day(90) - INSTANT).is_ok());
    let refused = on(day(90)).unwrap_err();
    let Refusal::Against(violations) = &refused else { panic!("{refused}") };
    let fact = |name| violations[0].facts.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    assert_eq!((violations[0].reason.as_str(), fact("end_time")), ("FORFEITED", Some("2026-01-21T00:00:00Z")));
    assert_eq!(fact("record_until"), Some("2026-04-01T00:00:00Z"));
}

#[test]
fn a_hold_is_committed_within_the_grace_of_an_end_that_is_recorded_late() {
    let on = |now| {
        let mut world = World::new(&[block(1, 60, 5, 100)]);
        let held = world.hold(30, Some(day(95)));
        world.now = day(60);
        world.run(&Command::Grant { blocks: vec![block(1, 60, 5, 20)] }).unwrap();
        world.now = now;
        let outcome = world.commit_performed(held, None, false, performed(day(18), day(19)));
        world.check();
        outcome
    };
    assert!(on(day(60)).is_ok());
    assert!(on(day(90) - INSTANT).is_ok());
    assert_eq!(code(on(day(90))), "FORFEITED");
}

/// An end that was known before it came, and one that the block had from the beginning, have their grace from themselves.
#[test]
fn an_end_that_is_known_in_time_prolongs_nothing() {
    let mut world = World::new(&[block(1, 60, 5, 100)]);
    world.now = day(15);
    world.run(&Command::Grant { blocks: vec![block(1, 60, 5, 20)] }).unwrap();
    world.now = day(50);
    let late = Command::Consume(Take { performed: performed(day(19), day(20)), ..take(1) });
    assert_eq!(code(world.run(&late)), "FORFEITED");
    // Of what was recorded at once with its end behind it nothing had been known before.
    let mut world = World::new(&[block(1, 60, 5, 20)]);
    world.now = day(50);
    assert_eq!(code(world.run(&late)), "FORFEITED");
}

#[test]
fn without_a_window_work_is_done_now() {
    let on = |now| {
        let mut world = World::new(&[block(1, 60, 5, 20)]);
        world.now = now;
        world.consume(1)
    };
    assert_eq!(code(on(day(5) - INSTANT)), "WORK_ORDER_NOT_STARTED");
    assert!(on(day(5)).is_ok());
    assert!(on(day(20) - INSTANT).is_ok());
    assert_eq!(code(on(day(20))), "FORFEITED");
}

#[test]
fn back_dated_work_burns_the_block_of_its_time() {
    // The first block has ended; work of its time still burns it first, work of today cannot.
    let specs = [block(1, 60, 0, 9), block(2, 60, 0, 100)];
    let mut world = World::new(&specs);
    let back = Command::Consume(Take { performed: performed(day(8), day(9)), ..take(30) });
    assert_eq!(given(&world.run(&back).unwrap()), [(1, 30)]);
    assert_eq!(given(&world.consume(30).unwrap()), [(2, 30)]);
    let across = Command::Consume(Take { performed: performed(day(8), day(9) + hours(1)), ..take(30) });
    assert_eq!(given(&world.run(&across).unwrap()), [(2, 30)]);
}

#[test]
fn a_hold_may_be_for_work_to_come_but_not_beyond_the_block() {
    let reserve = |now, start, end| {
        let mut world = World::new(&[block(1, 60, 12, 20)]);
        world.now = now;
        let take = Take { performed: performed(start, end), ..take(1) };
        world.run(&Command::Reserve { take, expire_time: None })
    };
    assert!(reserve(day(10), day(13), day(14)).is_ok(), "before the block begins, for work within it");
    assert!(reserve(day(13), day(12), day(20)).is_ok());
    assert_eq!(code(reserve(day(13), day(19), day(20) + INSTANT)), "FORFEITED");
    assert_eq!(code(reserve(day(10), day(11), day(13))), "WORK_ORDER_NOT_STARTED");
    assert_eq!(code(reserve(day(13), day(15), day(14))), "PERFORMED_REVERSED");
    assert_eq!(code(reserve(day(20), day(18), day(19))), "FORFEITED", "nothing is held once the block has ended");
}

/// An edition names its clauses as it likes.
#[test]
fn what_a_clause_says_of_the_term_counts_by_its_rule_and_not_by_its_code() {
    let told = |now, lapsed: &[(Rule, &str)]| {
        let mut world = World::new(&[block(1, 60, 5, 20)]);
        world.now = now;
        let failed = lapsed.iter().map(|(rule, code)| CommandViolation::by(*rule, *code, "block_id", "it says so"));
        world.sources =
            vec![FundingSource { is_lapsed: true, ..FundingSource::refused(block_id(1), failed.collect()) }];
        codes(world.consume(1))
    };
    let (over, gone) = ((Rule::TermExpired, "OVER"), (Rule::WindowForfeited, "GONE"));
    assert_eq!(told(day(30), &[over, gone]), ["GONE"], "what was left when the term ended is forfeited");
    assert_eq!(told(day(30), &[over]), ["FORFEITED"]);
    assert_eq!(told(day(4), &[(Rule::TermNotStarted, "TOO_EARLY")]), ["TOO_EARLY"], "said once");
    let code_alone = (Rule::StateSuspended, "WORK_ORDER_EXPIRED");
    assert_eq!(told(day(30), &[code_alone]), ["WORK_ORDER_EXPIRED", "FORFEITED"], "a code decides nothing");
}
