//! Random commands, against a model too dumb to be wrong: every unit is a slot of its own that
//! is free, used by an entry, or held by a reservation.

mod model;

use proptest::prelude::*;
use uuid::Uuid;

use self::model::{LedgerModel, Slot};
use super::fixture::{World, block, block_id, hours, minutes, performed, take};
use crate::ledger::{Adjustment, Applied, Command, EntryKind, Refusal, Take};
use crate::model::BlockSpec;

#[derive(Debug, Clone)]
enum Step {
    Wait(i64),
    /// Amount, and for how many hours ending how many hours ago it was performed.
    Consume(i64, Option<(i64, i64)>),
    Reserve(i64, i64),
    Commit(usize, i64, bool),
    Release(usize),
    Expire(usize),
    Extend(usize, i64),
    Reverse(usize, i64),
    Adjust(usize, i64),
    /// The contract is corrected to so much.
    Grant(usize, i64),
}

fn step() -> impl Strategy<Value = Step> {
    let performed = prop::option::of((1..200_i64, -5..400_i64));
    prop_oneof![
        1 => (0..60_i64).prop_map(Step::Wait),
        4 => (-1..25_i64, performed).prop_map(|(amount, performed)| Step::Consume(amount, performed)),
        4 => (0..25_i64, -2..300_i64).prop_map(|(amount, hours)| Step::Reserve(amount, hours)),
        3 => (any::<usize>(), 0..30_i64, any::<bool>()).prop_map(|(row, amount, more)| Step::Commit(row, amount, more)),
        2 => any::<usize>().prop_map(Step::Release),
        2 => any::<usize>().prop_map(Step::Expire),
        1 => (any::<usize>(), 0..400_i64).prop_map(|(row, hours)| Step::Extend(row, hours)),
        3 => (any::<usize>(), 0..25_i64).prop_map(|(row, amount)| Step::Reverse(row, amount)),
        2 => (0..3_usize, -30..10_i64).prop_map(|(row, amount)| Step::Adjust(row, amount)),
        1 => (0..3_usize, 0..60_i64).prop_map(|(row, amount)| Step::Grant(row, amount)),
    ]
}

fn code(refusal: &Refusal) -> &str {
    refusal.code().unwrap_or("UNKNOWN")
}

fn blocks() -> Vec<BlockSpec> {
    vec![block(1, 40, 0, 14), block(2, 30, 0, 30), block(3, 20, 8, 60)]
}

fn pick<T: Copy>(list: &[T], row: usize) -> Option<T> {
    list.get(row.checked_rem(list.len())?).copied()
}

