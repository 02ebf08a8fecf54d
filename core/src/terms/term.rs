//! When an item lives, and how that comes to an end.

use chrono::{DateTime, Utc};

use super::span::Span;

/// Why a term is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Expired,
    Terminated,
}

/// The order's dates or the item's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    WorkOrder,
    Item,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WorkOrder => "work_order",
            Self::Item => "item",
        }
    }
}

/// When an item lives: the order's term, narrowed by its own dates, cut by termination.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    pub order_start: DateTime<Utc>,
    pub item_start: DateTime<Utc>,
    pub end: DateTime<Utc>,
    pub end_cause: End,
    /// Whose end it is.
    pub end_scope: Scope,
    /// That of the order, however early the item ends.
    pub order_end: DateTime<Utc>,
}

/// Where an instant stands to a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TermState {
    NotStarted(Scope),
    Within,
    Ended,
}

impl Term {
    /// The earlier end names the cause; at the same instant the order's expiry does.
    pub fn new(order: Span, item: Span, terminate_time: Option<DateTime<Utc>>) -> Self {
        let (order_end, order_cause) = match terminate_time {
            Some(instant) if instant < order.end => (instant, End::Terminated),
            _ => (order.end, End::Expired),
        };
        let (end, end_cause, end_scope) = if item.end < order_end {
            (item.end, End::Expired, Scope::Item)
        } else {
            (order_end, order_cause, Scope::WorkOrder)
        };
        Self { order_start: order.start, item_start: item.start, end, end_cause, end_scope, order_end }
    }

    pub fn start(&self) -> DateTime<Utc> {
        self.order_start.max(self.item_start)
    }

    pub fn span(&self) -> Span {
        Span { start: self.start(), end: self.end }
    }

    pub fn at(&self, instant: DateTime<Utc>) -> TermState {
        if instant >= self.end {
            TermState::Ended
        } else if instant < self.order_start {
            TermState::NotStarted(Scope::WorkOrder)
        } else if instant < self.item_start {
            TermState::NotStarted(Scope::Item)
        } else {
            TermState::Within
        }
    }
}
