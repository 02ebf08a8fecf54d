use chrono::TimeDelta;
use uuid::Uuid;

use crate::catalog::Rule;
use crate::ledger::{Command, CommandViolation, EntryKind, FundingSource, Part, ReservationState, Take};

use super::fixture::{
    World, any_block, block, block_id, code, codes, day, given, hours, minutes, only, performed, source, take,
    violations,
};

const INSTANT: TimeDelta = TimeDelta::microseconds(1);

fn two_blocks() -> World {
    World::new(&[block(1, 60, 0, 100), block(2, 60, 0, 200)])
}

#[test]
fn a_hold_remembers_the_blocks_that_fund_it() {
    let mut world = two_blocks();
    let applied = world.reserve(90, None).unwrap();
    let held = applied.reservation.unwrap();
    assert_eq!(held.parts, [Part { block_id: block_id(1), amount: 60 }, Part { block_id: block_id(2), amount: 30 }]);
    assert_eq!((held.amount(), held.state), (90, ReservationState::Open));
    assert_eq!(held.expire_time, world.now + hours(24));
    assert_eq!((world.sums(1), world.sums(2)), ([60, 0, 60], [60, 0, 30]));
    assert_eq!(code(world.consume(31)), "HOURS_EXHAUSTED");
    assert_eq!(given(&world.consume(30).unwrap()), [(2, 30)]);
    // Room made meanwhile in an earlier block changes nothing for the hold.
    let applied = world.commit(held.id, None, false).unwrap();
    assert_eq!(given(&applied), [(1, 60), (2, 30)]);
    world.check();
}

#[test]
fn a_commit_of_less_gives_the_rest_back() {
    let mut world = two_blocks();
    let id = world.hold(90, None);
    let applied = world.commit(id, Some(45), false).unwrap();
    let kinds: Vec<_> = applied.entries.iter().map(|entry| (entry.kind, entry.amount)).collect();
    assert_eq!(kinds, [(EntryKind::Commit, 45), (EntryKind::Release, 15), (EntryKind::Release, 30)]);
    assert!(applied.entries.iter().all(|entry| entry.reservation_id == Some(id)));
    assert_eq!(applied.reservation.unwrap().committed, 45);
    assert_eq!((world.sums(1), world.sums(2)), ([60, 45, 0], [60, 0, 0]));
    world.check();
}

#[test]
fn a_commit_of_more_needs_leave_and_cover() {
    let mut world = two_blocks();
    let id = world.hold(30, None);
    assert_eq!(code(world.commit(id, Some(31), false)), "RESERVATION_EXCEEDED");
    assert_eq!(code(world.commit(id, Some(121), true)), "HOURS_EXHAUSTED");
    assert_eq!(code(world.commit(id, Some(0), true)), "QUANTITY_ZERO");
    let applied = world.commit(id, Some(100), true).unwrap();
    assert_eq!(given(&applied), [(1, 30), (1, 30), (2, 40)]);
    assert_eq!(applied.reservation.unwrap().committed, 100);
    assert_eq!((world.sums(1), world.sums(2)), ([60, 60, 0], [60, 40, 0]));
    world.check();
}

#[test]
fn what_a_commit_asks_for_counts_what_is_held_of_it() {
    let outside = CommandViolation::by(Rule::ServiceHours, "OUTSIDE_SERVICE_HOURS", "performed", "on a sunday");
    for failed in [Vec::new(), vec![outside]] {
        let mut world = World::new(&[block(1, 60, 0, 100)]);
        let id = world.hold(10, None);
        world.consume(20).unwrap();
        world.sources[0].failed = failed;
        let short = violations(world.commit(id, Some(50), true)).pop().unwrap();
        assert_eq!(
            (short.reason.as_str(), short.description.as_str()),
            ("HOURS_EXHAUSTED", "50 min asked for, 40 min available")
        );
        for fact in
            [("available", "40".to_owned()), ("requested", "50".to_owned()), ("block_id", block_id(1).to_string())]
        {
            assert!(short.facts.contains(&fact), "{fact:?}");
        }
    }
}

