//! Where the documents of a write come from.

use std::collections::BTreeMap;

use crate::contract::{ContractCommand, Document};
use crate::model::Provenance;

/// By the path of each document in the request.
#[derive(Debug, Default)]
pub(super) struct Provenances {
    whole: Option<Provenance>,
    /// The paths of the work orders.
    orders: BTreeMap<String, String>,
}

impl Provenances {
    pub(super) fn new(command: &ContractCommand, provenance: Option<&Provenance>) -> Self {
        let orders = command.work_order_ids().into_iter().map(|(path, id)| (id.to_owned(), path));
        Self { whole: provenance.cloned(), orders: orders.collect() }
    }

    /// Of one document: the lines of its own fields, by their paths in it.
    pub(super) fn of(&self, document: &Document) -> Option<Provenance> {
        let Provenance { file, lines } = self.whole.as_ref()?;
        let path = match document {
            Document::Customer(_) => "customer",
            Document::WorkOrder(order) => self.orders.get(&order.work_order_id)?,
        };
        let own =
            |(field, line): (&String, &i32)| Some((field.strip_prefix(path)?.strip_prefix('.')?.to_owned(), *line));
        Some(Provenance { file: file.clone(), lines: lines.iter().filter_map(own).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_has_the_lines_of_its_own_fields() {
        let order: crate::model::WorkOrder = serde_json::from_value(serde_json::json!({
            "work_order_id": "wo", "customer_id": "contoso", "edition_id": "e", "start_date": "2026-01-01",
            "end_date": "2026-12-31", "host_location_id": "jakarta", "covered_products": [], "currency": "USD", "items": [],
        }))
        .unwrap();
        let lines = [("customer.display_name", 2), ("work_orders[0].items[0].quantity", 9), ("work_orders[01].x", 3)];
        let lines = lines.map(|(path, line)| (path.to_owned(), line)).into();
        let whole = Provenance { file: "contoso.yaml".to_owned(), lines };
        let command = ContractCommand::CreateWorkOrder { work_order: order.clone() };
        let mut provenances = Provenances::new(&command, Some(&whole));
        provenances.orders.insert("wo".to_owned(), "work_orders[0]".to_owned());
        let of_order = provenances.of(&Document::WorkOrder(order.clone())).unwrap();
        assert_eq!(of_order.lines, BTreeMap::from([("items[0].quantity".to_owned(), 9)]));
        assert_eq!(of_order.file, "contoso.yaml");
        assert_eq!(Provenances::new(&command, None).of(&Document::WorkOrder(order)), None);
    }
}
