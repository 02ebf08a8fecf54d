//! What an order costs.

pub(crate) use crate::cli::document::money::shown;

use crate::proto::v1::{Funding, Item, Unit, WorkOrder};

const MINUTES_PER_HOUR: i128 = 60;

/// What the prices of an order come to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Total {
    minor_units: i64,
    priced: usize,
    /// Bought outright, without a price.
    without: usize,
}

impl Total {
    pub(crate) fn of(order: &WorkOrder) -> Self {
        let mut total = Self::default();
        for item in
            order.items.iter().filter(|item| matches!(item.funding(), Funding::Purchased | Funding::Unspecified))
        {
            match of_item(item) {
                Some(price) => {
                    total.minor_units = total.minor_units.saturating_add(price);
                    total.priced = total.priced.saturating_add(1);
                }
                None => total.without = total.without.saturating_add(1),
            }
        }
        total
    }

    /// Nothing where no item has a price.
    pub(crate) fn words(&self, currency: &str) -> String {
        let amount = shown(self.minor_units, currency);
        match (self.priced, self.without) {
            (0, _) => String::new(),
            (_, 0) => amount,
            (_, 1) => format!("{amount}, and 1 item without a price"),
            (_, count) => format!("{amount}, and {count} items without a price"),
        }
    }
}

/// The price of all that an item counts, in minor units; of one where it counts nothing. Hours are priced by the hour,
/// and a part of a minor unit counts as a whole one from its half.
pub(crate) fn of_item(item: &Item) -> Option<i64> {
    let price = i128::from(item.unit_price?);
    let (amount, parts) = match &item.quantity {
        Some(quantity) if quantity.unit() == Unit::Minutes => (i128::from(quantity.amount), MINUTES_PER_HOUR),
        Some(quantity) => (i128::from(quantity.amount), 1),
        None => (1, 1),
    };
    let doubled = price.checked_mul(amount)?.checked_mul(2)?.checked_add(parts)?;
    i64::try_from(doubled.checked_div_euclid(parts.checked_mul(2)?)?).ok()
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
    fn an_item_costs_its_quantity_at_its_price() {
        assert_eq!(of_item(&item(Some(24_500), 400, Unit::Hours)), Some(9_800_000));
        // An hour and a half, and a third of a cent, and half of one.
        assert_eq!(of_item(&item(Some(24_500), 90, Unit::Minutes)), Some(36_750));
        assert_eq!(of_item(&item(Some(1), 20, Unit::Minutes)), Some(0));
        assert_eq!(of_item(&item(Some(1), 30, Unit::Minutes)), Some(1));
        assert_eq!(of_item(&item(Some(i64::MAX), 2, Unit::Hours)), None);
        assert_eq!(of_item(&item(None, 2, Unit::Hours)), None);
        assert_eq!(of_item(&Item { unit_price: Some(7), ..Item::default() }), Some(7));
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
