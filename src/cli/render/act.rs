//! The one command that carries a remedy out.

use crate::cli::document::quantity;
use crate::proto::v1::{Quantity, Reason, RemedyKind, Unit};

/// What the order excepts from the products it covers: taken out, not added to.
pub(super) const EXCEPTIONS: &str = "work_order.covered_products_except";

/// None where it takes more than one, or something else than a change of a contract.
pub(crate) fn command(customer_id: &str, reason: &Reason) -> Option<String> {
    let remedy = reason.remedy.as_ref()?;
    let (order, item) = (remedy.work_order_id.as_str(), remedy.item_id.as_str());
    if order.is_empty() {
        return None;
    }
    // Of several values each would do.
    let value = remedy.value.split(", ").next().unwrap_or_default();
    let amend = format!("entitled orders amend {} --customer {}", word(order), word(customer_id));
    let of_item = if item.is_empty() { String::new() } else { format!(" --item {}", word(item)) };
    let is_of_item = remedy.field.starts_with("work_order.items.");
    match remedy.kind() {
        RemedyKind::AddProduct if is_of_item == item.is_empty() => None,
        RemedyKind::AddProduct if remedy.field == EXCEPTIONS => {
            Some(format!("{amend} --remove-exception {}", word(value)))
        }
        RemedyKind::AddProduct => Some(format!("{amend}{of_item} --add-product {}", word(value))),
        RemedyKind::DesignateLocation if is_of_item && item.is_empty() => None,
        RemedyKind::DesignateLocation => Some(format!("{amend}{of_item} --add-location {}", word(value))),
        RemedyKind::AddQuantity if !item.is_empty() => {
            let unit = Unit::from_str_name(&format!("UNIT_{}", reason.metadata.get("unit")?))?;
            let more = quantity::short(&Quantity { amount: value.parse().ok()?, unit: unit.into() })?;
            Some(format!("{amend}{of_item} --add-quantity {}", word(&more)))
        }
        RemedyKind::RecordWaiver if !item.is_empty() => Some(format!(
            "entitled waivers record --customer {} --work-order {}{of_item} --code {} --reference REFERENCE",
            word(customer_id),
            word(order),
            word(value)
        )),
        // What names its base leans on that one, and on no renewal of it.
        RemedyKind::Renew if remedy.field == "work_order.items.end_date" || is_of_base(reason, order) => {
            Some(format!("{amend}{of_item} --set end_date=LAST-DAY"))
        }
        RemedyKind::Renew if item.is_empty() && remedy.field == "work_order.end_date" => {
            Some(format!("entitled orders renew {} --customer {} --as NEW-ID", word(order), word(customer_id)))
        }
        RemedyKind::Renew if remedy.field == "work_order.state" => match reason.metadata.get("state")?.as_str() {
            "SUSPENDED" => Some(format!("entitled orders resume {} --customer {}", word(order), word(customer_id))),
            "DRAFT" => Some(format!("{amend} --set state={}", word(value))),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a base is to last longer.
fn is_of_base(reason: &Reason, order: &str) -> bool {
    let is_of_date = reason.remedy.as_ref().is_some_and(|remedy| remedy.field == "work_order.end_date");
    is_of_date && reason.metadata.get("base_work_order_id").is_some_and(|base| base == order)
}

/// As a shell takes it.
fn word(text: &str) -> String {
    let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::Remedy;

    #[test]
    fn a_remedy_that_is_an_act_has_its_command() {
        let told = |kind: RemedyKind, order: &str, item: &str, field: &str, value: &str| {
            let remedy = Remedy {
                kind: kind.into(),
                work_order_id: order.to_owned(),
                item_id: item.to_owned(),
                field: field.to_owned(),
                value: value.to_owned(),
                ..Remedy::default()
            };
            let metadata = [("unit", "MINUTES"), ("base_work_order_id", "wo-0")];
            let metadata = metadata.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            command("c", &Reason { remedy: Some(remedy), metadata, ..Reason::default() })
        };
        let amend = "entitled orders amend wo-1 --customer c";
        let covered = told(RemedyKind::AddProduct, "wo-1", "", "work_order.covered_products", "azure/*");
        assert_eq!(covered.unwrap(), format!("{amend} --add-product 'azure/*'"));
        let of_item = told(RemedyKind::AddProduct, "wo-1", "ede", "work_order.items.product_ids", "azure, power-bi");
        assert_eq!(of_item.unwrap(), format!("{amend} --item ede --add-product azure"));
        let lifted = told(RemedyKind::AddProduct, "wo-1", "", EXCEPTIONS, "azure/*");
        assert_eq!(lifted.unwrap(), format!("{amend} --remove-exception 'azure/*'"));
        let place = told(RemedyKind::DesignateLocation, "wo-1", "", "work_order.downstream_location_ids", "kl");
        assert_eq!(place.unwrap(), format!("{amend} --add-location kl"));
        let hours = told(RemedyKind::AddQuantity, "wo-1", "ede", "work_order.items.quantity", "90");
        assert_eq!(hours.unwrap(), format!("{amend} --item ede --add-quantity 90m"));
        let waiver = told(RemedyKind::RecordWaiver, "wo-1", "ede", "work_order.items.waivers", "ONSITE_NOT_INCLUDED");
        assert!(waiver.unwrap().contains("--work-order wo-1 --item ede --code ONSITE_NOT_INCLUDED"));
        let renew = told(RemedyKind::Renew, "wo-1", "", "work_order.end_date", "");
        assert_eq!(renew.unwrap(), "entitled orders renew wo-1 --customer c --as NEW-ID");
        let in_state = |state: &str| {
            let remedy = Remedy {
                kind: RemedyKind::Renew.into(),
                work_order_id: "wo-1".to_owned(),
                field: "work_order.state".to_owned(),
                value: "ACTIVE".to_owned(),
                ..Remedy::default()
            };
            let metadata = [("state".to_owned(), state.to_owned())].into();
            command("c", &Reason { remedy: Some(remedy), metadata, ..Reason::default() })
        };
        assert_eq!(in_state("SUSPENDED").unwrap(), "entitled orders resume wo-1 --customer c");
        assert_eq!(in_state("DRAFT").unwrap(), format!("{amend} --set state=ACTIVE"));
        assert_eq!(in_state("TERMINATED"), None);
        let moved = told(RemedyKind::Renew, "wo-1", "ede", "work_order.items.end_date", "");
        assert_eq!(moved.unwrap(), format!("{amend} --item ede --set end_date=LAST-DAY"));
        let base = told(RemedyKind::Renew, "wo-0", "", "work_order.end_date", "");
        assert_eq!(base.unwrap(), "entitled orders amend wo-0 --customer c --set end_date=LAST-DAY");
        for (kind, order) in
            [(RemedyKind::Buy, "wo-1"), (RemedyKind::AddProduct, ""), (RemedyKind::ChangeRequest, "wo-1")]
        {
            assert_eq!(told(kind, order, "", "x", "y"), None);
        }
    }
}
