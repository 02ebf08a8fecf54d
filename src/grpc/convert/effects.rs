//! Writes to the wire what a change would do, within the bytes of an answer.

use prost::Message;

use super::enums::{
    write_block_change_kind, write_dependent_effect, write_item_change_kind, write_outcome, write_unit,
};
use super::timestamp;
use super::version::write_field_change;
use crate::preview::{
    AffectedReservation, Answer, BlockChange, DecisionChange, Dependent, DocumentDifference, Effects, ItemChange, Rows,
    Total, TotalChange,
};
use crate::proto::v1;
use crate::service::MOST_BYTES;

/// What a row takes besides its own bytes.
const FRAMING: usize = 8;

/// `beside`: the bytes that the rest of the answer takes. What there is most of is written last, and cut first.
pub(crate) fn write_effects(effects: &Effects, beside: usize) -> v1::ContractEffects {
    let Effects {
        effective_time,
        field_changes,
        items,
        blocks,
        reservations,
        dependents,
        decisions,
        totals,
        questions,
        products,
    } = effects;
    let products = products.clone();
    let product_bytes = products.rows.iter().map(|id| id.len().saturating_add(FRAMING)).sum();
    let mut room = Room { left: MOST_BYTES.saturating_sub(beside).saturating_sub(product_bytes) };
    let (totals, omitted_totals) = room.take(totals, write_total);
    let (dependent_work_orders, omitted_dependent_work_orders) = room.take(dependents, write_dependent);
    let (reservations, omitted_reservations) = room.take(reservations, write_reservation);
    let (blocks, omitted_blocks) = room.take(blocks, write_block);
    let (items, omitted_items) = room.take(items, write_item);
    let (field_changes, omitted_field_changes) = room.take(field_changes, write_field);
    let (decisions, omitted_decisions) = room.take(decisions, write_decision);
    v1::ContractEffects {
        field_changes,
        omitted_field_changes,
        items,
        omitted_items,
        blocks,
        omitted_blocks,
        reservations,
        omitted_reservations,
        dependent_work_orders,
        omitted_dependent_work_orders,
        decisions,
        omitted_decisions,
        totals,
        omitted_totals,
        effective_time: effective_time.map(timestamp),
        product_ids: products.rows,
        omitted_product_ids: count(products.omitted),
        judged_questions: count(questions.asked),
        omitted_questions: count(questions.omitted),
    }
}

/// What is left of the bytes of an answer.
struct Room {
    left: usize,
}

impl Room {
    /// The rows there is room for, and how many there are besides.
    fn take<T, M: Message>(&mut self, rows: &Rows<T>, write: impl Fn(&T) -> M) -> (Vec<M>, i32) {
        let mut taken = Vec::new();
        for row in rows.rows.iter().map(write) {
            let Some(left) = self.left.checked_sub(row.encoded_len().saturating_add(FRAMING)) else { break };
            self.left = left;
            taken.push(row);
        }
        let cut = rows.rows.len().saturating_sub(taken.len());
        (taken, count(cut.saturating_add(rows.omitted)))
    }
}

fn count(rows: usize) -> i32 {
    i32::try_from(rows).unwrap_or(i32::MAX)
}

fn write_field(row: &DocumentDifference) -> v1::DocumentFieldChange {
    let DocumentDifference { work_order_id, difference } = row;
    v1::DocumentFieldChange {
        work_order_id: work_order_id.clone().unwrap_or_default(),
        change: Some(write_field_change(difference)),
    }
}

fn write_item(item: &ItemChange) -> v1::ItemChange {
    let ItemChange { work_order_id, item_id, service_id, kind } = item;
    v1::ItemChange {
        work_order_id: work_order_id.clone(),
        item_id: item_id.clone(),
        service_id: service_id.clone(),
        kind: write_item_change_kind(*kind).into(),
    }
}

fn write_block(change: &BlockChange) -> v1::BlockChange {
    let BlockChange { kind, old, new } = change;
    v1::BlockChange {
        block_id: new.id.to_string(),
        work_order_id: new.work_order_id.clone(),
        item_id: new.item_id.clone(),
        service_id: new.service_id.clone(),
        unit: write_unit(new.unit).into(),
        kind: write_block_change_kind(*kind).into(),
        old_granted: old.as_ref().map_or(0, |old| old.granted),
        new_granted: new.granted,
        used: new.used,
        reserved: new.reserved,
        old_expire_time: old.as_ref().map(|old| timestamp(old.end)),
        new_expire_time: Some(timestamp(new.end)),
        forfeited: change.forfeited(),
        excess: change.excess(),
    }
}

