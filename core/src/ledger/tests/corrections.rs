use uuid::Uuid;

use crate::ledger::{Adjustment, Command, EntryKind};
use crate::model::{Quantity, Unit};

use super::fixture::{World, block, block_id, code, day, given, minutes, violations};

#[test]
fn a_reversal_undoes_no_more_than_is_left() {
    let mut world = World::new(&[block(1, 60, 0, 100), block(2, 60, 0, 200)]);
    let used = world.consume(90).unwrap();
    let entry = used.entries[0].id;
    assert_eq!(code(world.reverse(entry, Some(61))), "REVERSAL_EXCEEDS_ENTRY");
    assert_eq!(code(world.reverse(entry, Some(0))), "QUANTITY_ZERO");
    assert_eq!(code(world.reverse(entry, Some(-1))), "QUANTITY_NEGATIVE");
    let undone = world.reverse(entry, Some(20)).unwrap();
    assert_eq!(undone.entries[0].reversed_entry_id, Some(entry));
    assert_eq!(undone.entries[0].kind, EntryKind::Reverse);
    assert_eq!(code(world.reverse(entry, Some(41))), "REVERSAL_EXCEEDS_ENTRY");
    assert_eq!(given(&world.reverse(entry, None).unwrap()), [(1, 40)]);
    let violations = violations(world.reverse(entry, None));
    assert_eq!(violations[0].reason, "REVERSAL_EXCEEDS_ENTRY");
    assert_eq!(violations[0].facts[..2], [("left", "0".to_owned()), ("requested", "60".to_owned())]);
    assert_eq!((world.sums(1), world.sums(2)), ([60, 0, 0], [60, 30, 0]));
    world.check();
}

#[test]
fn only_uses_can_be_reversed() {
    let mut world = World::new(&[block(1, 60, 0, 100)]);
    let grant = world.entries[0].clone();
    assert_eq!(code(world.reverse(grant.id, None)), "entry unknown", "the book was not given it");
    world.book.add_entry(&grant, 0);
    assert_eq!(code(world.reverse(grant.id, None)), "ENTRY_NOT_REVERSIBLE");
    let id = world.hold(30, None);
    let committed = world.commit(id, Some(20), false).unwrap();
    assert_eq!(given(&world.reverse(committed.entries[0].id, None).unwrap()), [(1, 20)]);
    assert_eq!(code(world.reverse(Uuid::from_u128(77_777), None)), "entry unknown");
    // What was reversed before the book was read counts.
    let used = world.consume(50).unwrap().entries[0].clone();
    world.book.add_entry(&used, 45);
    assert_eq!(given(&world.reverse(used.id, None).unwrap()), [(1, 5)]);
}

#[test]
fn a_use_can_be_undone_after_the_end() {
    let mut world = World::new(&[block(1, 60, 0, 20)]);
    let entry = world.consume(60).unwrap().entries[0].id;
    world.now = day(300);
    world.reverse(entry, None).unwrap();
    let block = &world.book.blocks[&block_id(1)];
    assert_eq!((block.available_at(world.now), block.forfeited_at(world.now)), (0, 60));
}

#[test]
fn an_adjustment_keeps_what_is_used_and_held() {
    let mut world = World::new(&[block(1, 100, 0, 100)]);
    world.consume(30).unwrap();
    world.hold(20, None);
    assert_eq!(code(world.adjust(1, Adjustment::By(minutes(-51)))), "GRANT_BELOW_SPENT");
    assert_eq!(code(world.adjust(1, Adjustment::To(minutes(49)))), "GRANT_BELOW_SPENT");
    assert_eq!(code(world.adjust(1, Adjustment::To(minutes(-1)))), "QUANTITY_NEGATIVE");
    assert_eq!(code(world.adjust(1, Adjustment::By(minutes(0)))), "QUANTITY_ZERO");
    assert_eq!(code(world.adjust(1, Adjustment::To(minutes(100)))), "QUANTITY_ZERO");
    let credits = Quantity { amount: 1, unit: Unit::Credits };
    assert_eq!(code(world.adjust(1, Adjustment::By(credits))), "UNIT_MISMATCH");
    assert_eq!(code(world.adjust(9, Adjustment::By(minutes(1)))), "block unknown");
    let unexplained = Command::Adjust { block_id: block_id(1), change: Adjustment::By(minutes(1)), reason: " ".into() };
    assert_eq!(code(world.run(&unexplained)), "FIELD_REQUIRED");
    assert_eq!(given(&world.adjust(1, Adjustment::To(minutes(50))).unwrap()), [(1, -50)]);
    assert_eq!(code(world.consume(1)), "HOURS_EXHAUSTED");
    let hour = Quantity { amount: 1, unit: Unit::Hours };
    assert_eq!(given(&world.adjust(1, Adjustment::By(hour)).unwrap()), [(1, 60)]);
    assert_eq!(world.sums(1), [110, 30, 20]);
    world.check();
}

#[test]
fn a_grant_makes_blocks_once_and_follows_the_contract() {
    let specs = [block(1, 100, 0, 100)];
    let mut world = World::new(&specs);
    let again = world.run(&Command::Grant { blocks: specs.to_vec() }).unwrap();
    assert!(again.entries.is_empty());
    world.adjust(1, Adjustment::By(minutes(5))).unwrap();
    let grown = world.run(&Command::Grant { blocks: vec![block(1, 160, 0, 120)] }).unwrap();
    assert_eq!(given(&grown), [(1, 60)]);
    assert_eq!(world.book.blocks[&block_id(1)].end, day(120));
    assert_eq!(world.sums(1), [165, 0, 0]);
    world.check();
}

#[test]
fn a_contract_corrected_below_what_was_spent_leaves_nothing_and_no_less() {
    let mut world = World::new(&[block(1, 100, 0, 100)]);
    world.consume(60).unwrap();
    let id = world.hold(30, None);
    world.run(&Command::Grant { blocks: vec![block(1, 10, 0, 100)] }).unwrap();
    assert_eq!(world.sums(1), [10, 60, 30]);
    assert_eq!(world.book.blocks[&block_id(1)].available_at(world.now), 0);
    assert_eq!(code(world.consume(1)), "HOURS_EXHAUSTED");
    assert_eq!(code(world.adjust(1, Adjustment::By(minutes(-1)))), "GRANT_BELOW_SPENT");
    assert_eq!(code(world.commit(id, Some(31), true)), "HOURS_EXHAUSTED");
    // What was promised is kept.
    world.commit(id, Some(30), false).unwrap();
    world.adjust(1, Adjustment::By(minutes(40))).unwrap();
    assert_eq!(code(world.consume(1)), "HOURS_EXHAUSTED");
    world.adjust(1, Adjustment::By(minutes(41))).unwrap();
    world.consume(1).unwrap();
    world.check();
}

#[test]
fn a_grant_never_falls_below_nothing_and_returns_where_it_came_from() {
    let mut world = World::new(&[block(1, 100, 0, 100)]);
    world.adjust(1, Adjustment::By(minutes(-50))).unwrap();
    world.run(&Command::Grant { blocks: vec![block(1, 20, 0, 100)] }).unwrap();
    assert_eq!(world.sums(1), [0, 0, 0]);
    world.run(&Command::Grant { blocks: vec![block(1, 100, 0, 100)] }).unwrap();
    assert_eq!(world.sums(1), [50, 0, 0]);
    world.check();
}
