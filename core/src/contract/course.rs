//! How an order stands over time: in which state it is but for its end, and when it ends. A document tells both at once. As
//! soon as an order that serves is known to end it is `TERMINATED`, and serves until then; one that is held, or a draft,
//! tells of its end only once that has come.

use chrono::{DateTime, Utc};

use super::merge::{Conflict, Winner};
use super::row::Row;
use crate::model::{WorkOrder, WorkOrderState};

/// What a change makes of the end of an order.
#[derive(Debug, Clone, Copy)]
pub(super) enum NewEnd {
    Kept,
    /// Up to where it is planned to change anyway.
    Set(Option<DateTime<Utc>>),
    /// Whatever was planned.
    Replaced(DateTime<Utc>),
}

impl NewEnd {
    pub(super) fn of(stored: Option<&WorkOrder>, order: &WorkOrder) -> Self {
        use WorkOrderState::{Suspended, Terminated};
        match (stored.map(|stored| stored.state), order.state) {
            (_, Terminated) => Self::Set(order.terminate_time),
            // What is held has no room to tell of its end.
            (Some(Terminated), state) if state != Suspended => Self::Set(None),
            _ => Self::Kept,
        }
    }
}

/// Takes the ends out of the documents: what is left is the state an order has but for its end.
pub(super) fn parted(rows: &mut [Row<WorkOrder>]) -> Ends {
    let mut ends = Vec::new();
    let mut end = None;
    for order in rows.iter().rev().map(|row| row.old.as_ref()) {
        match order.map(|order| (order.state, order.terminate_time)) {
            Some((WorkOrderState::Terminated, time)) => end = time,
            Some((WorkOrderState::Active, _)) => end = None,
            _ => {}
        }
        ends.push(end);
    }
    ends.reverse();
    let mut state = WorkOrderState::Active;
    for row in rows {
        let Some(order) = &row.old else { continue };
        if order.terminate_time > row.from {
            state = WorkOrderState::Active;
        }
        let held = held(order, state);
        state = held.state;
        row.new = Some(held);
    }
    ends
}

/// The order but for its end, if its document tells of one.
pub(super) fn held(order: &WorkOrder, state: WorkOrderState) -> WorkOrder {
    match (order.state, order.terminate_time) {
        (WorkOrderState::Terminated, Some(_)) => WorkOrder { state, terminate_time: None, ..order.clone() },
        _ => order.clone(),
    }
}

/// When an order ends, as known in each row; none: not early.
pub(super) type Ends = Vec<Option<DateTime<Utc>>>;

/// When the order ends, as known in each row; and where the plan's end wins.
pub(super) fn changed(old: &[Option<DateTime<Utc>>], new: NewEnd) -> (Ends, Vec<(usize, Conflict)>) {
    let end = match new {
        NewEnd::Kept => return (old.to_vec(), Vec::new()),
        NewEnd::Replaced(end) => return (vec![Some(end); old.len()], Vec::new()),
        NewEnd::Set(end) => end,
    };
    let first = old.first().copied().flatten();
    let count = old.iter().take_while(|end| **end == first).count();
    let ends = old.iter().enumerate().map(|(row, planned)| if row < count { end } else { *planned });
    let overruled = old.get(count).filter(|planned| end != first && **planned != end);
    let conflict = Conflict { field: "terminate_time".to_owned(), winner: Winner::Plan };
    (ends.collect(), overruled.map(|_| (count, conflict)).into_iter().collect())
}

/// Puts the ends back into the documents.
pub(super) fn joined(rows: Vec<Row<WorkOrder>>, ends: &[Option<DateTime<Utc>>]) -> Vec<Row<WorkOrder>> {
    let mut joined: Vec<Row<WorkOrder>> = Vec::new();
    let nexts: Vec<_> = rows.iter().skip(1).map(|row| Some(row.from)).chain([None]).collect();
    for ((row, end), next) in rows.into_iter().zip(ends).zip(nexts) {
        let (Some(order), Some(end)) = (&row.new, *end) else {
            joined.push(row);
            continue;
        };
        let ended = WorkOrder { state: WorkOrderState::Terminated, terminate_time: Some(end), ..order.clone() };
        let is_within = Some(end) > row.from && next.is_none_or(|next| Some(end) < next);
        if order.state == WorkOrderState::Active || row.from >= Some(end) {
            joined.push(Row { new: Some(ended), ..row });
        } else if is_within {
            let at_end = Row { from: Some(end), old: row.old.clone(), new: Some(ended) };
            joined.extend([row, at_end]);
        } else {
            joined.push(row);
        }
    }
    joined
}
