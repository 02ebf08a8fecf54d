//! Blocks, and the reservations on them.

use chrono::TimeDelta;
use uuid::Uuid;

use super::*;
use crate::engine::{Prepared, blocks_of};
use crate::funding::ended_blocks;
use crate::ledger::Book;
use crate::model::{Quantity, Unit};
use crate::preview::{BlockChange, BlockChangeKind, OpenHold, affected_reservations, block_changes, granted};

/// The blocks of a command on what is stored, of whose hours 4 are used and 1 is held.
fn blocks(command: &ContractCommand) -> Vec<BlockChange> {
    effect(command, |change| {
        let instant = change.latest();
        let [old, new] = [change.old, change.new]
            .map(|timeline| Prepared::new(Arc::clone(&CATALOG), timeline.at(Some(instant)).clone()));
        let mut before = granted(Book::new("acme"), blocks_of(&old), at(NOW)).unwrap();
        let hours = before.blocks.values_mut().find(|block| block.item_id == "hours").unwrap();
        (hours.used, hours.reserved) = (240, 60);
        let mut specs = blocks_of(&new);
        specs.extend(ended_blocks(&new, &specs, &before, |_| Some(instant)));
        let after = granted(before.clone(), specs, at(NOW)).unwrap();
        block_changes(&before, &after).rows
    })
}

fn one(command: &ContractCommand) -> BlockChange {
    let [block] = <[BlockChange; 1]>::try_from(blocks(command)).unwrap();
    block
}

fn with_hours(amount: i64) -> ContractCommand {
    amended(|order| order.items[0].quantity = Some(Quantity { amount, unit: Unit::Hours }), None)
}

fn granted_of(block: &BlockChange) -> (Option<i64>, i64) {
    (block.old.as_ref().map(|old| old.granted), block.new.granted)
}

#[test]
fn blocks_grow_and_shrink_with_their_items() {
    assert_eq!(blocks(&with_hours(10)), []);
    for (hours, kind, excess) in [
        (11, BlockChangeKind::Grown, 0),
        (9, BlockChangeKind::Shrunk, 0),
        (5, BlockChangeKind::Shrunk, 0),
        (4, BlockChangeKind::Shrunk, 60),
    ] {
        let block = one(&with_hours(hours));
        assert_eq!((block.kind, granted_of(&block)), (kind, (Some(600), hours * 60)), "{hours} hours");
        assert_eq!((block.forfeited(), block.excess()), (0, excess), "{hours} hours");
    }
}

#[test]
fn blocks_are_created_ended_and_moved() {
    let mut new = add_on();
    new.work_order_id = "wo-new".to_owned();
    let created = blocks(&ContractCommand::CreateWorkOrder { work_order: new });
    assert_eq!(created.iter().map(|block| block.kind).collect::<Vec<_>>(), [BlockChangeKind::Created; 2]);
    assert_eq!(granted_of(&created[1]), (None, 600));
    // What is neither used nor held of the 10 hours is lost.
    let removed = one(&amended(|order| _ = order.items.remove(0), Some("2026-07-01T00:00:00Z")));
    assert_eq!((removed.kind, removed.new.end), (BlockChangeKind::Ended, at("2026-07-01T00:00:00Z")));
    assert_eq!((granted_of(&removed), removed.forfeited()), ((Some(600), 600), 300));
    let dated = |end: &str| amended(|order| order.items[0].end_date = Some(end.parse().unwrap()), None);
    assert_eq!(blocks(&dated("2026-12-31")), [], "it ends when the order does");
    let sooner = one(&dated("2026-12-30"));
    assert_eq!((sooner.kind, sooner.forfeited()), (BlockChangeKind::Ended, 300));
    let begins = amended(|order| order.items[0].start_date = Some("2026-02-01".parse().unwrap()), None);
    assert_eq!((one(&begins).kind, one(&begins).forfeited()), (BlockChangeKind::Moved, 0));
    let longer = amend(WorkOrder { end_date: "2027-01-01".parse().unwrap(), ..base() }, None);
    assert_eq!(blocks(&longer), [], "items end with their own order");
}

#[test]
fn reservations_past_a_new_end_are_told() {
    let block = one(&amended(|order| _ = order.items.remove(0), Some("2026-07-01T00:00:00Z")));
    let (id, end) = (block.new.id, block.new.end);
    let hold = |number: u128, block_id, amount, expire_time| OpenHold {
        reservation_id: Uuid::from_u128(number),
        block_id,
        amount,
        expire_time,
    };
    let second = BlockChange {
        new: crate::ledger::Block { id: Uuid::from_u128(7), end: end - TimeDelta::days(1), ..block.new.clone() },
        ..block.clone()
    };
    let shrunk = BlockChange {
        kind: BlockChangeKind::Shrunk,
        new: crate::ledger::Block { id: Uuid::from_u128(8), ..block.new.clone() },
        ..block.clone()
    };
    let holds = [
        hold(1, id, 10, end),
        hold(2, id, 20, end + TimeDelta::microseconds(1)),
        hold(2, second.new.id, 5, end + TimeDelta::microseconds(1)),
        hold(3, second.new.id, 30, end),
        hold(4, shrunk.new.id, 40, at(END)),
        hold(5, Uuid::from_u128(9), 50, at(END)),
    ];
    let blocks = [block, second, shrunk];
    let told = affected_reservations(&blocks, &holds, at(NOW)).rows;
    let told: Vec<_> =
        told.iter().map(|it| (it.reservation_id.as_u128(), it.block_ids.len(), it.amount, it.block_end)).collect();
    let sooner = end - TimeDelta::days(1);
    assert_eq!(told, [(2, 2, 25, sooner), (3, 1, 30, sooner)]);
    // What has run out holds nothing any more.
    assert_eq!(affected_reservations(&blocks, &holds[..4], end).rows.len(), 1);
    assert_eq!(affected_reservations(&blocks, &holds[..4], end + TimeDelta::microseconds(1)).rows, []);
}
