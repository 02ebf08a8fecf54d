//! Fields, items and totals.

use super::*;
use crate::model::{Quantity, Unit};
use crate::preview::{field_changes, item_changes, totals};

fn fields(command: &ContractCommand) -> Vec<String> {
    effect(command, |change| {
        let told = field_changes(change);
        assert_eq!(told.omitted, 0);
        let tell = |row: &crate::preview::DocumentDifference| {
            format!("{}: {}", row.work_order_id.as_deref().unwrap_or("customer"), row.difference.field)
        };
        told.rows.iter().map(tell).collect()
    })
}

#[test]
fn fields_of_what_is_stored_are_told_by_their_documents() {
    let amended = amended(
        |order| {
            order.items[0].quantity = Some(Quantity { amount: 8, unit: Unit::Hours });
            order.items.pop();
        },
        None,
    );
    assert_eq!(fields(&amended), ["wo-hours: items[development]", "wo-hours: items[hours].quantity.amount"]);
    let mut customer = stored().last().customer.clone();
    customer.locations[1].display_name = "Leeds West".to_owned();
    let update = ContractCommand::UpdateCustomer { customer, etag: String::new(), effective_time: None };
    assert_eq!(fields(&update), ["customer: locations[gb-leeds].display_name"]);
    let added = ContractCommand::CreateWorkOrder { work_order: order("wo-new", &json!([])) };
    assert_eq!(fields(&added), [""; 0], "what is added as a whole has none");
    assert_eq!(fields(&amend(add_on(), None)), [""; 0], "nothing changes");
}

#[test]
fn more_than_256_fields_are_counted() {
    for (count, omitted) in [(256, 0), (257, 1)] {
        let amended = amended(
            |order| {
                let item = order.items[1].clone();
                order.items.extend((0..count).map(|row| {
                    let mut item = item.clone();
                    item.item_id = format!("i-{row}");
                    item
                }));
            },
            None,
        );
        let told = effect(&amended, field_changes);
        assert_eq!((told.rows.len(), told.omitted), (256, omitted));
    }
}

#[test]
fn items_are_added_changed_and_removed() {
    let items = |command: &ContractCommand| {
        effect(command, |change| {
            let told = item_changes(change).rows;
            told.iter()
                .map(|item| format!("{}/{} {:?}", item.work_order_id, item.item_id, item.kind))
                .collect::<Vec<_>>()
        })
    };
    let amended = amended(
        |order| {
            let mut added = order.items.pop().unwrap();
            added.item_id = "added".to_owned();
            order.items[0].unit_price = None;
            order.items.push(added);
        },
        None,
    );
    assert_eq!(items(&amended), ["wo-hours/added Added", "wo-hours/development Removed", "wo-hours/hours Changed"]);
    let mut new = add_on();
    new.work_order_id = "wo-new".to_owned();
    let added = ContractCommand::CreateWorkOrder { work_order: new };
    assert_eq!(items(&added), ["wo-new/development Added", "wo-new/hours Added"]);
    let suspend = ContractCommand::SuspendWorkOrder { change: of_order("wo-hours", None), reason: String::new() };
    assert_eq!(items(&suspend), [""; 0], "the order changes, its items do not");
}

#[test]
fn a_total_is_unit_price_times_quantity() {
    let total = |command: &ContractCommand| {
        effect(command, |change| {
            let told = totals(change).rows;
            assert!(told.len() <= 1, "{told:?}");
            told.first().map(|total| {
                let old = total.old.as_ref().map(|old| (old.currency.clone(), old.amount, old.unpriced));
                (old, (total.new.currency.clone(), total.new.amount, total.new.unpriced))
            })
        })
    };
    let gbp = |amount, unpriced| ("GBP".to_owned(), amount, unpriced);
    let priced = |change: fn(&mut WorkOrder)| total(&amended(change, None)).unwrap();
    assert_eq!(
        priced(|order| order.items[0].quantity = Some(Quantity { amount: 12, unit: Unit::Hours })),
        (Some(gbp(Some(310_000), 1)), gbp(Some(372_000), 1))
    );
    // An hour has its price, however its time is written; what is not paid with money is in no sum of money.
    let long = |order: &mut WorkOrder| order.items[0].quantity = Some(Quantity { amount: 90, unit: Unit::Minutes });
    assert_eq!(priced(long).1, gbp(Some(46_500), 1));
    assert_eq!(priced(|order| order.items[0].funding = crate::model::Funding::FlexAllowance).1, gbp(None, 1));
    assert_eq!(priced(|order| order.items[1].unit_price = Some(0)).1, gbp(Some(310_000), 0));
    assert_eq!(priced(|order| order.items[0].unit_price = None).1, gbp(None, 2));
    assert_eq!(priced(|order| order.items[0].quantity = None).1, gbp(Some(31_000), 1), "one");
    assert_eq!(priced(|order| order.items[0].unit_price = Some(i64::MAX / 10)).1, gbp(Some(i64::MAX / 10 * 10), 1));
    assert_eq!(priced(|order| order.items[0].unit_price = Some(i64::MAX / 10 + 1)).1, gbp(None, 1), "beyond counting");
    let mut new = base();
    new.work_order_id = "wo-new".to_owned();
    assert_eq!(total(&ContractCommand::CreateWorkOrder { work_order: new }), Some((None, gbp(None, 1))));
    assert_eq!(total(&amend(add_on(), None)), None, "an order that does not change has none");
}