#[test]
fn each_hold_ends_once_and_the_loser_hears_who_won() {
    type Ending = fn(&mut World, Uuid) -> bool;
    let ends: [(&str, Ending); 3] = [
        ("RESERVATION_COMMITTED", |world, id| world.commit(id, None, false).is_ok()),
        ("RESERVATION_RELEASED", |world, id| world.release(id).is_ok()),
        ("RESERVATION_EXPIRED", |world, id| {
            world.now += hours(24);
            world.expire(id).is_ok()
        }),
    ];
    for (winner, end) in ends {
        let mut world = two_blocks();
        let id = world.hold(90, None);
        assert!(end(&mut world, id));
        let later = world.now + hours(48);
        assert_eq!(code(world.commit(id, None, false)), winner);
        assert_eq!(code(world.release(id)), winner);
        assert_eq!(code(world.expire(id)), winner);
        assert_eq!(code(world.extend(id, later)), winner);
        assert_eq!(world.book.reservations[&id].end_time, Some(world.now));
        world.check();
    }
}

#[test]
fn a_hold_is_over_at_its_expiry_whether_or_not_anybody_wrote_it() {
    let mut world = two_blocks();
    let id = world.hold(90, Some(day(11)));
    world.now = day(11) - INSTANT;
    assert!(world.book.due(world.now).is_empty());
    assert_eq!(code(world.expire(id)), "RESERVATION_NOT_DUE");
    world.now = day(11);
    assert_eq!(code(world.commit(id, None, false)), "RESERVATION_EXPIRED");
    assert_eq!(code(world.release(id)), "RESERVATION_EXPIRED");
    assert_eq!(code(world.extend(id, day(12))), "RESERVATION_EXPIRED");
    assert_eq!(world.book.due(world.now), [id]);
    world.expire(id).unwrap();
    assert!(world.book.due(world.now).is_empty());
    assert_eq!((world.sums(1), world.sums(2)), ([60, 0, 0], [60, 0, 0]));
    world.check();
}

#[test]
fn an_expiry_is_ahead_not_too_far_and_within_the_blocks() {
    let mut world = World::new(&[block(1, 60, 0, 20), block(2, 60, 0, 800)]);
    let now = world.now;
    assert_eq!(code(world.reserve(1, Some(now))), "EXPIRY_IN_PAST");
    assert_eq!(code(world.reserve(1, Some(now - INSTANT))), "EXPIRY_IN_PAST");
    assert_eq!(code(world.reserve(1, Some(now + TimeDelta::days(366) + INSTANT))), "EXPIRY_TOO_FAR");
    // A hold beyond the first block is funded by the second alone.
    assert_eq!(given(&world.reserve(60, Some(now + TimeDelta::days(366))).unwrap()), [(2, 60)]);
    assert_eq!(code(world.reserve(1, Some(day(20) + INSTANT))), "EXPIRY_BEYOND_BLOCK");
    assert_eq!(given(&world.reserve(1, Some(day(20))).unwrap()), [(1, 1)]);
    assert_eq!(code(world.reserve(60, Some(day(20) + INSTANT))), "HOURS_EXHAUSTED");
}

#[test]
fn an_expiry_beyond_the_blocks_stands_beside_all_else() {
    let mut world = World::new(&[block(1, 60, 0, 20)]);
    let on = |target, amount| Command::Reserve {
        take: Take { target, ..take(amount) },
        expire_time: Some(day(20) + INSTANT),
    };
    let beyond = "EXPIRY_BEYOND_BLOCK";
    for (amount, other) in [(0, "QUANTITY_ZERO"), (-1, "QUANTITY_NEGATIVE")] {
        for target in [only(1), any_block()] {
            assert_eq!(sorted(codes(world.run(&on(target, amount)))), [beyond, other]);
        }
    }
    assert_eq!(sorted(codes(world.run(&on(only(1), 61)))), [beyond, "HOURS_EXHAUSTED"]);
    assert_eq!(codes(world.run(&on(any_block(), 61))), ["HOURS_EXHAUSTED"], "no expiry would help");
    let forbidden =
        vec![CommandViolation::by(Rule::ProductOnItem, "PRODUCT_NOT_ON_ITEM", "product_id", "it is not listed")];
    world.sources = vec![FundingSource { counts: false, ..FundingSource::refused(block_id(1), forbidden) }];
    for target in [only(1), any_block()] {
        assert_eq!(sorted(codes(world.run(&on(target, 1)))), [beyond, "PRODUCT_NOT_ON_ITEM"]);
    }
    // Of a block that is over, no expiry would do.
    world.now = day(20);
    world.sources = vec![source(&block(1, 60, 0, 20))];
    assert!(!codes(world.run(&on(only(1), 1))).contains(&beyond.to_owned()));
}

