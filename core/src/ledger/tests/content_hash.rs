//! R04: the content hash tells requests apart by what they ask for, and by nothing else.

use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::fixture::{block_id, day, performed};
use crate::ledger::{Adjustment, Command, Take, Target};
use crate::model::{DeliveryMode, Quantity, Unit};

const SOLUTIONS: [&str; 5] = ["depot", "home", "office", "shop", "yard"];

fn maybe<T: Clone + std::fmt::Debug + 'static>(value: T) -> impl Strategy<Value = Option<T>> {
    prop::option::of(Just(value))
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let unit = prop::sample::select(vec![Unit::Minutes, Unit::Hours, Unit::Days, Unit::Credits, Unit::Visits]);
    (-1..2_000_i64, unit).prop_map(|(amount, unit)| Quantity { amount, unit })
}

fn target() -> impl Strategy<Value = Target> {
    let [location, product, service] = ["gb-london", "azure", "engineering"].map(|id| maybe(id.to_owned()));
    (maybe(block_id(1)), location, product, service, maybe(DeliveryMode::Remote)).prop_map(
        |(block_id, location_id, product_id, service_id, mode)| Target {
            block_id,
            location_id,
            product_id,
            service_id,
            mode,
        },
    )
}

fn take() -> impl Strategy<Value = Take> {
    let solutions = prop::sample::subsequence(SOLUTIONS.map(str::to_owned).to_vec(), 0..=5);
    (target(), quantity(), maybe((day(1), day(2))), solutions, "[a-z]{0,3}").prop_map(
        |(target, quantity, window, solution_ids, note)| {
            let performed = window.and_then(|(start, end)| performed(start, end));
            Take { target, quantity, performed, solution_ids, note }
        },
    )
}

fn command() -> impl Strategy<Value = Command> {
    let (block, note, id) = (|| maybe(block_id(1)), || "[a-z]{0,3}", Uuid::from_u128(7));
    prop_oneof![
        take().prop_map(Command::Consume),
        (take(), maybe(day(20))).prop_map(|(take, expire_time)| Command::Reserve { take, expire_time }),
        block().prop_map(move |block_id| Command::Extend { reservation_id: id, block_id, expire_time: day(20) }),
        (block(), prop::option::of(quantity()), any::<bool>(), maybe((day(1), day(2))), note()).prop_map(
            move |(block_id, quantity, allow_more, window, note)| {
                let performed = window.and_then(|(start, end)| performed(start, end));
                Command::Commit { reservation_id: id, block_id, quantity, allow_more, performed, note }
            }
        ),
        (block(), note()).prop_map(move |(block_id, note)| Command::Release { reservation_id: id, block_id, note }),
        (prop::option::of(quantity()), note()).prop_map(move |(quantity, note)| Command::Reverse {
            entry_id: id,
            quantity,
            note
        }),
        (quantity(), any::<bool>(), note()).prop_map(move |(quantity, is_delta, reason)| {
            let change = if is_delta { Adjustment::By(quantity) } else { Adjustment::To(quantity) };
            Command::Adjust { block_id: id, change, reason }
        }),
    ]
}

/// The same amount in a smaller unit, if it is one of time.
fn respelled(Quantity { amount, unit }: Quantity) -> Quantity {
    match unit {
        Unit::Days => Quantity { amount: amount * 8, unit: Unit::Hours },
        Unit::Hours => Quantity { amount: amount * 60, unit: Unit::Minutes },
        _ => Quantity { amount, unit },
    }
}

/// The same command in other words; solutions come in this order, and some twice.
fn reworded(command: &Command, order: &[usize]) -> Command {
    let mut command = command.clone();
    match &mut command {
        Command::Consume(take) | Command::Reserve { take, .. } => {
            let said = |row: &usize| take.solution_ids.get(row % take.solution_ids.len().max(1)).cloned();
            take.solution_ids = order.iter().filter_map(said).collect();
            take.quantity = respelled(take.quantity);
        }
        Command::Commit { quantity, .. } | Command::Reverse { quantity, .. } => *quantity = quantity.map(respelled),
        Command::Adjust { change: Adjustment::By(quantity) | Adjustment::To(quantity), .. } => {
            *quantity = respelled(*quantity);
        }
        _ => {}
    }
    command
}

/// Where a value has something that can be said otherwise.
fn leaves(value: &Value, path: &str) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, part)| leaves(part, &format!("{path}/{name}"))).collect()
        }
        _ => vec![path.to_owned()],
    }
}

/// Something else in its place. What is of the wrong type there makes no command.
fn otherwise(leaf: &Value) -> Vec<Value> {
    match leaf {
        Value::Number(amount) => vec![json!(amount.as_i64().unwrap() + 1)],
        Value::Bool(is_so) => vec![json!(!is_so)],
        Value::Array(all) => vec![json!([all.as_slice(), &[json!("zoo")]].concat())],
        _ => vec![
            Value::Null,
            json!("other"),
            json!("ON_SITE"),
            json!("ENGAGEMENTS"),
            json!(Uuid::nil()),
            json!(day(3)),
            json!({ "start": day(3), "end": day(4) }),
            json!({ "amount": 77, "unit": "MINUTES" }),
        ],
    }
}

/// Every command that says one thing otherwise.
fn altered(command: &Command) -> Vec<Command> {
    let whole = serde_json::to_value(command).unwrap();
    let replaced = |path: String| {
        let whole = whole.clone();
        otherwise(whole.pointer(&path).unwrap()).into_iter().filter_map(move |leaf| {
            let mut other = whole.clone();
            *other.pointer_mut(&path).unwrap() = leaf;
            serde_json::from_value(other).ok()
        })
    };
    leaves(&whole, "").into_iter().flat_map(replaced).filter(|other| other != command).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_same_in_other_words_has_the_same_hash(
        command in command(),
        order in Just((0..5).chain(0..5).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        prop_assert_eq!(reworded(&command, &order).content_hash(), command.content_hash());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_other_field_makes_another_hash(command in command()) {
        let others = altered(&command);
        prop_assert!(others.len() > 1);
        for other in others {
            prop_assert_ne!(other.content_hash(), command.content_hash(), "{:?}", other);
        }
    }
}
