use clap::Args;

use super::change::{Before, ChangeArgs, tell_change};
use crate::cli::document::assign::assign;
use crate::cli::document::quantity::short;
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::{AmendWorkOrderRequest, Item, Quantity, Unit, WorkOrder};

/// Change an order from an instant on; what was true before stays true.
///
/// The order is read, changed as the flags say, and sent back as a whole, if nobody changed it meanwhile.
/// With --item the flags change that item, otherwise the order itself. Values are written as in a
/// document: `--set end_date=2027-02-28`, `--set unit_price=310.00`; an empty one takes the field away.
/// A planned end stays; `--set state=ACTIVE --set terminate_time=` withdraws it.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled orders amend hm-2026 --customer halden-mills --set end_date=2028-12-31 --plan
  entitled orders amend hm-2026 --customer halden-mills --add-product power-bi --effective 2026-07-01
  entitled orders amend hm-2026 --customer halden-mills --item ede-utrecht --quantity 500h
  entitled orders amend hm-2026 --customer halden-mills --item ede-utrecht --add-location nl-tilburg"
)]
pub(super) struct Amend {
    /// The work order.
    #[arg(value_name = "WORK_ORDER", id = "work-order")]
    work_order: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    #[command(flatten)]
    edit: Edit,
    /// Why a block may be left with less than was used and reserved of it.
    #[arg(long, value_name = "TEXT")]
    force: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What is changed.
#[derive(Debug, Args)]
#[command(next_help_heading = "What changes")]
#[group(id = "edit", required = true, multiple = true, args = ["set", "quantity", "add_quantity", "add_product",
    "remove_product", "add_exception", "remove_exception", "add_location", "remove_location", "remove_item"])]
struct Edit {
    /// Change this item of the order.
    #[arg(long, value_name = "ID")]
    item: Option<String>,
    /// Set a field; may be given again.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// The item's quantity: `500h`, `10 credits`.
    #[arg(long, value_name = "QUANTITY", value_parser = values::quantity, allow_hyphen_values = true,
        requires = "item")]
    quantity: Option<Quantity>,
    /// So much more than the item has, or with a minus so much less: `100h`, `-20h`.
    #[arg(long, value_name = "QUANTITY", value_parser = values::change, allow_hyphen_values = true, requires = "item",
        conflicts_with = "quantity")]
    add_quantity: Option<Quantity>,
    /// A product pattern that the order or the item is for, too; may be given again.
    #[arg(long, value_name = "PATTERN")]
    add_product: Vec<String>,
    /// A product pattern to take away.
    #[arg(long, value_name = "PATTERN")]
    remove_product: Vec<String>,
    /// A product pattern that the order excepts from what it covers, too; may be given again.
    #[arg(long, value_name = "PATTERN", conflicts_with = "item")]
    add_exception: Vec<String>,
    /// A product pattern to except no longer.
    #[arg(long, value_name = "PATTERN", conflicts_with = "item")]
    remove_exception: Vec<String>,
    /// A location that the order or the item serves, too; may be given again. One of an item is one of its order then.
    #[arg(long, value_name = "ID")]
    add_location: Vec<String>,
    /// A location to take away.
    #[arg(long, value_name = "ID")]
    remove_location: Vec<String>,
    /// An item to take away; may be given again.
    #[arg(long, value_name = "ID", conflicts_with = "item")]
    remove_item: Vec<String>,
}

impl Amend {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let before = Before::read(&connection, &self.customer, &self.work_order, self.change.effective).await?;
        let request = AmendWorkOrderRequest {
            work_order: Some(self.edit.applied(&before.order).map_err(Failure::Usage)?),
            effective_time: before.effective_time,
            force_reason: self.force.unwrap_or_default(),
            request_id: self.change.write.request.id(),
            validate_only: self.change.write.plan,
            etag: self.change.write.etag(&before),
            strict: self.change.write.strict,
        };
        let id = request.request_id.clone();
        let answer = self.change.write.answer(&id, connection.contracts().amend_work_order(request)).await?;
        tell_change!(context, "entitled.v1.AmendWorkOrderResponse", answer, before, false, self.change.write.plan)
    }
}

impl Edit {
    fn applied(&self, order: &WorkOrder) -> Result<WorkOrder, String> {
        let mut order = order.clone();
        for item_id in &self.remove_item {
            let count = order.items.len();
            order.items.retain(|item| item.item_id != *item_id);
            if order.items.len() == count {
                return Err(no_item(&order, item_id));
            }
        }
        let Some(item_id) = &self.item else {
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

    fn apply_to(&self, item: &mut Item, currency: &str) -> Result<(), String> {
        for (name, text) in self.assignments()? {
            *item = assign("entitled.v1.Item", item, name, text, currency)?;
        }
        item.quantity = self.quantity.or(item.quantity);
        if let Some(more) = self.add_quantity {
            item.quantity = Some(sum(item.quantity, more)?);
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

/// Hours and minutes come to minutes, where they do not have the same unit.
fn sum(one: Option<Quantity>, more: Quantity) -> Result<Quantity, String> {
    let one = one.unwrap_or(Quantity { amount: 0, ..more });
    let minutes = |quantity: Quantity| match quantity.unit() {
        Unit::Hours => quantity.amount.checked_mul(60),
        Unit::Minutes => Some(quantity.amount),
        _ => None,
    };
    let sum = match one.unit == more.unit {
        true => one.amount.checked_add(more.amount).map(|amount| Quantity { amount, unit: one.unit }),
        false => minutes(one)
            .zip(minutes(more))
            .and_then(|(one, more)| Some(Quantity { amount: one.checked_add(more)?, unit: Unit::Minutes.into() })),
    };
    let sum =
        sum.ok_or_else(|| "--add-quantity: the item is counted in another unit; set its --quantity".to_owned())?;
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
    use super::*;

    #[test]
    fn what_is_added_may_be_below_nothing_and_something_is_left() {
        let quantity = |text: &str| values::quantity(text).unwrap();
        let sum = |one: Option<&str>, more: &str| {
            sum(one.map(quantity), values::change(more).unwrap()).map(|it| short(&it).unwrap())
        };
        assert_eq!(sum(Some("400h"), "100h"), Ok("500h".to_owned()));
        assert_eq!(sum(Some("400h"), "-399h"), Ok("1h".to_owned()));
        assert_eq!(sum(Some("2h"), "-90m"), Ok("30m".to_owned()));
        assert_eq!(sum(None, "3 events"), Ok("3 events".to_owned()));
        for (one, more) in [(Some("400h"), "-400h"), (Some("400h"), "-500h"), (None, "-1h")] {
            assert!(sum(one, more).unwrap_err().contains("nothing is left"), "{one:?} {more}");
        }
        assert!(sum(Some("400h"), "1 event").unwrap_err().contains("another unit"));
    }
}
