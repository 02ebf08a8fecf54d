//! What the flags make of an order.

use super::Edit;
use crate::cli::document::assign::assign;
use crate::cli::document::quantity::{short, sum};
use crate::proto::v1::{Funding, Item, Quantity, Unit, WorkOrder};

impl Edit {
    pub(super) fn applied(&self, order: &WorkOrder) -> Result<WorkOrder, String> {
        let mut order = order.clone();
        for item_id in &self.remove_item {
            let count = order.items.len();
            order.items.retain(|item| item.item_id != *item_id);
            if order.items.len() == count {
                return Err(no_item(&order, item_id));
            }
        }
        if let Some(item_id) = &self.add_item {
            order.items.push(self.further(&order, item_id)?);
        }
        let Some(item_id) = self.item.as_ref().or(self.add_item.as_ref()) else {
            for (name, text) in self.assignments()? {
                order = assign("entitled.v1.WorkOrder", &order, name, text, &order.currency)?;
            }
            change(&mut order.covered_products, &self.add_product, &self.remove_product, "product")?;
            change(&mut order.covered_products_except, &self.add_exception, &self.remove_exception, "exception")?;
            change(&mut order.downstream_location_ids, &self.add_location, &self.remove_location, "location")?;
            return Ok(order);
        };
        // A location of an item serves only what the order designates, too.
        let known = |id: &String| *id == order.host_location_id || order.downstream_location_ids.contains(id);
        let more: Vec<String> = self.add_location.iter().filter(|id| !known(id)).cloned().collect();
        order.downstream_location_ids.extend(more);
        let missing = no_item(&order, item_id);
        let currency = order.currency.clone();
        let item = order.items.iter_mut().find(|item| item.item_id == *item_id).ok_or(missing)?;
        self.apply_to(item, &currency)?;
        Ok(order)
    }

    /// A further item, before the flags say more of it.
    fn further(&self, order: &WorkOrder, item_id: &str) -> Result<Item, String> {
        if order.items.iter().any(|item| item.item_id == item_id) {
            return Err(format!("--add-item: the order has an item `{item_id}`; --item changes it"));
        }
        let item_id = item_id.to_owned();
        match (&self.like, &self.service) {
            (Some(like), _) => {
                let like = order.items.iter().find(|item| item.item_id == *like).ok_or_else(|| no_item(order, like))?;
                let offering = like.predefined_offering.clone().filter(|_| self.quantity.is_none());
                let unit_price = like.unit_price.filter(|_| self.is_priced_as(like));
                let bought = Item { predefined_offering: offering, unit_price, events: Vec::new(), ..like.clone() };
                Ok(Item { item_id, funding: Funding::Purchased.into(), ..bought })
            }
            (None, Some(service_id)) => Ok(Item { item_id, service_id: service_id.clone(), ..Item::default() }),
            (None, None) => Err("--add-item: say by --service what it is of, or by --like what it is as".to_owned()),
        }
    }

    /// What is to be said of a price that is not taken over.
    pub(super) fn unpriced(&self, order: &WorkOrder) -> Option<String> {
        let like = order.items.iter().find(|item| Some(&item.item_id) == self.like.as_ref())?;
        let is_set = self.set.iter().any(|text| text.split('=').next().map(str::trim) == Some("unit_price"));
        let is_left_out = like.unit_price.is_some() && !self.is_priced_as(like) && !is_set;
        let text = |item: &str| {
            format!("the price of {item} is of another unit and is not taken over; --set unit_price= says that of one")
        };
        is_left_out.then(|| text(&like.item_id))
    }

    /// Whether a price is of the same unit here as there.
    fn is_priced_as(&self, like: &Item) -> bool {
        let Some(wanted) = self.quantity else { return true };
        // What is counted in engagements and does not say how many is one; time is priced by the hour.
        let of = |unit: Unit| if unit == Unit::Minutes { Unit::Hours } else { unit };
        of(like.quantity.map_or(Unit::Engagements, |it| it.unit())) == of(wanted.unit())
            && like.predefined_offering.is_none()
    }

    fn apply_to(&self, item: &mut Item, currency: &str) -> Result<(), String> {
        for (name, text) in self.assignments()? {
            *item = assign("entitled.v1.Item", item, name, text, currency)?;
        }
        item.quantity = self.quantity.or(item.quantity);
        if let Some(more) = self.add_quantity {
            item.quantity = Some(added(item.quantity, more)?);
        }
        if self.all_locations {
            (item.all_locations, item.location_ids) = (true, Vec::new());
        }
        change(&mut item.product_ids, &self.add_product, &self.remove_product, "product")?;
        if item.all_locations && !self.add_location.is_empty() {
            return Err("the item is for all locations of the order already: add the location to the order".to_owned());
        }
        change(&mut item.location_ids, &self.add_location, &self.remove_location, "location")
    }

