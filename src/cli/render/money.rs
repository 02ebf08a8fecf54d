//! What an order costs.

pub(crate) use crate::cli::document::money::shown;

use crate::model::{self, cost};
use crate::proto::v1::{Funding, Item, Unit, WorkOrder};

/// What the prices of an order come to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Total {
    /// None: beyond counting.
    minor_units: Option<i64>,
    priced: usize,
    /// Paid with money, without a price.
    without: usize,
}

impl Total {
    pub(crate) fn of(order: &WorkOrder) -> Self {
        let is_money = |item: &&Item| matches!(item.funding(), Funding::Purchased | Funding::Unspecified);
        let (priced, without): (Vec<_>, Vec<_>) =
            order.items.iter().filter(is_money).partition(|item| item.unit_price.is_some());
        let minor_units = priced.iter().try_fold(0_i64, |sum, item| sum.checked_add(of_item(item)?));
        Self { minor_units, priced: priced.len(), without: without.len() }
    }

    /// Nothing where no item has a price.
    pub(crate) fn words(&self, currency: &str) -> String {
        let amount = self.minor_units.map_or_else(|| "beyond counting".to_owned(), |it| shown(it, currency));
        match (self.priced, self.without) {
            (0, _) => String::new(),
            (_, 0) => amount,
            (_, 1) => format!("{amount}, and 1 item without a price"),
            (_, count) => format!("{amount}, and {count} items without a price"),
        }
    }
}

/// The price of all that an item counts, in minor units; of one where it counts nothing.
pub(crate) fn of_item(item: &Item) -> Option<i64> {
    // Minutes alone are not priced by themselves.
    let priced = |unit: Unit| if unit == Unit::Minutes { model::Unit::Minutes } else { model::Unit::Hours };
    cost(item.unit_price?, item.quantity.as_ref().map(|it| (it.amount, priced(it.unit()))))
}

/// What one price is for: an hour, a day; nothing where an item is not counted.
pub(crate) fn priced_unit(item: &Item) -> Option<&'static str> {
    match item.quantity.as_ref()?.unit() {
        Unit::Minutes | Unit::Hours => Some("hour"),
        Unit::Days => Some("day"),
        Unit::Credits => Some("credit"),
        Unit::Events => Some("event"),
        Unit::Attendees => Some("attendee"),
        Unit::Visits => Some("visit"),
        Unit::Engagements => Some("engagement"),
        Unit::Unspecified => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::Quantity;

    fn item(price: Option<i64>, amount: i64, unit: Unit) -> Item {
        let quantity = Some(Quantity { amount, unit: unit.into() });
        Item { unit_price: price, quantity, ..Item::default() }
    }

    #[test]
    fn a_total_counts_what_was_bought_and_tells_what_it_lacks() {
        let paid = Item { funding: Funding::Credits.into(), ..item(Some(1_000), 5, Unit::Days) };
        let items = vec![item(Some(1_000), 3, Unit::Days), item(None, 1, Unit::Days), paid];
        let order = WorkOrder { items, ..WorkOrder::default() };
        assert_eq!(Total::of(&order).words("EUR"), "30.00 EUR, and 1 item without a price");
        assert_eq!(Total::of(&WorkOrder::default()).words("EUR"), "");
    }
}
