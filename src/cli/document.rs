//! An import document: one customer and its work orders, in YAML or JSON.
//!
//! It is read along the descriptors of `ApplyContractRequest`, so that it knows every field
//! the API knows, and finds every mistake at once, each with its line. A file may come from
//! anyone: how large it may be, or become by its aliases, and how much of it is quoted has limits.

pub mod assign;
mod instants;
mod lines;
pub mod money;
mod node;
mod pairs;
pub mod quantity;
mod room;
mod scalar;
pub mod schema;
mod shape;
mod tree;
mod walk;
pub mod write;
pub mod yaml;

pub use self::node::DocumentMistake;

use self::node::Node;

use crate::proto::v1::{ApplyContractRequest, Provenance};
use crate::written::composed;

/// A document that can be sent.
#[derive(Debug)]
pub struct Document {
    root: Node,
    pub request: ApplyContractRequest,
}

/// Reads a document; otherwise every mistake in it, in the order of the lines.
pub fn read(text: &str) -> Result<Document, Vec<DocumentMistake>> {
    let root = tree::parse(text).map_err(|mistake| vec![mistake])?;
    let Some(root) = root.filter(|root| !root.is_null()) else {
        return Err(vec![DocumentMistake::new(
            1,
            "",
            "FIELD_REQUIRED",
            "the document is empty: it needs a `customer`",
        )]);
    };
    let request = walk::request(&root)?;
    Ok(Document { root, request })
}

impl Document {
    /// What is stored otherwise than it is written, each with its line.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = self.composed_names();
        notes.extend(self.bare_amounts());
        notes
    }

    /// The amounts of money without decimals: which amount each of them is.
    fn bare_amounts(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for (row, order) in self.request.work_orders.iter().enumerate() {
            let items = order.items.iter().enumerate();
            let items = items.map(|(item, it)| (format!("work_orders[{row}].items[{item}].unit_price"), it.unit_price));
            let own = std::iter::once((format!("work_orders[{row}].flex_allowance"), order.flex_allowance));
            for (field, minor_units) in own.chain(items).filter_map(|(field, amount)| Some((field, amount?))) {
                let Some(text) = self.found(&field).0.and_then(Node::text) else { continue };
                if money::parse(text, &order.currency).is_ok_and(|money| money.is_bare) {
                    let [amount, other] = money::readings(text, minor_units, &order.currency);
                    let line = self.line_of(&field).map_or(String::new(), |line| format!("line {line}: "));
                    notes.push(format!(
                        "{line}{field}: `{text}` is in minor units, {amount} {}; to mean {other}, write `{other}`",
                        order.currency
                    ));
                }
            }
        }
        notes
    }

    /// The names that are stored in another form of Unicode: they look the same.
    fn composed_names(&self) -> Vec<String> {
        let Some(customer) = &self.request.customer else { return Vec::new() };
        let locations = customer.locations.iter().enumerate();
        let locations =
            locations.map(|(row, it)| (format!("customer.locations[{row}].display_name"), &it.display_name));
        let contacts = customer.contacts.iter().enumerate();
        let contacts = contacts.filter_map(|(row, it)| {
            Some((format!("customer.contacts[{row}].display_name"), it.display_name.as_ref()?))
        });
        let own = std::iter::once(("customer.display_name".to_owned(), &customer.display_name));
        let changed = own.chain(locations).chain(contacts).filter(|(_, name)| composed((*name).clone()) != **name);
        let line = |field: &str| self.line_of(field).map_or(String::new(), |line| format!("line {line}: "));
        changed
            .map(|(field, _)| format!("{}{field} is stored in composed form (NFC); it looks the same", line(&field)))
            .collect()
    }

    /// Where the document comes from, for the server to keep with what it records.
    pub fn provenance(&self, file: String) -> Provenance {
        Provenance { file, lines: lines::lines(&self.root) }
    }

    /// The line of a field, by its path such as `work_orders[0].items[2].quantity`; of what
    /// holds it, where the document does not have the field itself.
    pub fn line_of(&self, field: &str) -> Option<usize> {
        self.found(field).1
    }

    /// The node of a field, where the document has it, and its line or that of what holds it.
    fn found(&self, field: &str) -> (Option<&Node>, Option<usize>) {
        let mut node = &self.root;
        let mut line = None;
        for step in field.split(['.', '[']).filter(|step| !step.is_empty()) {
            match step.strip_suffix(']') {
                Some(index) => {
                    let Some(element) = index.parse().ok().and_then(|index| node.element(index)) else {
                        return (None, line);
                    };
                    (node, line) = (element, Some(element.line));
                }
                None => {
                    let Some(entry) = node.entry(step) else { return (None, line) };
                    (node, line) = (&entry.node, Some(entry.line));
                }
            }
        }
        (Some(node), line)
    }
}

#[cfg(test)]
mod tests;
