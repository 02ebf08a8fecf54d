use crate::catalog::Rule;
use crate::ledger::{Command, CommandViolation, FundingSource, LARGEST_AMOUNT, Take};
use crate::model::{Quantity, Unit};

use super::fixture::{World, block, block_id, code, codes, day, given, only, performed, take, violations};

#[test]
fn blocks_burn_by_priority_then_expiry_then_start_then_id() {
    let mut specs = vec![
        block(1, 10, 0, 100),
        block(2, 10, 0, 90),
        block(3, 10, 2, 90),
        block(4, 10, 0, 90),
        block(5, 10, 0, 200),
        block(6, 10, 0, 300),
    ];
    (specs[4].priority, specs[5].priority) = (Some(2), Some(-1));
    let mut world = World::new(&specs);
    let applied = world.consume(55).unwrap();
    assert_eq!(given(&applied), [(6, 10), (5, 10), (2, 10), (4, 10), (3, 10), (1, 5)]);
    assert_eq!(applied.balances.len(), 6);
    world.check();
}

#[test]
fn a_use_spans_blocks_or_takes_nothing() {
    let mut world = World::new(&[block(1, 60, 0, 100), block(2, 60, 0, 200)]);
    assert_eq!(given(&world.consume(90).unwrap()), [(1, 60), (2, 30)]);
    assert_eq!(code(world.consume(31)), "HOURS_EXHAUSTED");
    assert_eq!(given(&world.consume(30).unwrap()), [(2, 30)]);
    assert_eq!(code(world.consume(1)), "HOURS_EXHAUSTED");
    assert_eq!((world.sums(1), world.sums(2)), ([60, 60, 0], [60, 60, 0]));
    world.check();
}

#[test]
fn a_named_block_gives_alone() {
    let mut world = World::new(&[block(1, 60, 0, 100), block(2, 60, 0, 200)]);
    let of = |number, amount| Command::Consume(Take { target: only(number), ..take(amount) });
    assert_eq!(given(&world.run(&of(2, 60)).unwrap()), [(2, 60)]);
    assert_eq!(code(world.run(&of(2, 1))), "HOURS_EXHAUSTED");
    assert_eq!(code(world.run(&of(9, 1))), "block unknown");
}

#[test]
fn what_several_blocks_have_is_told_of_none_of_them() {
    let mut world = World::new(&[block(1, 60, 0, 100), block(2, 30, 0, 200)]);
    let told = |violation: &CommandViolation| {
        let fact = |name| violation.facts.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone());
        (fact("block_id"), fact("available"))
    };
    assert_eq!(told(&violations(world.consume(91))[0]), (None, Some("90".to_owned())));
    let named = Command::Consume(Take { target: only(2), ..take(91) });
    assert_eq!(told(&violations(world.run(&named))[0]), (Some(block_id(2).to_string()), Some("30".to_owned())));
}

#[test]
fn what_is_counted_but_no_time_has_its_own_code() {
    let mut spec = block(1, 3, 0, 100);
    spec.unit = Unit::Events;
    let mut world = World::new(&[spec]);
    let events = |amount| {
        Command::Consume(Take { quantity: Quantity { amount, unit: Unit::Events }, target: only(1), ..take(0) })
    };
    world.run(&events(2)).unwrap();
    assert_eq!(code(world.run(&events(2))), "QUANTITY_EXHAUSTED");
    let violations = violations(world.run(&events(2)));
    assert!(!violations[0].is_malformed);
    assert!(violations[0].facts.contains(&("available", "1".to_owned())));
    assert!(violations[0].facts.contains(&("requested", "2".to_owned())));
    assert!(violations[0].facts.contains(&("unit", "EVENTS".to_owned())));
}

