//! The words of a command. What is in capitals, such as NEW-ID and LAST-DAY, a person fills in.

use super::Acts;
use super::times::Term;
use crate::cli::document::quantity::{self, in_unit};
use crate::proto::v1::{
    CheckEntitlementRequest, Item, Quantity, Reason, Remedy, RemedyKind, Unit, WorkOrder, WorkOrderState,
};

/// What the order excepts from the products it covers: taken out, not added to.
pub(crate) const EXCEPTIONS: &str = "work_order.covered_products_except";

impl Acts {
    /// None where it takes more than one, or something else than a change of a contract.
    pub(crate) fn command(&self, reason: &Reason) -> Option<String> {
        let remedy = reason.remedy.as_ref().filter(|it| !it.work_order_id.is_empty())?;
        let order = self.orders.get(&remedy.work_order_id);
        if remedy.kind() == RemedyKind::Renew {
            return self.renew(reason, remedy, order);
        }
        if order.is_some_and(|order| self.is_over(order)) {
            return None;
        }
        // Of several values each would do.
        let value = word(remedy.value.split(", ").next().unwrap_or_default());
        let item = order.and_then(|order| order.items.iter().find(|it| it.item_id == remedy.item_id));
        let is_of_item = remedy.field.starts_with("work_order.items.");
        match remedy.kind() {
            RemedyKind::AddProduct if is_of_item == remedy.item_id.is_empty() => None,
            RemedyKind::AddProduct if remedy.field == EXCEPTIONS => {
                Some(self.amend(remedy, &format!(" --remove-exception {value}")))
            }
            RemedyKind::AddProduct => Some(self.amend(remedy, &format!(" --add-product {value}"))),
            RemedyKind::DesignateLocation if is_of_item && remedy.item_id.is_empty() => None,
            // One place is what the item is for, and none beside it.
            RemedyKind::DesignateLocation if reason.code == "SINGLE_LOCATION_ONLY" => {
                Some(self.amend(remedy, &format!(" --set all_locations= --set location_ids={value}")))
            }
            RemedyKind::DesignateLocation => Some(self.amend(remedy, &format!(" --add-location {value}"))),
            RemedyKind::AddQuantity => {
                let like = reason.metadata.get("item_id").filter(|_| remedy.item_id.is_empty());
                let item =
                    like.map_or(item, |id| order.and_then(|it| it.items.iter().find(|item| item.item_id == *id)));
                let more = more(reason, item)?;
                match like {
                    Some(like) => Some(self.amend(
                        remedy,
                        &format!(" --add-item NEW-ID --like {} --quantity {}", word(like), word(&more)),
                    )),
                    None => Some(self.amend(remedy, &format!(" --add-quantity {}", word(&more)))),
                }
            }
            RemedyKind::RecordWaiver if !remedy.item_id.is_empty() => Some(format!(
                "entitled waivers record --customer {} --work-order {} --item {} --code {value} --reference REFERENCE",
                word(&self.request.customer_id),
                word(&remedy.work_order_id),
                word(&remedy.item_id),
            )),
            RemedyKind::Buy if remedy.field == "work_order.items.service_id" => Some(self.buy(remedy, &value)),
            _ => None,
        }
    }

    fn amend(&self, remedy: &Remedy, flags: &str) -> String {
        self.amend_from(remedy, flags, Term::Stays)
    }

    fn amend_from(&self, remedy: &Remedy, flags: &str, term: Term) -> String {
        let item = if remedy.item_id.is_empty() { String::new() } else { format!(" --item {}", word(&remedy.item_id)) };
        let effective = self.effective(&remedy.work_order_id, term);
        self.of_order("amend", remedy) + &item + flags + &effective
    }

    fn of_order(&self, act: &str, remedy: &Remedy) -> String {
        let customer_id = word(&self.request.customer_id);
        format!("entitled orders {act} {} --customer {customer_id}", word(&remedy.work_order_id))
    }