/// Runs one step on both, and compares what they say.
fn run(world: &mut World, model: &mut LedgerModel, step: &Step) -> Result<(), TestCaseError> {
    let now = world.now;
    match *step {
        Step::Wait(hours_more) => world.now += hours(hours_more),
        Step::Consume(amount, window) => {
            let window = window.map(|(length, ago)| (now - hours(ago + length), now - hours(ago)));
            let take = Take { performed: window.and_then(|(start, end)| performed(start, end)), ..take(amount) };
            let outcome = world.run(&Command::Consume(take));
            let (start, end) = window.unwrap_or((now, now));
            let serves = |spec: &BlockSpec| {
                let within = start >= spec.start && end <= spec.end && start < spec.end;
                within && (now < spec.end || now < spec.end + crate::ledger::DEFAULT_GRACE)
            };
            let shares = model.shares(amount.max(0), serves);
            match outcome {
                Ok(applied) => {
                    prop_assert!(amount > 0 && end <= now);
                    let given: Vec<_> = applied.entries.iter().map(|entry| (entry.block_id, entry.amount)).collect();
                    prop_assert_eq!(Some(given), shares);
                    use_up(model, &applied, Slot::Free);
                }
                Err(refusal) => {
                    let expected: &[&str] = match amount {
                        _ if end > now => &["PERFORMED_IN_FUTURE"],
                        0 => &["QUANTITY_ZERO"],
                        ..0 => &["QUANTITY_NEGATIVE"],
                        // A block to come ends later, and so it answers.
                        _ if model.specs.iter().any(serves) => &["HOURS_EXHAUSTED", "WORK_ORDER_NOT_STARTED"],
                        _ => &["FORFEITED", "WORK_ORDER_NOT_STARTED"],
                    };
                    prop_assert!(expected.contains(&code(&refusal)), "{refusal:?}");
                    prop_assert!(shares.is_none() || amount <= 0 || end > now, "{refusal:?}");
                }
            }
        }
        Step::Reserve(amount, ahead) => {
            let expiry = now + hours(ahead);
            let outcome = world.reserve(amount, Some(expiry));
            let serves = |spec: &BlockSpec| now >= spec.start && now < spec.end && expiry <= spec.end;
            let shares = if amount > 0 && ahead > 0 { model.shares(amount, serves) } else { None };
            match (outcome, shares) {
                (Ok(applied), Some(shares)) => {
                    let hold = applied.reservation.unwrap();
                    let parts: Vec<_> = hold.parts.iter().map(|part| (part.block_id, part.amount)).collect();
                    prop_assert_eq!(parts, shares.clone());
                    for (block, share) in shares {
                        model.turn(block, share, Slot::Free, Slot::Held(hold.id));
                    }
                    model.holds.push((hold.id, expiry));
                }
                (Err(_), None) => {}
                (outcome, shares) => prop_assert!(false, "{outcome:?} where the model has {shares:?}"),
            }
        }
        Step::Commit(row, amount, allow_more) => {
            let Some((hold, _)) = pick(&model.holds, row) else { return Ok(()) };
            let (open, held) = (model.open(hold, now), model.held(hold));
            let outcome = world.commit(hold, Some(amount), allow_more);
            match (outcome, open) {
                (Ok(applied), Ok(())) => {
                    prop_assert!(amount > 0 && (amount <= held || allow_more));
                    let used: i64 = applied.entries.iter().filter(|it| it.kind.is_use()).map(|it| it.amount).sum();
                    prop_assert_eq!(used, amount);
                    for entry in &applied.entries {
                        let (from, to) = match entry.kind {
                            EntryKind::Commit => (Slot::Held(hold), Slot::Used(entry.id)),
                            EntryKind::Consume => (Slot::Free, Slot::Used(entry.id)),
                            _ => (Slot::Held(hold), Slot::Free),
                        };
                        model.turn(entry.block_id, entry.amount, from, to);
                        model.uses.extend(entry.kind.is_use().then_some(entry.id));
                    }
                    prop_assert_eq!(model.held(hold), 0);
                    model.ended.insert(hold, "RESERVATION_COMMITTED");
                }
                (Err(refusal), Ok(())) => {
                    let known = ["QUANTITY_ZERO", "RESERVATION_EXCEEDED", "HOURS_EXHAUSTED", "FORFEITED"];
                    prop_assert!(known.contains(&code(&refusal)), "{refusal:?}");
                    let lasting = model.specs.iter().all(|spec| now < spec.end);
                    prop_assert!(amount == 0 || amount > held || !lasting, "{refusal:?}");
                }
                // What makes no sense comes first.
                (Err(refusal), Err(_)) if amount == 0 => prop_assert_eq!(code(&refusal), "QUANTITY_ZERO"),
                (Err(refusal), Err(winner)) => prop_assert_eq!(code(&refusal), winner),
                (Ok(_), Err(winner)) => prop_assert!(false, "committed although {winner}"),
            }
        }
        Step::Release(row) => {
            let Some((hold, _)) = pick(&model.holds, row) else { return Ok(()) };
            let open = model.open(hold, now);
            let outcome = world.release(hold);
            prop_assert_eq!(outcome.as_ref().err().map(code), open.err());
            if outcome.is_ok() {
                free(model, hold, "RESERVATION_RELEASED");
            }
        }
        Step::Expire(row) => {
            let Some((hold, expiry)) = pick(&model.holds, row) else { return Ok(()) };
            let expected = match model.ended.get(&hold) {
                Some(how) => Some(*how),
                None => (expiry > now).then_some("RESERVATION_NOT_DUE"),
            };
            let outcome = world.expire(hold);
            prop_assert_eq!(outcome.as_ref().err().map(code), expected);
            if outcome.is_ok() {
                free(model, hold, "RESERVATION_EXPIRED");
            }
        }
        Step::Extend(row, ahead) => {
            let Some((hold, expiry)) = pick(&model.holds, row) else { return Ok(()) };
            let (open, later) = (model.open(hold, now), now + hours(ahead));
            let outcome = world.extend(hold, later);
            let lasts = model.specs.iter().filter(|spec| model.count(spec.id, |slot| slot == Slot::Held(hold)) > 0);
            let fits = later > now && later > expiry && lasts.into_iter().all(|spec| later <= spec.end);
            prop_assert_eq!(outcome.is_ok(), open.is_ok() && fits);
            if outcome.is_ok() {
                model.holds.iter_mut().filter(|(id, _)| *id == hold).for_each(|(_, expiry)| *expiry = later);
            }
        }
        Step::Reverse(row, amount) => {
            let Some(entry) = pick(&model.uses, row) else { return Ok(()) };
            let of = |slot| slot == Slot::Used(entry);
            let block = model.slots.keys().copied().find(|block| model.count(*block, of) > 0);
            let left = block.map_or(0, |block| model.count(block, of));
            let outcome = world.reverse(entry, Some(amount));
            prop_assert_eq!(outcome.is_ok(), amount > 0 && amount <= left);
            if let (Ok(_), Some(block)) = (outcome, block) {
                model.turn(block, amount, Slot::Used(entry), Slot::Free);
            }
        }
        Step::Adjust(row, amount) => {
            let block = model.specs[row].id;
            let free = model.count(block, |slot| slot == Slot::Free);
            let number = block.as_u128() - block_id(0).as_u128();
            let outcome = world.adjust(number, Adjustment::By(minutes(amount)));
            prop_assert_eq!(outcome.is_ok(), amount != 0 && amount + free >= 0);
            if outcome.is_ok() {
                model.add(block, amount);
            }
        }
        Step::Grant(row, target) => {
            let spec = BlockSpec { granted: target, ..model.specs[row].clone() };
            let change = (target - model.contracted[&spec.id]).max(-model.granted(spec.id));
            let applied = world.run(&Command::Grant { blocks: vec![spec.clone()] }).unwrap();
            let given: Vec<_> = applied.entries.iter().map(|entry| entry.amount).collect();
            prop_assert_eq!(given, if change == 0 { vec![] } else { vec![change] });
            *model.contracted.get_mut(&spec.id).unwrap() += change;
            model.add(spec.id, change);
        }
    }
    model.settle();
    Ok(())
}