#[test]
fn amounts_that_make_no_sense_each_have_their_reason() {
    let mut counted_in_days = block(2, 4_800, 0, 100);
    counted_in_days.days = true;
    let mut world = World::new(&[block(1, 60, 0, 100), counted_in_days]);
    let cases = [
        (1, 0, Unit::Minutes, "QUANTITY_ZERO"),
        (1, -1, Unit::Minutes, "QUANTITY_NEGATIVE"),
        (1, i64::MIN, Unit::Hours, "QUANTITY_NEGATIVE"),
        (1, LARGEST_AMOUNT + 1, Unit::Minutes, "QUANTITY_TOO_LARGE"),
        (1, i64::MAX, Unit::Hours, "QUANTITY_TOO_LARGE"),
        (1, LARGEST_AMOUNT, Unit::Minutes, "HOURS_EXHAUSTED"),
        (1, 1, Unit::Credits, "UNIT_MISMATCH"),
        (1, 0, Unit::Credits, "UNIT_MISMATCH"),
        (1, 1, Unit::Days, "UNIT_MISMATCH"),
        (2, 11, Unit::Days, "HOURS_EXHAUSTED"),
    ];
    for (number, amount, unit, expected) in cases {
        let quantity = Quantity { amount, unit };
        let asked = Take { quantity, target: only(number), ..take(0) };
        assert_eq!(code(world.run(&Command::Consume(asked.clone()))), expected, "{quantity:?}");
        assert_eq!(code(world.run(&Command::Reserve { take: asked, expire_time: None })), expected, "{quantity:?}");
    }
    let whole = Take { quantity: Quantity { amount: 1, unit: Unit::Hours }, target: only(1), ..take(0) };
    assert_eq!(given(&world.run(&Command::Consume(whole)).unwrap()), [(1, 60)]);
    let days = Take { quantity: Quantity { amount: 10, unit: Unit::Days }, target: only(2), ..take(0) };
    assert_eq!(given(&world.run(&Command::Consume(days)).unwrap()), [(2, 4_800)]);
}

#[test]
fn a_block_that_clauses_forbid_gives_nothing_and_the_best_one_says_why() {
    let mut world = World::new(&[block(1, 60, 0, 100), block(2, 60, 0, 200)]);
    let clause = |(rule, code)| CommandViolation::by(rule, code, "service_id", "forbidden");
    let suspended = (Rule::StateSuspended, "WORK_ORDER_SUSPENDED");
    let outside = (Rule::ServiceHours, "OUTSIDE_SERVICE_HOURS");
    let two = vec![clause((Rule::ProductOnItem, "PRODUCT_NOT_ON_ITEM")), clause(outside)];
    world.sources[0] = FundingSource::refused(block_id(1), two);
    assert_eq!(given(&world.consume(60).unwrap()), [(2, 60)]);
    assert_eq!(code(world.consume(1)), "HOURS_EXHAUSTED");
    let one = FundingSource::refused(block_id(2), vec![clause(suspended)]);
    world.sources[1] = FundingSource { is_lapsed: true, ..one };
    assert_eq!(code(world.consume(1)), "WORK_ORDER_SUSPENDED");
    let three = [suspended, (Rule::WindowForfeited, "FORFEITED"), outside].map(clause);
    world.sources[1] = FundingSource { is_lapsed: true, ..FundingSource::refused(block_id(2), three.into()) };
    assert_eq!(code(world.consume(1)), "PRODUCT_NOT_ON_ITEM");
    world.sources = vec![FundingSource::open(block_id(9))];
    assert_eq!(code(world.consume(1)), "HOURS_EXHAUSTED", "a source the book does not have gives nothing");
}

#[test]
fn what_is_left_of_a_live_block_answers_before_one_that_has_ended() {
    // The item outlives its block, as what the flex allowance paid does.
    for (ended, live) in [(1, 2), (2, 1)] {
        let mut world = World::new(&[block(ended, 60, 0, 9), block(live, 60, 0, 100)]);
        world.sources.iter_mut().for_each(|source| source.rank.end = day(100));
        world.sources.sort_by_key(|source| source.block_id);
        assert_eq!(codes(world.consume(61)), ["HOURS_EXHAUSTED"], "{ended} has ended");
        let later = world.run(&Command::Reserve {
            take: Take { performed: performed(day(20), day(21)), ..take(61) },
            expire_time: None,
        });
        assert_eq!(codes(later), ["HOURS_EXHAUSTED"]);
        // Alone it says that it is over, and as a check does, that nothing is left.
        world.sources.retain(|source| source.block_id == Some(block_id(ended)));
        assert_eq!(codes(world.consume(1)), ["FORFEITED", "HOURS_EXHAUSTED"]);
    }
}

#[test]
fn a_thousand_times_six_minutes_are_a_hundred_hours() {
    six_minutes(1_000);
}

#[test]
#[ignore = "takes a while: make test-faults"]
fn a_million_times_six_minutes_are_a_hundred_thousand_hours() {
    six_minutes(1_000_000);
}

fn six_minutes(times: i64) {
    let mut world = World::new(&[block(1, 6 * times, 0, 100)]);
    let mut chains = world.check();
    world.entries.clear();
    for _ in 0..times {
        world.consume(6).unwrap();
        // Followed as they come, for a million would fill the memory.
        world.entries.drain(..).for_each(|entry| chains.push(&entry).unwrap());
        world.book.reversible.clear();
    }
    assert_eq!(world.sums(1), [6 * times, 6 * times, 0]);
    assert_eq!(chains.link(block_id(1)).unwrap().totals, world.book.blocks[&block_id(1)].totals());
    assert_eq!(code(world.consume(1)), "HOURS_EXHAUSTED");
}
