use uuid::Uuid;

use crate::ledger::{
    Entry, EntryKind, HoldDiscrepancyKind as Kind, Part, Reconciliation, Reservation, ReservationState,
};
use crate::model::Unit;

use super::fixture::{World, block, block_id, day, hours, performed};

const ENDINGS: [&str; 6] = ["open", "committed", "committed in part", "committed beyond", "released", "expired"];

/// What happened, and the reservations as they stood after so many entries.
struct Story {
    entries: Vec<Entry>,
    points: Vec<(usize, Vec<Reservation>)>,
}

impl Story {
    fn mark(&mut self, world: &World) {
        self.entries.clone_from(&world.entries);
        self.points.push((world.entries.len(), world.book.reservations.values().cloned().collect()));
    }

    fn end(&self) -> Vec<Reservation> {
        self.points.last().unwrap().1.clone()
    }
}

/// A hold of 90 on two blocks, extended, and what became of it; behind it an open one.
fn story(how: &str) -> Story {
    let mut world = World::new(&[block(1, 60, 0, 100), block(2, 600, 0, 200)]);
    let mut story = Story { entries: Vec::new(), points: Vec::new() };
    story.mark(&world);
    let id = world.hold(90, None);
    story.mark(&world);
    world.extend(id, day(20)).unwrap();
    story.mark(&world);
    match how {
        "committed" => drop(world.commit(id, None, false).unwrap()),
        "committed in part" => drop(world.commit(id, Some(40), false).unwrap()),
        "committed beyond" => drop(world.commit(id, Some(100), true).unwrap()),
        "released" => drop(world.release(id).unwrap()),
        "expired" => {
            world.now = day(20);
            world.expire(id).unwrap();
        }
        _ => {}
    }
    story.mark(&world);
    world.hold(30, Some(world.now + hours(1)));
    story.mark(&world);
    story
}

/// What does not fit; with each entry, whether it was surely there when the reservations were read.
fn discrepancy<'a>(
    reservations: Vec<Reservation>,
    entries: impl IntoIterator<Item = (&'a Entry, bool)>,
) -> Option<Kind> {
    let mut reconciliation = Reconciliation::default();
    reservations.into_iter().for_each(|reservation| reconciliation.add(reservation));
    let of_entry = entries.into_iter().find_map(|(entry, is_settled)| reconciliation.push(entry, is_settled).err());
    of_entry.or_else(|| reconciliation.finish().err().map(|discrepancy| discrepancy.kind))
}

fn at_rest(reservations: Vec<Reservation>, entries: &[Entry]) -> Option<Kind> {
    discrepancy(reservations, entries.iter().map(|entry| (entry, true)))
}

#[test]
fn reservations_fit_however_they_ended() {
    for how in ENDINGS {
        let mut story = story(how);
        assert_eq!(at_rest(story.end(), &story.entries), None, "{how}");
        // Block by block, as they are listed.
        story.entries.sort_by_key(|entry| (entry.block_id, entry.sequence));
        assert_eq!(at_rest(story.end(), &story.entries), None, "{how}");
    }
}

/// The blocks are read first, then the reservations, then the entries of one block after the
/// other's, and all the while there are writes.
#[test]
fn what_is_written_meanwhile_is_no_misfit() {
    for how in ENDINGS {
        let story = story(how);
        let points = || story.points.iter().map(|(count, _)| *count);
        let of = |bounds: [usize; 2], entry: &Entry| bounds[usize::from(entry.block_id == block_id(2))];
        for (at, reservations) in &story.points {
            let (before, after) =
                (pairs(points().filter(|point| point <= at)), pairs(points().filter(|point| point >= at)));
            for (claimed, listed) in before.iter().flat_map(|one| after.iter().map(move |other| (*one, *other))) {
                let seen = story.entries.iter().enumerate().filter(|(row, entry)| *row < of(listed, entry));
                let seen = seen.map(|(row, entry)| (entry, row < of(claimed, entry)));
                assert_eq!(discrepancy(reservations.clone(), seen), None, "{how}: {claimed:?}, {at}, {listed:?}");
            }
        }
    }
}

