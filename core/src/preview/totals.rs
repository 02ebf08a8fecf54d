//! What the orders cost in money: a unit price is the price of one unit of the item's quantity, of an hour where time is
//! counted.

use super::change::Change;
use super::rows::Rows;
use crate::model::{Item, WorkOrder, cost};

/// The price of one order, without and with the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalChange {
    pub work_order_id: String,
    /// None: there was no such order.
    pub old: Option<Total>,
    pub new: Total,
}

/// What an order costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    pub currency: String,
    /// In minor units; none if no item has a price, or the sum is beyond counting.
    pub amount: Option<i64>,
    /// How many items that are paid with money have no price.
    pub unpriced: usize,
}

/// Of every order that is added or changed.
pub fn totals(change: &Change<'_>) -> Rows<TotalChange> {
    Rows::of(change.orders().map(|(old, new)| TotalChange {
        work_order_id: new.work_order_id.clone(),
        old: old.map(total),
        new: total(new),
    }))
}

fn total(order: &WorkOrder) -> Total {
    let bought = || order.items.iter().filter(|item| item.funding.is_money());
    let prices = || bought().filter_map(|item| Some((item, item.unit_price?)));
    let sum = || prices().try_fold(0_i64, |sum, (item, price)| sum.checked_add(price_of(item, price)?));
    let priced = prices().count();
    Total {
        currency: order.currency.clone(),
        amount: if priced == 0 { None } else { sum() },
        unpriced: bought().count().saturating_sub(priced),
    }
}

fn price_of(item: &Item, price: i64) -> Option<i64> {
    cost(price, item.quantity.map(|it| (it.amount, it.unit)))
}
