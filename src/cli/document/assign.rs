//! Sets a field of a message as a document would write it.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, Value};

use super::node::{Node, NodeContent};
use super::{money, scalar, shape};
use crate::error::BoxError;
use crate::legible::excerpt;
use crate::suggest::nearest_or_all;

/// Sets `name` of `message`, the message `full_name` of the API; an empty text takes the field away. The texts of a list
/// stand between commas. Money is of `currency`.
pub fn assign<M: prost::Message + Default>(
    full_name: &str,
    message: &M,
    name: &str,
    text: &str,
    currency: &str,
) -> Result<M, String> {
    let internal = |error: BoxError| error.to_string();
    let descriptor = crate::cli::reflect::message(full_name).map_err(|error| error.to_string())?;
    let mut dynamic = DynamicMessage::new(descriptor.clone());
    dynamic.transcode_from(message).map_err(|error| internal(error.into()))?;
    let fields: Vec<FieldDescriptor> = shape::fields(&descriptor).filter(is_settable).collect();
    let Some(field) = fields.iter().find(|field| field.name() == name) else {
        let names: Vec<&str> = fields.iter().map(FieldDescriptor::name).collect();
        return Err(format!("there is no `{}` to set here; {}", excerpt(name), nearest_or_all(name, &names)));
    };
    if text.is_empty() {
        dynamic.clear_field(field);
    } else if field.is_list() {
        let values = text.split(',').map(|text| value(field, text.trim(), currency));
        let values = Value::List(values.collect::<Result<_, _>>().map_err(|why| format!("{name}: {why}"))?);
        dynamic.set_field(field, values);
    } else {
        dynamic.set_field(field, value(field, text, currency).map_err(|why| format!("{name}: {why}"))?);
    }
    dynamic.transcode_to().map_err(|error| internal(error.into()))
}

/// What has fields of its own is changed otherwise, and what names a thing never changes.
fn is_settable(field: &FieldDescriptor) -> bool {
    let is_short = match field.kind() {
        Kind::Message(message) => scalar::has_short_form(&message),
        _ => true,
    };
    is_short && !matches!(field.name(), "customer_id" | "work_order_id" | "item_id")
}

fn value(field: &FieldDescriptor, text: &str, currency: &str) -> Result<Value, String> {
    if shape::is_money(field.name()) {
        let found = money::parse(text, currency)?;
        if found.is_bare {
            let [minor, major] = money::readings(text, found.minor_units, currency);
            return Err(format!("`{text}` may mean {major} or {minor} {currency}: write `{major}` or `{minor}`"));
        }
        return Ok(Value::I64(found.minor_units));
    }
    let text = text.to_owned();
    let content = if field.kind() == Kind::String { NodeContent::Text(text) } else { NodeContent::Plain(text) };
    scalar::value(&field.kind(), &Node { line: 0, content }).map_err(|wrong| wrong.description)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::v1::{Item, WorkOrder, WorkOrderState};

    #[test]
    fn a_field_is_set_as_a_document_writes_it() {
        let set = |name: &str, text: &str| {
            let order = WorkOrder { signed_date: Some("2026-01-01".to_owned()), ..WorkOrder::default() };
            assign("entitled.v1.WorkOrder", &order, name, text, "EUR")
        };
        assert_eq!(set("end_date", "2027-02-28").unwrap().end_date, "2027-02-28");
        assert_eq!(set("flex_allowance", "5000.00").unwrap().flex_allowance, Some(500_000));
        assert_eq!(set("state", "ACTIVE").unwrap().state(), WorkOrderState::Active);
        assert_eq!(set("covered_products", "azure/*, sql-server").unwrap().covered_products, ["azure/*", "sql-server"]);
        assert_eq!(set("signed_date", "").unwrap().signed_date, None);
        assert!(set("flex_allowance", "5000").unwrap_err().contains("may mean 5000.00 or 50.00 EUR"));
        assert!(set("end_dat", "2027-02-28").unwrap_err().contains("did you mean `end_date`?"));
        for never in ["work_order_id", "customer_id", "version", "items"] {
            assert!(set(never, "x").is_err(), "{never}");
        }
        let item = assign("entitled.v1.Item", &Item::default(), "unit_price", "310.00", "EUR").unwrap();
        assert_eq!(item.unit_price, Some(31_000));
        let item = assign("entitled.v1.Item", &Item::default(), "quantity", "400h", "EUR").unwrap();
        assert_eq!(item.quantity.unwrap().amount, 400);
    }
}