    fn assignments(&self) -> Result<Vec<(&str, &str)>, String> {
        let pairs = self.set.iter().map(|text| {
            text.split_once('=').ok_or_else(|| format!("--set {text}: write the field, `=` and its value"))
        });
        pairs.map(|pair| pair.map(|(name, value)| (name.trim(), value.trim()))).collect()
    }
}

/// What is there already is not added twice; what is not there cannot be taken away.
fn change(ids: &mut Vec<String>, added: &[String], removed: &[String], what: &str) -> Result<(), String> {
    for id in removed {
        let place = ids.iter().position(|other| other == id);
        let all = || if ids.is_empty() { "none at all".to_owned() } else { ids.join(", ") };
        ids.remove(place.ok_or_else(|| format!("there is no {what} `{id}` to take away; there are {}", all()))?);
    }
    for id in added {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    Ok(())
}

/// More of what there is; an item that is counted in engagements and has no quantity is one.
fn added(one: Option<Quantity>, more: Quantity) -> Result<Quantity, String> {
    let implied = i64::from(more.unit() == Unit::Engagements);
    let one = one.unwrap_or(Quantity { amount: implied, ..more });
    let sum = sum(one, more)
        .ok_or_else(|| "--add-quantity: the item is counted in another unit; set its --quantity".to_owned())?;
    if sum.amount <= 0 {
        let has = short(&one).unwrap_or_default();
        return Err(format!(
            "--add-quantity: the item has {has}, so that nothing is left of it; --remove-item takes it away"
        ));
    }
    Ok(sum)
}

fn no_item(order: &WorkOrder, item_id: &str) -> String {
    let ids: Vec<&str> = order.items.iter().map(|item| item.item_id.as_str()).collect();
    format!("the order has no item `{item_id}`; it has {}", ids.join(", "))
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};

    use super::*;
    use crate::cli::values;

    #[test]
    fn what_is_added_may_be_below_nothing_and_something_is_left() {
        let quantity = |text: &str| values::quantity(text).unwrap();
        let added = |one: Option<&str>, more: &str| {
            added(one.map(quantity), values::change(more).unwrap()).map(|it| short(&it).unwrap())
        };
        assert_eq!(added(Some("400h"), "100h"), Ok("500h".to_owned()));
        assert_eq!(added(Some("400h"), "-399h"), Ok("1h".to_owned()));
        assert_eq!(added(Some("2h"), "-90m"), Ok("30m".to_owned()));
        assert_eq!(added(None, "3 events"), Ok("3 events".to_owned()));
        assert_eq!(added(None, "1 engagement"), Ok("2 engagements".to_owned()));
        for (one, more) in [(Some("400h"), "-400h"), (Some("400h"), "-500h"), (None, "-1h")] {
            assert!(added(one, more).unwrap_err().contains("nothing is left"), "{one:?} {more}");
        }
        assert!(added(Some("400h"), "1 event").unwrap_err().contains("another unit"));
    }

    #[test]
    fn a_price_is_taken_over_for_the_same_unit() {
        let order = |quantity: Option<&str>, offering: Option<&str>| {
            let quantity = quantity.map(|text| values::quantity(text).unwrap());
            let predefined_offering = offering.map(str::to_owned);
            let item_id = "ede".to_owned();
            let unit_price = Some(1);
            let item = Item { item_id, quantity, predefined_offering, unit_price, ..Item::default() };
            WorkOrder { currency: "EUR".to_owned(), items: vec![item], ..WorkOrder::default() }
        };
        let like = |order: &WorkOrder, more: &[&str]| {
            let words = [&["amend", "--add-item", "new", "--like", "ede"], more].concat();
            let edit = Edit::from_arg_matches(&Edit::augment_args(clap::Command::new("amend")).get_matches_from(words));
            let edit = edit.unwrap();
            (edit.applied(order).unwrap().items[1].unit_price.is_some(), edit.unpriced(order).is_some())
        };
        let (kept, left_out) = ((true, false), (false, true));
        let of_hours = order(Some("100h"), None);
        assert_eq!(like(&of_hours, &[]), kept);
        assert_eq!(like(&of_hours, &["--quantity", "90m"]), kept);
        assert_eq!(like(&of_hours, &["--quantity", "5d"]), left_out);
        assert_eq!(like(&of_hours, &["--quantity", "5d", "--set", "unit_price=2.00"]), (true, false));
        assert_eq!(like(&order(None, None), &["--quantity", "100h"]), left_out);
        assert_eq!(like(&order(None, None), &["--quantity", "2 engagements"]), kept);
        assert_eq!(like(&order(None, Some("predefined")), &["--quantity", "100h"]), left_out);
        assert_eq!(like(&order(Some("10h"), Some("predefined")), &["--quantity", "100h"]), left_out);
        assert_eq!(like(&order(None, Some("predefined")), &[]), kept);
    }
}
