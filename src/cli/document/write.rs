//! From what is stored to a document that `import` reads.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use prost_types::Timestamp;

use super::{money, quantity, shape};
use crate::cli::places::Places;
use crate::cli::{reflect, values};
use crate::error::BoxError;
use crate::model::Zone;
use crate::proto::v1::{ApplyContractRequest, Customer, Quantity, WorkOrder};

/// A document as a tree in the order of the proto.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// A text that is a name or words, which may need quotes.
    Text(String),
    /// What is written as it is: a quantity, an amount, a time.
    Word(String),
    Number(i64),
    Bool(bool),
    List(Vec<Written>),
    Map(Vec<Entry>),
}

/// One field, and what a person should know of its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub value: Written,
    pub note: &'static str,
}

/// A customer and its work orders, without what only the server sets.
pub fn document(customer: &Customer, orders: &[WorkOrder]) -> Result<Written, BoxError> {
    let orders = orders.iter().map(|order| WorkOrder { customer_id: String::new(), ..order.clone() });
    let request = ApplyContractRequest {
        customer: Some(customer.clone()),
        work_orders: orders.collect(),
        ..ApplyContractRequest::default()
    };
    let mut message = DynamicMessage::new(reflect::message("entitled.v1.ApplyContractRequest")?);
    message.transcode_from(&request)?;
    let scene = Scene { places: Places::of(customer).with_orders(&request.work_orders), ..Scene::default() };
    scene.message(&message)
}

/// One customer; its id, too.
pub fn customer(customer: &Customer) -> Result<Written, BoxError> {
    let mut message = DynamicMessage::new(reflect::message("entitled.v1.Customer")?);
    message.transcode_from(customer)?;
    Scene::default().message(&message)
}

/// One order, with times by the clocks of `zone`; its ids, too.
pub fn order(order: &WorkOrder, zone: Zone) -> Result<Written, BoxError> {
    let mut message = DynamicMessage::new(reflect::message("entitled.v1.WorkOrder")?);
    message.transcode_from(order)?;
    Scene { places: Places::default(), currency: order.currency.clone(), zone: Some(zone) }.message(&message)
}

/// What a value is written by: the currency of its order, and the clocks of the order's host.
#[derive(Debug, Default)]
struct Scene {
    places: Places,
    currency: String,
    zone: Option<Zone>,
}

impl Scene {
    fn message(&self, message: &DynamicMessage) -> Result<Written, BoxError> {
        let descriptor = prost_reflect::ReflectMessage::descriptor(message);
        let mut entries = Vec::new();
        for field in shape::fields(&descriptor).filter(|field| message.has_field(field)) {
            let value = self.value(&field, &field.kind(), &message.get_field(&field))?;
            let is_time = matches!(field.kind(), Kind::Message(kind) if kind.full_name() == shape::TIMESTAMP);
            let note = self.zone.filter(|_| is_time).map_or("", Zone::name);
            entries.push(Entry { key: field.name().to_owned(), value, note });
        }
        Ok(Written::Map(entries))
    }

    fn value(&self, field: &FieldDescriptor, kind: &Kind, value: &Value) -> Result<Written, BoxError> {
        Ok(match (value, kind) {
            (Value::List(values), kind) => {
                let values = values.iter().map(|value| self.value(field, kind, value));
                Written::List(values.collect::<Result<_, _>>()?)
            }
            (Value::Message(message), Kind::Message(descriptor)) => self.short(descriptor, message)?,
            (Value::String(text), _) if shape::is_date(field.name()) => Written::Word(text.clone()),
            (Value::String(text), _) => Written::Text(text.clone()),
            (Value::Bool(value), _) => Written::Bool(*value),
            (Value::I32(number), _) => Written::Number(i64::from(*number)),
            (Value::I64(amount), _) if shape::is_money(field.name()) => {
                Written::Word(format!("{} {}", money::plain(*amount, &self.currency), self.currency))
            }
            (Value::I64(number), _) => Written::Number(*number),
            (Value::EnumNumber(number), Kind::Enum(descriptor)) => {
                let value = descriptor.get_value(*number).ok_or_else(|| {
                    format!("{}: the server has a value that this program does not know; use its version", field.name())
                })?;
                Written::Word(value.name().trim_start_matches(&reflect::prefix(descriptor)).to_owned())
            }
            _ => return Err(format!("{}: a value of this kind has no place in a document", field.name()).into()),
        })
    }

    /// What has a short form, in it; every other message field by field.
    fn short(&self, descriptor: &MessageDescriptor, message: &DynamicMessage) -> Result<Written, BoxError> {
        match descriptor.full_name() {
            shape::TIMESTAMP => {
                let time: Timestamp = message.transcode_to()?;
                Ok(Written::Word(values::show_time(&time, self.zone.unwrap_or(Zone::UTC))))
            }
            shape::QUANTITY => {
                let quantity: Quantity = message.transcode_to()?;
                Ok(quantity::short(&quantity).map_or_else(|| self.message(message), |text| Ok(Written::Word(text)))?)
            }
            "entitled.v1.WorkOrder" => {
                let order: WorkOrder = message.transcode_to()?;
                let zone = Some(self.places.order(&order.work_order_id));
                Scene { places: Places::default(), currency: order.currency, zone }.message(message)
            }
            _ => self.message(message),
        }
    }
}