/// One for each block.
fn pairs(all: impl Iterator<Item = usize> + Clone) -> Vec<[usize; 2]> {
    all.clone().flat_map(|one| all.clone().map(move |other| [one, other])).collect()
}

#[test]
fn a_reservation_that_is_not_what_its_entries_make_of_it_is_seen() {
    type Tampering = fn(&mut Vec<Reservation>);
    let cases: [(&str, Tampering, Kind); 18] = [
        ("open", |all| all[0].state = ReservationState::Released, Kind::Field("state")),
        ("released", |all| all[0].state = ReservationState::Open, Kind::Field("state")),
        ("released", |all| all[0].state = ReservationState::Expired, Kind::Field("state")),
        ("committed", |all| all[0].state = ReservationState::Released, Kind::Field("state")),
        ("expired", |all| all[0].state = ReservationState::Committed, Kind::Field("state")),
        ("open", |all| all[0].parts[0].amount += 1, Kind::Field("parts")),
        ("open", |all| all[0].parts.truncate(1), Kind::Field("parts")),
        ("open", |all| all[0].parts.push(Part { block_id: block_id(2), amount: 30 }), Kind::Field("parts")),
        ("committed in part", |all| all[0].committed += 1, Kind::Field("committed")),
        ("open", |all| all[0].expire_time += hours(1), Kind::Field("expire_time")),
        ("open", |all| all[0].expire_time -= hours(1), Kind::Field("expire_time")),
        ("expired", |all| all[0].end_time = None, Kind::Field("end_time")),
        ("open", |all| all[0].unit = Unit::Credits, Kind::Field("unit")),
        ("released", |all| all[0].create_time += hours(1), Kind::Field("create_time")),
        ("open", |all| all[0].performed = performed(day(1), day(2)), Kind::Field("performed")),
        ("open", |all| all[0].target.location_id = Some("gb-leeds".to_owned()), Kind::Field("location_id")),
        ("open", |all| all[0].target.product_id = Some("exchange".to_owned()), Kind::Field("product_id")),
        ("open", |all| all[0].target.service_id = Some("workshops".to_owned()), Kind::Field("service_id")),
    ];
    for (how, change, expected) in cases {
        let story = story(how);
        let mut all = story.end();
        change(&mut all);
        assert_eq!(at_rest(all, &story.entries), Some(expected), "{how}");
    }
    let story = story("open");
    assert_eq!(at_rest(story.end()[1..].to_vec(), &story.entries), Some(Kind::Missing));
    let unheard = Reservation { id: Uuid::nil(), ..story.end()[0].clone() };
    assert_eq!(at_rest([vec![unheard], story.end()].concat(), &story.entries), Some(Kind::Untold));
}

#[test]
fn a_reservation_that_ended_twice_or_gave_too_much_is_seen() {
    type Tampering = fn(&mut Vec<Entry>);
    // Of its six or seven entries behind the grants: two of the reserve, two of the extension, and its end.
    let cases: [(&str, Tampering, Kind); 9] = [
        ("committed", |all| all[7].kind = EntryKind::Expire, Kind::Ended),
        ("committed", |all| all[7].request_id = None, Kind::Ended),
        ("released", |all| all[7].record_time += hours(1), Kind::Ended),
        ("released", |all| all.insert(7, all[6].clone()), Kind::Held { left: 0 }),
        ("released", |all| all[6].amount += 1, Kind::Held { left: 60 }),
        ("released", |all| all[6].amount -= 1, Kind::Rest { block_id: block_id(1), left: 1 }),
        ("open", |all| all.push(all[2].clone()), Kind::Made),
        ("open", |all| all[3].record_time += hours(1), Kind::Made),
        ("committed", |all| all[6].reservation_id = None, Kind::Unnamed),
    ];
    for (how, change, expected) in cases {
        let mut story = story(how);
        change(&mut story.entries);
        assert_eq!(at_rest(story.end(), &story.entries), Some(expected), "{how}");
    }
}