fn sorted(mut codes: Vec<String>) -> Vec<String> {
    codes.sort();
    codes
}

#[test]
fn the_usual_hold_is_cut_where_the_first_block_ends() {
    let mut world = World::new(&[block(1, 60, 0, 11), block(2, 60, 0, 200)]);
    let held = world.reserve(90, None).unwrap().reservation.unwrap();
    assert_eq!(held.expire_time, day(11));
}

#[test]
fn an_extension_puts_the_expiry_off() {
    let mut world = World::new(&[block(1, 60, 0, 100), block(2, 60, 0, 200)]);
    let id = world.hold(90, Some(day(12)));
    assert_eq!(code(world.extend(id, world.now)), "EXPIRY_IN_PAST");
    assert_eq!(code(world.extend(id, day(12))), "EXPIRY_NOT_LATER");
    assert_eq!(code(world.extend(id, day(400))), "EXPIRY_TOO_FAR");
    assert_eq!(code(world.extend(id, day(100) + INSTANT)), "EXPIRY_BEYOND_BLOCK");
    let applied = world.extend(id, day(100)).unwrap();
    assert_eq!(given(&applied), [(1, 0), (2, 0)]);
    assert_eq!(applied.reservation.unwrap().expire_time, day(100));
    assert!(applied.entries.iter().all(|entry| entry.expire_time == Some(day(100))));
    assert_eq!((world.sums(1), world.sums(2)), ([60, 0, 60], [60, 0, 30]));
    world.check();
}

#[test]
fn a_reservation_of_another_block_is_not_this_one() {
    let mut world = two_blocks();
    let id = world.hold(10, None);
    let release = |block_id| Command::Release { reservation_id: id, block_id: Some(block_id), note: String::new() };
    assert_eq!(code(world.run(&release(block_id(2)))), "RESERVATION_OF_OTHER_BLOCK");
    assert_eq!(code(world.run(&release(block_id(9)))), "block unknown");
    assert_eq!(code(world.release(Uuid::from_u128(77_777))), "reservation unknown");
    world.run(&release(block_id(1))).unwrap();
}

#[test]
fn a_hold_outlives_the_end_of_its_block_for_work_done_before() {
    let specs = [block(1, 60, 0, 100)];
    let held = |performed_from, performed_to, amount, allow_more, now| {
        let mut world = World::new(&specs);
        let id = world.hold(30, Some(day(90)));
        // The order is terminated as of day 20.
        world.run(&Command::Grant { blocks: vec![block(1, 60, 0, 20)] }).unwrap();
        world.now = now;
        let outcome = world.commit_performed(id, Some(amount), allow_more, performed(performed_from, performed_to));
        world.check();
        outcome
    };
    assert!(held(day(19), day(20), 30, false, day(25)).is_ok());
    assert!(held(day(19), day(20), 10, false, day(25)).is_ok());
    assert_eq!(code(held(day(19), day(20), 31, true, day(25))), "FORFEITED", "never for more than was held");
    assert_eq!(code(held(day(19), day(21), 30, false, day(25))), "FORFEITED");
    assert_eq!(code(held(day(19), day(20), 30, false, day(50))), "FORFEITED", "behind the grace");
    // Before the end, more is still a matter of what is available.
    assert!(held(day(18), day(19), 60, true, day(19)).is_ok());
    // Without a window the work is done now, after the end.
    let mut world = World::new(&specs);
    let id = world.hold(30, Some(day(90)));
    world.run(&Command::Grant { blocks: vec![block(1, 60, 0, 20)] }).unwrap();
    world.now = day(25);
    assert_eq!(code(world.commit(id, None, false)), "FORFEITED");
    world.release(id).unwrap();
}