    /// Resumes an order, brings it into force, moves its last day or goes on with it.
    fn renew(&self, reason: &Reason, remedy: &Remedy, order: Option<&WorkOrder>) -> Option<String> {
        let told = || reason.metadata.get("state").map(String::as_str).and_then(state);
        let state = order.map(WorkOrder::state).or_else(told);
        let moved = " --set end_date=LAST-DAY";
        match remedy.field.as_str() {
            // A draft is not renewed.
            "work_order.end_date" if state == Some(WorkOrderState::Draft) => {
                Some(self.amend_from(remedy, &format!(" --set state=ACTIVE{moved}"), Term::Longer))
            }
            "work_order.state" => match state? {
                WorkOrderState::Suspended => {
                    let effective = self.effective(&remedy.work_order_id, Term::Stays);
                    Some(self.of_order("resume", remedy) + &effective)
                }
                WorkOrderState::Draft => Some(self.amend(remedy, &format!(" --set state={}", word(&remedy.value)))),
                _ => None,
            },
            _ if order.is_some_and(|order| self.is_over(order)) && remedy.field != "work_order.end_date" => None,
            "work_order.items.end_date" => Some(self.amend(remedy, moved)),
            // What names its base leans on that one, and on no renewal of it.
            "work_order.end_date" if is_of_base(reason, remedy) => Some(self.amend_from(remedy, moved, Term::Longer)),
            "work_order.end_date" => {
                let dates = order.map_or(String::new(), |order| self.renewed(order));
                Some(self.of_order("renew", remedy) + " --as NEW-ID" + &dates)
            }
            _ => None,
        }
    }

    /// A further item for the place and the product that are asked about.
    fn buy(&self, remedy: &Remedy, service_id: &str) -> String {
        let CheckEntitlementRequest { location_id, quantity, .. } = &self.request;
        let service = self.services.get(&remedy.value);
        let clauses = service.into_iter().flat_map(|service| &service.clauses);
        let named: String = clauses.filter_map(|clause| self.named(&clause.code)).collect();
        let is_counted = service.is_some_and(|it| !matches!(it.unit(), Unit::Unspecified | Unit::Engagements));
        let wanted = quantity.as_ref().and_then(quantity::short).unwrap_or_else(|| "QUANTITY".to_owned());
        let quantity = if is_counted { format!(" --quantity {}", word(&wanted)) } else { String::new() };
        let place = format!(" --add-location {}", word(location_id));
        self.amend(remedy, &format!(" --add-item NEW-ID --service {service_id}{place}{named}{quantity}"))
    }

    /// What an item has to name where its service is subject to this clause.
    fn named(&self, code: &str) -> Option<String> {
        let CheckEntitlementRequest { location_id, product_id, tenant_id, .. } = &self.request;
        match code {
            "PRODUCTS_REQUIRED" => Some(format!(" --add-product {}", word(product_id))),
            "TIME_ZONE_REQUIRED" => Some(format!(" --set time_zone={}", self.places.location(location_id).name())),
            "TENANTS_REQUIRED" => Some(format!(" --set tenant_ids={}", word(tenant_id.as_deref().unwrap_or("TENANT")))),
            "EXHIBIT_REQUIRED" => Some(" --set exhibit=EXHIBIT".to_owned()),
            _ => None,
        }
    }
}

/// How much more, in the unit of the item where that comes out even.
fn more(reason: &Reason, item: Option<&Item>) -> Option<String> {
    let value = &reason.remedy.as_ref()?.value;
    let unit = Unit::from_str_name(&format!("UNIT_{}", reason.metadata.get("unit")?))?;
    let more = Quantity { amount: value.parse().ok()?, unit: unit.into() };
    let unit = item.and_then(|item| item.quantity.as_ref()).map_or(Unit::Hours, Quantity::unit);
    quantity::short(&in_unit(more, unit).unwrap_or(more))
}

/// Whether a base is to last longer.
fn is_of_base(reason: &Reason, remedy: &Remedy) -> bool {
    reason.metadata.get("base_work_order_id").is_some_and(|base| *base == remedy.work_order_id)
}

fn state(name: &str) -> Option<WorkOrderState> {
    WorkOrderState::from_str_name(&format!("WORK_ORDER_STATE_{name}"))
}

/// As a shell takes it.
fn word(text: &str) -> String {
    let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