fn use_up(model: &mut LedgerModel, applied: &Applied, from: Slot) {
    for entry in &applied.entries {
        model.turn(entry.block_id, entry.amount, from, Slot::Used(entry.id));
        model.uses.push(entry.id);
    }
}

fn free(model: &mut LedgerModel, hold: Uuid, how: &'static str) {
    for slot in model.slots.values_mut().flatten().filter(|slot| **slot == Slot::Held(hold)) {
        *slot = Slot::Free;
    }
    model.ended.insert(hold, how);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_overspent_lost_or_ended_twice(steps in prop::collection::vec(step(), 1..60)) {
        let specs = blocks();
        let (mut world, mut model) = (World::new(&specs), LedgerModel::new(&specs));
        // In burn order already: earliest expiry first.
        prop_assert!(specs.is_sorted_by_key(|spec| spec.end));
        for step in &steps {
            run(&mut world, &mut model, step)?;
            for spec in &specs {
                let kept = &world.book.blocks[&spec.id];
                let used = model.count(spec.id, |slot| matches!(slot, Slot::Used(_)));
                let reserved = model.count(spec.id, |slot| matches!(slot, Slot::Held(_)));
                let free = model.count(spec.id, |slot| slot == Slot::Free);
                prop_assert_eq!((kept.used, kept.reserved, kept.left()), (used, reserved, free));
                prop_assert_eq!(kept.granted, used + reserved + free - model.debt[&spec.id]);
                prop_assert_eq!(kept.contracted, model.contracted[&spec.id]);
            }
        }
        world.check();
        for (hold, _) in &model.holds {
            let of_hold = |it: &&crate::ledger::Entry| it.reservation_id == Some(*hold);
            let ends = world.entries.iter().filter(of_hold).filter(|it| {
                matches!(it.kind, EntryKind::Commit | EntryKind::Release | EntryKind::Expire)
            });
            let ended: i64 = ends.map(|it| it.amount).sum();
            let held = world.book.reservations[hold].amount();
            prop_assert_eq!(ended, if model.ended.contains_key(hold) { held } else { 0 });
        }
    }
}
