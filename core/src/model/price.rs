//! What an item costs.

use super::quantity::{MINUTES_PER_HOUR, Unit};
use super::work_order::Funding;

/// The price of all that is counted, in minor units; of one where nothing is. Hours are priced by the hour, and a part
/// of a minor unit counts as a whole one from its half. None: beyond counting.
pub fn cost(unit_price: i64, quantity: Option<(i64, Unit)>) -> Option<i64> {
    let (amount, parts) = match quantity {
        Some((amount, Unit::Minutes)) => (amount, MINUTES_PER_HOUR),
        Some((amount, _)) => (amount, 1),
        None => (1, 1),
    };
    let (price, amount, parts) = (i128::from(unit_price), i128::from(amount), i128::from(parts));
    let doubled = price.checked_mul(amount)?.checked_mul(2)?.checked_add(parts)?;
    i64::try_from(doubled.checked_div_euclid(parts.checked_mul(2)?)?).ok()
}

impl Funding {
    /// Whether it is money that is paid. What an allowance or credits pay for is in no sum of money.
    pub fn is_money(self) -> bool {
        self == Self::Purchased
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_costs_its_quantity_at_its_price() {
        assert_eq!(cost(24_500, Some((400, Unit::Hours))), Some(9_800_000));
        // An hour and a half, and a third of a cent, and half of one.
        assert_eq!(cost(24_500, Some((90, Unit::Minutes))), Some(36_750));
        assert_eq!(cost(1, Some((20, Unit::Minutes))), Some(0));
        assert_eq!(cost(1, Some((30, Unit::Minutes))), Some(1));
        assert_eq!(cost(8_000, Some((5, Unit::Days))), Some(40_000));
        assert_eq!(cost(i64::MAX, Some((2, Unit::Hours))), None);
        assert_eq!(cost(7, None), Some(7));
    }
}