fn write_reservation(reservation: &AffectedReservation) -> v1::AffectedReservation {
    let AffectedReservation { reservation_id, block_ids, amount, unit, expire_time, block_end } = reservation;
    v1::AffectedReservation {
        reservation_id: reservation_id.to_string(),
        block_ids: block_ids.iter().map(ToString::to_string).collect(),
        amount: *amount,
        unit: write_unit(*unit).into(),
        expire_time: Some(timestamp(*expire_time)),
        block_end_time: Some(timestamp(*block_end)),
    }
}

fn write_dependent(dependent: &Dependent) -> v1::DependentWorkOrder {
    let Dependent { work_order_id, effect, location_ids, old_end, new_end } = dependent;
    v1::DependentWorkOrder {
        work_order_id: work_order_id.clone(),
        effect: write_dependent_effect(*effect).into(),
        location_ids: location_ids.iter().cloned().collect(),
        old_end_time: old_end.map(timestamp),
        new_end_time: new_end.map(timestamp),
    }
}

fn write_decision(change: &DecisionChange) -> v1::DecisionChange {
    let DecisionChange { location_id, service_id, product_id, change_time, old, new } = change;
    let outcome = |answer: &Option<Answer>| answer.as_ref().map(|answer| write_outcome(answer.outcome).into());
    let code = |answer: &Option<Answer>| answer.as_ref().map(|answer| answer.reason_code.clone()).unwrap_or_default();
    v1::DecisionChange {
        location_id: location_id.clone(),
        service_id: service_id.clone(),
        product_id: product_id.clone(),
        change_time: Some(timestamp(*change_time)),
        old_decision: outcome(old),
        new_decision: outcome(new),
        old_reason_code: code(old),
        new_reason_code: code(new),
    }
}

fn write_total(change: &TotalChange) -> v1::TotalChange {
    let TotalChange { work_order_id, old, new: Total { currency, amount, unpriced } } = change;
    v1::TotalChange {
        work_order_id: work_order_id.clone(),
        old_currency: old.as_ref().map(|old| old.currency.clone()).unwrap_or_default(),
        old_total: old.as_ref().and_then(|old| old.amount),
        new_currency: currency.clone(),
        new_total: *amount,
        unpriced_items: count(*unpriced),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(row: usize) -> DecisionChange {
        DecisionChange {
            location_id: "l".repeat(64),
            service_id: format!("{row}-{}", "s".repeat(50)),
            product_id: String::new(),
            change_time: chrono::DateTime::UNIX_EPOCH,
            old: None,
            new: None,
        }
    }

    #[test]
    fn what_has_no_room_is_left_out_and_counted_decisions_first() {
        let mut effects = Effects::default();
        (0..1_002).for_each(|row| effects.decisions.add(decision(row)));
        let item = ItemChange {
            work_order_id: "wo".to_owned(),
            item_id: "item".to_owned(),
            service_id: "service".to_owned(),
            kind: crate::preview::ItemChangeKind::Added,
        };
        (0..10).for_each(|_| effects.items.add(item.clone()));
        for beside in [0, MOST_BYTES - 2_000, MOST_BYTES] {
            let told = write_effects(&effects, beside);
            assert!(told.encoded_len() <= MOST_BYTES - beside + 64, "{} bytes", told.encoded_len());
            let count = |rows: usize, omitted: i32| rows + usize::try_from(omitted).unwrap();
            assert_eq!(count(told.items.len(), told.omitted_items), 10);
            assert_eq!(count(told.decisions.len(), told.omitted_decisions), 1_002);
        }
        let told = write_effects(&effects, MOST_BYTES - 2_000);
        assert_eq!((told.items.len(), told.omitted_items), (10, 0));
        assert!(told.omitted_decisions > 900 && !told.decisions.is_empty(), "{}", told.omitted_decisions);
        assert_eq!(write_effects(&effects, 0).omitted_decisions, 2);
        assert_eq!(write_effects(&effects, MOST_BYTES).omitted_items, 10);
    }
}
