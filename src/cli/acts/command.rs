//! The words of a command. What is in capitals, such as NEW-ID and LAST-DAY, a person fills in.

use super::Acts;
use super::times::Term;
use super::words::{about, flag, word};
use crate::cli::document::quantity::{self, in_unit};
use crate::proto::v1::{CheckEntitlementRequest, Item, Quantity, Reason, Remedy, RemedyKind, Unit, WorkOrderState};

/// What the order excepts from the products it covers: taken out, not added to.
pub(crate) const EXCEPTIONS: &str = "work_order.covered_products_except";

/// What a command changes, and from when on.
struct Place<'a> {
    order_id: &'a str,
    item_id: &'a str,
    effective: String,
    /// Whether it is the order that another one is to be renewed as.
    is_new: bool,
}

impl Acts {
    /// None where it takes more than one, or something else than a change of a contract.
    pub(crate) fn command(&self, reason: &Reason) -> Option<String> {
        let remedy = reason.remedy.as_ref().filter(|it| !it.work_order_id.is_empty())?;
        if remedy.kind() == RemedyKind::Renew {
            return self.renew(reason, remedy);
        }
        let stand = self.stand(reason);
        let order = stand.map(|stand| &stand.order);
        let place = self.place(reason, remedy)?;
        // Of several values each would do.
        let value = remedy.value.split(", ").next().unwrap_or_default();
        let item = order.and_then(|order| order.items.iter().find(|it| it.item_id == remedy.item_id));
        let is_of_item = remedy.field.starts_with("work_order.items.");
        match remedy.kind() {
            RemedyKind::AddProduct if is_of_item == remedy.item_id.is_empty() => None,
            RemedyKind::AddProduct if remedy.field == EXCEPTIONS => {
                Some(self.amend(&place, &flag("remove-exception", value)))
            }
            RemedyKind::AddProduct => Some(self.amend(&place, &flag("add-product", value))),
            RemedyKind::DesignateLocation if is_of_item && remedy.item_id.is_empty() => None,
            // One place is what the item is for, and none beside it.
            RemedyKind::DesignateLocation if reason.code == "SINGLE_LOCATION_ONLY" => {
                Some(self.amend(&place, &format!(" --set all_locations= --set location_ids={}", word(value))))
            }
            RemedyKind::DesignateLocation => Some(self.amend(&place, &flag("add-location", value))),
            // How much the new order lacks is not known before it is there.
            RemedyKind::AddQuantity if place.is_new => None,
            RemedyKind::AddQuantity => {
                let like = reason.metadata.get("item_id").filter(|_| remedy.item_id.is_empty());
                let item =
                    like.map_or(item, |id| order.and_then(|it| it.items.iter().find(|item| item.item_id == *id)));
                let more = more(reason, item)?;
                let flags = match like {
                    Some(like) => format!(" --add-item NEW-ID{}{}", flag("like", like), flag("quantity", &more)),
                    None => flag("add-quantity", &more),
                };
                Some(self.amend(&place, &flags))
            }
            RemedyKind::RecordWaiver if !remedy.item_id.is_empty() => Some(format!(
                "entitled waivers record{}{}{}{} --reference REFERENCE",
                flag("customer", &self.request.customer_id),
                flag("work-order", place.order_id),
                flag("item", &remedy.item_id),
                flag("code", value),
            )),
            RemedyKind::Buy if remedy.field == "work_order.items.service_id" => Some(self.buy(&place, value)),
            _ => None,
        }
    }

    /// Whether what else is to be changed is known only once the order is renewed.
    pub(crate) fn waits_for_renewal(&self, reason: &Reason) -> bool {
        let is_new = |remedy| self.place(reason, remedy).is_some_and(|place| place.is_new);
        self.command(reason).is_none() && reason.remedy.as_ref().is_some_and(is_new)
    }

    /// What a command changes: the order that the remedy is about, and where that has ended, the one that a command
    /// beside it goes on with.
    fn place<'a>(&'a self, reason: &Reason, remedy: &'a Remedy) -> Option<Place<'a>> {
        let stand = self.stand(reason);
        let (order_id, item_id) = (remedy.work_order_id.as_str(), remedy.item_id.as_str());
        match stand {
            Some(stand) if self.renewed.contains(order_id) && self.has_ended(stand) => {
                Some(Place { order_id: "NEW-ID", item_id, effective: self.effective_of_new(stand), is_new: true })
            }
            Some(stand) if Self::is_over(stand) => None,
            _ => {
                let effective = self.effective(stand, order_id, Term::Stays);
                Some(Place { order_id, item_id, effective, is_new: false })
            }
        }
    }

