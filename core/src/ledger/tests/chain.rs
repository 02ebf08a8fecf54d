use uuid::Uuid;

use crate::ledger::{
    Adjustment, ChainHash, Command, DiscrepancyKind, Entry, EntryKind, ReservationState, Take, Totals, fold, verify,
};
use crate::model::{DeliveryMode, Quantity, Unit};

use super::fixture::{World, any_block, block, block_id, day, hours, minutes, only, performed, take};

fn busy() -> Vec<Entry> {
    let mut world = World::new(&[block(1, 600, 0, 100), block(2, 600, 0, 200)]);
    let used = world.consume(700).unwrap();
    let id = world.hold(100, Some(day(20)));
    world.extend(id, day(30)).unwrap();
    world.commit(id, Some(40), false).unwrap();
    world.reverse(used.entries[1].id, Some(10)).unwrap();
    world.adjust(2, Adjustment::By(minutes(60))).unwrap();
    world.check();
    world.entries
}

#[test]
fn a_change_of_any_field_is_seen_at_its_entry() {
    type Tampering = (&'static str, fn(&mut Entry));
    let changes: [Tampering; 19] = [
        ("id", |entry| entry.id = Uuid::nil()),
        ("customer", |entry| entry.customer_id.push('x')),
        ("work order", |entry| entry.work_order_id.push('x')),
        ("item", |entry| entry.item_id.push('x')),
        ("service", |entry| entry.service_id.push('x')),
        ("unit", |entry| entry.unit = Unit::Credits),
        ("sequence", |entry| entry.sequence += 1),
        ("kind", |entry| entry.kind = EntryKind::Adjust),
        ("amount", |entry| entry.amount += 1),
        ("performed", |entry| entry.performed = performed(day(0), day(1))),
        ("location", |entry| entry.location_id = None),
        ("product", |entry| entry.product_id = Some("azure/app-service".to_owned())),
        ("reservation", |entry| entry.reservation_id = Some(Uuid::nil())),
        ("expiry", |entry| entry.expire_time = Some(day(0))),
        ("reversed entry", |entry| entry.reversed_entry_id = Some(Uuid::nil())),
        ("note", |entry| entry.note.push(' ')),
        ("request", |entry| entry.request_id = None),
        ("actor", |entry| entry.actor = "eve".to_owned()),
        ("record time", |entry| entry.record_time += hours(1)),
    ];
    for (name, change) in changes {
        let mut entries = busy();
        let row = entries.iter().position(|entry| entry.kind == EntryKind::Consume).unwrap();
        change(&mut entries[row]);
        let discrepancy = verify(&entries).unwrap_err();
        assert_eq!((discrepancy.entry_id, discrepancy.kind), (entries[row].id, DiscrepancyKind::Content), "{name}");
    }
}

#[test]
fn entries_that_are_missing_moved_or_forged_are_seen() {
    let of_second_block = |entries: Vec<Entry>| -> Vec<Entry> {
        entries.into_iter().filter(|entry| entry.block_id == block_id(2)).collect()
    };
    let mut missing = of_second_block(busy());
    missing.remove(1);
    assert_eq!(verify(&missing).unwrap_err().kind, DiscrepancyKind::Sequence { expected: 2 });
    let mut swapped = of_second_block(busy());
    swapped.swap(0, 1);
    assert_eq!(verify(&swapped).unwrap_err().kind, DiscrepancyKind::Sequence { expected: 1 });
    // Hashed anew after the change: the next entry does not refer to it.
    let mut rehashed = of_second_block(busy());
    rehashed[0].amount = 500_000;
    rehashed[0].hash = rehashed[0].computed_hash();
    let expected = Totals { granted: 500_000, used: 0, reserved: 0 };
    assert_eq!(verify(&rehashed).unwrap_err().kind, DiscrepancyKind::Totals { expected });
    rehashed[0].totals = expected;
    let discrepancy = verify(&rehashed).unwrap_err();
    assert_eq!((discrepancy.sequence, discrepancy.kind), (2, DiscrepancyKind::Predecessor));
    // A whole chain forged still has to add up.
    let mut forged = of_second_block(busy());
    forged.truncate(2);
    forged[0].kind = EntryKind::Consume;
    forged[0].totals = Totals { granted: 0, used: forged[0].amount, reserved: 0 };
    forged[1].kind = EntryKind::Reverse;
    forged[1].amount = 900_000;
    for row in 0..2 {
        forged[row].previous_hash = if row == 0 { ChainHash::FIRST } else { forged[row - 1].hash };
        forged[row].hash = forged[row].computed_hash();
    }
    let discrepancy = verify(&forged).unwrap_err();
    assert_eq!((discrepancy.sequence, discrepancy.kind), (2, DiscrepancyKind::Balance));
    assert!(discrepancy.to_string().contains(&forged[1].id.to_string()));
    // The sums an entry tells are no part of its hash, and still have to be those of the entries up to it.
    let mut told = of_second_block(busy());
    let expected = told[1].totals;
    told[1].totals.used += 1;
    let discrepancy = verify(&told).unwrap_err();
    assert_eq!((discrepancy.sequence, discrepancy.kind), (2, DiscrepancyKind::Totals { expected }));
}

#[test]
fn blocks_have_chains_of_their_own() {
    let mut entries = busy();
    entries.sort_by_key(|entry| (entry.block_id, entry.sequence));
    let chains = verify(&entries).unwrap();
    assert_eq!(chains.links().count(), 2);
    let of_second = entries.iter().filter(|entry| entry.block_id == block_id(2));
    let sums = Totals { granted: 660, used: 130, reserved: 0 };
    assert_eq!(fold(of_second), Some(sums));
    assert_eq!(chains.link(block_id(2)).unwrap().totals, sums);
}

/// The encoding is what stored chains were made with: it must never change by accident.
#[test]
fn the_encoding_is_what_it_was() {
    let mut entry = busy().remove(2);
    (entry.performed, entry.note) = (performed(day(1), day(2)), "case 7".to_owned());
    assert_eq!(entry.kind, EntryKind::Consume);
    assert_eq!(entry.computed_hash().to_string(), "98be377778827a98edb4f50b263a4f3d567c9b6c444c854edf5c1767e68a2e78");
}

#[test]
fn hashes_are_written_in_hexadecimal() {
    let hash = busy()[0].hash;
    assert_eq!(ChainHash::from_hex(&hash.to_string()), Some(hash));
    let json = serde_json::to_string(&hash).unwrap();
    assert_eq!(serde_json::from_str::<ChainHash>(&json).unwrap(), hash);
    for wrong in ["", "00", &"g".repeat(64), &"é".repeat(32), &"0".repeat(65), &hash.to_string().to_uppercase()] {
        assert_eq!(ChainHash::from_hex(wrong), None, "{wrong}");
    }
}

#[test]
fn what_is_stored_comes_back_as_it_was() {
    for entry in busy() {
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    }
    for kind in EntryKind::ALL {
        assert_eq!(EntryKind::from_name(kind.as_str()), Some(kind));
    }
    for state in ReservationState::ALL {
        assert_eq!(ReservationState::from_name(state.as_str()), Some(state));
    }
}

#[test]
fn the_content_hash_is_of_what_was_asked_and_nothing_else() {
    let consume = |change: fn(&mut Take)| {
        let mut take = take(60);
        change(&mut take);
        Command::Consume(take).content_hash()
    };
    let same = consume(|_| ());
    assert_eq!(consume(|take| take.quantity = Quantity { amount: 1, unit: Unit::Hours }), same);
    let two = consume(|take| take.solution_ids = vec!["depot".to_owned(), "shop".to_owned()]);
    assert_eq!(consume(|take| take.solution_ids = vec!["shop".to_owned(), "depot".to_owned()]), two);
    let mut seen = vec![same, two];
    let changes: [fn(&mut Take); 10] = [
        |take| take.solution_ids = vec!["shop".to_owned()],
        |take| take.quantity = minutes(61),
        |take| take.quantity.unit = Unit::Credits,
        |take| take.target = only(1),
        |take| take.target.product_id = None,
        |take| take.target.location_id = Some("azure".to_owned()),
        |take| take.target.mode = Some(DeliveryMode::Remote),
        |take| take.performed = performed(day(1), day(2)),
        |take| take.note = "case 7".to_owned(),
        |take| (take.target.location_id, take.target.product_id) = (None, any_block().location_id),
    ];
    seen.extend(changes.map(consume));
    let reserve = |expire_time| Command::Reserve { take: take(60), expire_time }.content_hash();
    seen.extend([reserve(None), reserve(Some(day(20)))]);
    let id = Uuid::from_u128(1);
    let commit = |quantity, allow_more| {
        let note = String::new();
        Command::Commit { reservation_id: id, block_id: None, quantity, allow_more, performed: None, note }
    };
    for command in [commit(None, false), commit(None, true), commit(Some(minutes(1)), false)] {
        seen.push(command.content_hash());
    }
    let note = String::new();
    seen.push(Command::Release { reservation_id: id, block_id: None, note: note.clone() }.content_hash());
    seen.push(Command::Release { reservation_id: id, block_id: Some(id), note: note.clone() }.content_hash());
    seen.push(Command::Reverse { entry_id: id, quantity: None, note }.content_hash());
    for change in [Adjustment::By(minutes(5)), Adjustment::To(minutes(5)), Adjustment::To(minutes(-5))] {
        seen.push(Command::Adjust { block_id: id, change, reason: "x".to_owned() }.content_hash());
    }
    let count = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

/// Stored requests are compared by it, those of earlier versions too.
#[test]
fn the_content_hash_of_what_could_be_asked_before_stays() {
    let take = || Take { performed: performed(day(1), day(2)), note: "case 7".to_owned(), ..take(60) };
    let commands = [Command::Consume(take()), Command::Reserve { take: take(), expire_time: Some(day(20)) }];
    let stored = [
        "f6394555ec78563b98a11a1ab5a66700a4008ba0f1ca3f0947a85b020d2c41cc",
        "a00058a50dcf801431b94afc94d37bfb61c312d271257893c4af83281849848e",
    ];
    assert_eq!(commands.map(|command| command.content_hash()), stored);
}
