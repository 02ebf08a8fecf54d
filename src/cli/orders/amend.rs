use clap::{ArgGroup, Args};

use super::change::{Before, ChangeArgs, tell_change, tell_recorded};
use super::recorded::Recorded;
use crate::cli::document::assign::assign;
use crate::cli::document::quantity::{short, sum};
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::{AmendWorkOrderRequest, Funding, Item, Quantity, Unit, WorkOrder};

/// Change an order from an instant on; what was true before stays true.
///
/// The order is read, changed as the flags say, and sent back as a whole, if nobody changed it meanwhile.
/// With --item the flags change that item, with --add-item they say what a further one is, otherwise the order itself. Values are written as in a
/// document: `--set end_date=2027-02-28`, `--set unit_price=310.00`; an empty one takes the field away.
/// A planned end stays; `--set state=ACTIVE --set terminate_time=` withdraws it.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled orders amend hm-2026 --customer halden-mills --set end_date=2028-12-31 --plan
  entitled orders amend hm-2026 --customer halden-mills --add-product power-bi --effective 2026-07-01
  entitled orders amend hm-2026 --customer halden-mills --item ede-utrecht --quantity 500h
  entitled orders amend hm-2026 --customer halden-mills --item ede-utrecht --add-location nl-tilburg
  entitled orders amend hm-2026 --customer halden-mills --add-item seats --service workshops --all-locations \\
      --quantity '20 attendees' --set unit_price=450.00
  entitled orders amend hm-2026 --customer halden-mills --add-item more-ede --like ede-utrecht --quantity 100h"
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
#[command(group = ArgGroup::new("one-item").args(["item", "add_item"]))]
#[group(id = "edit", required = true, multiple = true, args = ["add_item", "set", "quantity", "add_quantity", "add_product",
    "remove_product", "add_exception", "remove_exception", "add_location", "remove_location", "remove_item"])]
struct Edit {
    /// Change this item of the order.
    #[arg(long, value_name = "ID")]
    item: Option<String>,
    /// Buy a further item of this id on the order; the other flags say where, for what and how much.
    #[arg(long, value_name = "NEW-ID")]
    add_item: Option<String>,
    /// The service of the further item.
    #[arg(long, value_name = "ID", requires = "add_item")]
    service: Option<String>,
    /// The further item is as this one of the order, but for its events, and bought outright; with --quantity it is no
    /// predefined offering.
    #[arg(long, value_name = "ITEM", requires = "add_item", conflicts_with = "service")]
    like: Option<String>,
    /// The further item is for every location of the order.
    #[arg(long, requires = "add_item", conflicts_with = "add_location")]
    all_locations: bool,
    /// Set a field; may be given again.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// The item's quantity: `500h`, `10 credits`.
    #[arg(long, value_name = "QUANTITY", value_parser = values::quantity, allow_hyphen_values = true,
        requires = "one-item")]
    quantity: Option<Quantity>,
    /// So much more than the item has (one, if it is counted in engagements and does not say), or with a minus so much less: `100h`, `-20h`.
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
    #[arg(long, value_name = "PATTERN", conflicts_with = "one-item")]
    add_exception: Vec<String>,
    /// A product pattern to except no longer.
    #[arg(long, value_name = "PATTERN", conflicts_with = "one-item")]
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
        let ChangeArgs { effective, write } = self.change;
        let of = (self.customer.as_str(), self.work_order.as_str());
        let before = Before::read(&connection, of, effective, &write).await?;
        let recorded = Recorded::find(&connection, of, before.effective_time, &write).await?;
        let is_it = |it: &Recorded| {
            let sent = self.edit.applied(&it.before);
            it.holds_from(before.effective_time) && sent.is_ok_and(|sent| it.is_of(&sent))
        };
        if let Some(recorded) = recorded.filter(is_it) {
            return tell_recorded!(
                context,
                AmendWorkOrderResponse,
                "entitled.v1.AmendWorkOrderResponse",
                before,
                recorded,
                false
            );
        }
        let request = AmendWorkOrderRequest {
            work_order: Some(self.edit.applied(&before.order).map_err(Failure::Usage)?),
            effective_time: before.effective_time,
            force_reason: self.force.unwrap_or_default(),
            request_id: write.request.id(),
            validate_only: write.plan,
            etag: write.etag(&before),
            strict: write.strict,
        };
        let id = request.request_id.clone();
        let answer = write.answer(&id, connection.contracts().amend_work_order(request)).await?;
        tell_change!(context, "entitled.v1.AmendWorkOrderResponse", answer, before, false, write.written())
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
                let bought = Item { predefined_offering: offering, events: Vec::new(), ..like.clone() };
                Ok(Item { item_id, funding: Funding::Purchased.into(), ..bought })
            }
            (None, Some(service_id)) => Ok(Item { item_id, service_id: service_id.clone(), ..Item::default() }),
            (None, None) => Err("--add-item: say by --service what it is of, or by --like what it is as".to_owned()),
        }
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
    use super::*;

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
}