    fn amend(&self, place: &Place<'_>, flags: &str) -> String {
        let item = if place.item_id.is_empty() { String::new() } else { flag("item", place.item_id) };
        self.of_order("amend", place.order_id, &format!("{item}{flags}{}", place.effective))
    }

    fn of_order(&self, act: &str, order_id: &str, flags: &str) -> String {
        let customer = flag("customer", &self.request.customer_id);
        about(&format!("entitled orders {act}"), order_id, &format!("{customer}{flags}"))
    }

    /// Resumes an order, brings it into force, moves its last day or goes on with it.
    fn renew(&self, reason: &Reason, remedy: &Remedy) -> Option<String> {
        let stand = self.stand(reason);
        let order_id = remedy.work_order_id.as_str();
        let place = |term| {
            let effective = self.effective(stand, order_id, term);
            Place { order_id, item_id: &remedy.item_id, effective, is_new: false }
        };
        let moved = " --set end_date=LAST-DAY";
        match remedy.field.as_str() {
            _ if self.renews(reason).is_some() => {
                let dates = stand.map_or(String::new(), |stand| self.renewed(&stand.order));
                Some(self.of_order("renew", order_id, &format!(" --as NEW-ID{dates}")))
            }
            // A draft is not renewed.
            "work_order.end_date" if self.state(reason) == Some(WorkOrderState::Draft) => {
                Some(self.amend(&place(Term::Longer), &format!(" --set state=ACTIVE{moved}")))
            }
            // What names its base leans on that one, and on no renewal of it.
            "work_order.end_date" => Some(self.amend(&place(Term::Longer), moved)),
            "work_order.state" => match self.state(reason)? {
                WorkOrderState::Suspended => Some(self.of_order("resume", order_id, &place(Term::Stays).effective)),
                WorkOrderState::Draft => {
                    Some(self.amend(&place(Term::Stays), &format!(" --set state={}", word(&remedy.value))))
                }
                _ => None,
            },
            _ if stand.is_some_and(Self::is_over) => None,
            "work_order.items.end_date" => Some(self.amend(&place(Term::Stays), moved)),
            _ => None,
        }
    }

    /// The order that the command of a clause goes on with, if it does.
    pub(super) fn renews(&self, reason: &Reason) -> Option<String> {
        let remedy = reason.remedy.as_ref()?;
        let is_renewal = remedy.kind() == RemedyKind::Renew
            && remedy.field == "work_order.end_date"
            && self.state(reason) != Some(WorkOrderState::Draft)
            && !is_of_base(reason, remedy);
        is_renewal.then(|| remedy.work_order_id.clone())
    }

    /// As the order stands, or as it is told.
    fn state(&self, reason: &Reason) -> Option<WorkOrderState> {
        let told = || reason.metadata.get("state").map(String::as_str).and_then(state);
        self.stand(reason).map(|stand| stand.order.state()).or_else(told)
    }

    /// A further item for the place and the product that are asked about.
    fn buy(&self, place: &Place<'_>, service_id: &str) -> String {
        let CheckEntitlementRequest { location_id, quantity, .. } = &self.request;
        let service = self.services.get(service_id);
        let clauses = service.into_iter().flat_map(|service| &service.clauses);
        let named: String = clauses.filter_map(|clause| self.named(&clause.code)).collect();
        let is_counted = service.is_some_and(|it| !matches!(it.unit(), Unit::Unspecified | Unit::Engagements));
        let wanted = quantity.as_ref().and_then(quantity::short).unwrap_or_else(|| "QUANTITY".to_owned());
        let quantity = if is_counted { flag("quantity", &wanted) } else { String::new() };
        let (service, location) = (flag("service", service_id), flag("add-location", location_id));
        self.amend(place, &format!(" --add-item NEW-ID{service}{location}{named}{quantity}"))
    }

    /// What an item has to name where its service is subject to this clause.
    fn named(&self, code: &str) -> Option<String> {
        let CheckEntitlementRequest { location_id, product_id, tenant_id, .. } = &self.request;
        match code {
            "PRODUCTS_REQUIRED" => Some(flag("add-product", product_id)),
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