#[test]
fn of_a_hold_on_two_blocks_the_one_that_can_serve_the_work_is_used() {
    let mut world = two_blocks();
    let id = world.hold(90, Some(day(60)));
    world.run(&Command::Grant { blocks: vec![block(1, 60, 0, 20)] }).unwrap();
    world.now = day(25);
    let after = performed(day(21), day(22));
    assert_eq!(code(world.commit_performed(id, None, false, after)), "FORFEITED");
    assert_eq!(code(world.commit_performed(id, Some(31), false, after)), "FORFEITED");
    let applied = world.commit_performed(id, Some(30), false, after).unwrap();
    assert_eq!(given(&applied), [(1, 60), (2, 30)]);
    assert_eq!((world.sums(1), world.sums(2)), ([60, 0, 0], [60, 30, 0]));
    world.check();
    // More than that may be taken where it is available, but not of the block that has ended.
    let mut world = two_blocks();
    let id = world.hold(90, Some(day(60)));
    world.run(&Command::Grant { blocks: vec![block(1, 60, 0, 20)] }).unwrap();
    world.now = day(25);
    assert_eq!(code(world.commit_performed(id, Some(61), true, after)), "HOURS_EXHAUSTED");
    assert!(world.commit_performed(id, Some(60), true, after).is_ok());
    assert_eq!((world.sums(1), world.sums(2)), ([60, 0, 0], [60, 60, 0]));
    world.check();
}

#[test]
fn a_commit_without_a_window_takes_the_planned_one_once_it_is_past() {
    let mut world = World::new(&[block(1, 60, 0, 20)]);
    let take = Take { performed: performed(day(18), day(19)), ..take(30) };
    let reserve = Command::Reserve { take, expire_time: Some(day(20)) };
    let id = world.run(&reserve).unwrap().reservation.unwrap().id;
    world.now = day(19) + hours(1);
    let applied = world.commit(id, None, false).unwrap();
    assert_eq!(applied.entries[0].performed, performed(day(18), day(19)));
}

#[test]
fn suspension_forbids_more_but_not_what_is_held() {
    let mut world = two_blocks();
    let (first, second, third) = (world.hold(10, None), world.hold(10, None), world.hold(10, None));
    for source in &mut world.sources {
        source.failed =
            vec![CommandViolation::by(Rule::StateSuspended, "WORK_ORDER_SUSPENDED", "service_id", "suspended")];
    }
    assert_eq!(code(world.consume(1)), "WORK_ORDER_SUSPENDED");
    assert_eq!(code(world.commit(first, Some(11), true)), "WORK_ORDER_SUSPENDED");
    world.commit(first, None, false).unwrap();
    world.release(second).unwrap();
    // What is judged of the delivery itself is judged of a commit as well.
    let outside = CommandViolation::by(Rule::ServiceHours, "OUTSIDE_SERVICE_HOURS", "performed", "on a sunday");
    world.sources[0].failed = vec![outside];
    assert_eq!(code(world.commit(third, None, false)), "OUTSIDE_SERVICE_HOURS");
    world.check();
}

#[test]
fn a_commit_counts_in_the_unit_of_the_hold() {
    let mut world = two_blocks();
    let id = world.hold(60, None);
    let commit = |quantity| Command::Commit {
        reservation_id: id,
        block_id: Some(block_id(1)),
        quantity: Some(quantity),
        allow_more: false,
        performed: None,
        note: "case 7".to_owned(),
    };
    let credits = crate::model::Quantity { amount: 1, unit: crate::model::Unit::Credits };
    assert_eq!(code(world.run(&commit(credits))), "UNIT_MISMATCH");
    assert_eq!(code(world.run(&commit(minutes(-5)))), "QUANTITY_NEGATIVE");
    let hour = crate::model::Quantity { amount: 1, unit: crate::model::Unit::Hours };
    assert_eq!(given(&world.run(&commit(hour)).unwrap()), [(1, 60)]);
}
