//! What a write would make of a contract: pure, before anything is written.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::diff::differing_fields;
use super::revision::etag;
use crate::error::{Error, Noun, Result};
use crate::model::{Contract, Customer, WorkOrder};
use crate::store::StoredContract;

/// A change of a contract, as a caller asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    CreateCustomer {
        customer: Customer,
    },
    UpdateCustomer {
        customer: Customer,
        etag: String,
    },
    CreateWorkOrder {
        work_order: WorkOrder,
    },
    /// A whole document.
    Apply {
        customer: Customer,
        work_orders: Vec<WorkOrder>,
        etag: String,
    },
}

/// What tells whether a repeated request asks for the same.
#[derive(Debug, PartialEq, Eq)]
pub struct Content {
    /// SHA-256 of its JSON, in hexadecimal.
    pub hash: String,
    /// What its JSON takes.
    pub bytes: usize,
}

/// What became, or would become, of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub kind: ChangeKind,
    pub resource: Resource,
    pub id: String,
    /// Paths of the fields that differ, for an update.
    pub fields: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Added,
    Updated,
    Unchanged,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Customer,
    WorkOrder,
}

/// A command worked out on what is stored.
#[derive(Debug)]
pub struct Plan {
    /// The whole contract as it would be.
    pub contract: Contract,
    pub changes: Vec<Change>,
    /// An id that is taken by other content: told unless the documents themselves are wrong.
    pub taken: Option<Error>,
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|change| change.kind == ChangeKind::Unchanged)
    }

    pub fn changes(&self, resource: Resource, id: &str) -> bool {
        let is_it = |change: &&Change| change.resource == resource && change.id == id;
        self.changes.iter().find(is_it).is_some_and(|change| change.kind != ChangeKind::Unchanged)
    }
}

impl Command {
    /// The name of the call, as kept with its request id.
    pub fn method(&self) -> &'static str {
        match self {
            Self::CreateCustomer { .. } => "CreateCustomer",
            Self::UpdateCustomer { .. } => "UpdateCustomer",
            Self::CreateWorkOrder { .. } => "CreateWorkOrder",
            Self::Apply { .. } => "ApplyContract",
        }
    }

    /// The same for the same command, whatever the wire looked like.
    pub fn content(&self) -> Result<Content> {
        let content = serde_json::to_vec(self).map_err(|error| Error::Internal(error.into()))?;
        Ok(Content { hash: hex::encode(Sha256::digest(&content)), bytes: content.len() })
    }

    pub fn customer_id(&self) -> &str {
        match self {
            Self::CreateCustomer { customer }
            | Self::UpdateCustomer { customer, .. }
            | Self::Apply { customer, .. } => &customer.customer_id,
            Self::CreateWorkOrder { work_order } => &work_order.customer_id,
        }
    }

    /// The customer document it brings.
    pub fn customer(&self) -> Option<&Customer> {
        match self {
            Self::CreateCustomer { customer }
            | Self::UpdateCustomer { customer, .. }
            | Self::Apply { customer, .. } => Some(customer),
            Self::CreateWorkOrder { .. } => None,
        }
    }

    /// The work orders it brings, each with the path it stands at.
    pub fn work_orders(&self) -> Vec<(String, &WorkOrder)> {
        match self {
            Self::CreateCustomer { .. } | Self::UpdateCustomer { .. } => Vec::new(),
            Self::CreateWorkOrder { work_order } => vec![("work_order".to_owned(), work_order)],
            Self::Apply { work_orders, .. } => {
                let rows = work_orders.iter().enumerate();
                rows.map(|(row, order)| (format!("work_orders[{row}]"), order)).collect()
            }
        }
    }

    fn etag(&self) -> &str {
        match self {
            Self::UpdateCustomer { etag, .. } | Self::Apply { etag, .. } => etag,
            Self::CreateCustomer { .. } | Self::CreateWorkOrder { .. } => "",
        }
    }

    /// Works the command out on what is stored. Customers that must exist and do not are
    /// `None`.
    pub fn plan(&self, stored: Option<&StoredContract>) -> Result<Option<Plan>> {
        let may_create = matches!(self, Self::CreateCustomer { .. } | Self::Apply { .. });
        if stored.is_none() && !may_create {
            return Ok(None);
        }
        self.match_etag(stored)?;
        let current = stored.map(|stored| &stored.contract);
        let mut plan = match (current, self.customer()) {
            (Some(current), _) => Plan { contract: current.clone(), changes: Vec::new(), taken: None },
            (None, Some(customer)) if may_create => {
                let contract = Contract { customer: customer.clone(), work_orders: Vec::new(), revision: 0 };
                Plan { contract, changes: Vec::new(), taken: None }
            }
            (None, _) => return Ok(None),
        };
        if let Some(customer) = self.customer() {
            plan.put_customer(
                current.map(|current| &current.customer),
                customer,
                matches!(self, Self::UpdateCustomer { .. }),
            );
        }
        for (path, order) in self.work_orders() {
            plan.put_work_order(&path, order);
        }
        plan.contract.work_orders.sort_by(|one, other| one.work_order_id.cmp(&other.work_order_id));
        Ok(Some(plan))
    }

    fn match_etag(&self, stored: Option<&StoredContract>) -> Result<()> {
        let current = stored.map(|stored| etag(stored.contract_version));
        if self.etag().is_empty() || current.as_deref() == Some(self.etag()) {
            return Ok(());
        }
        Err(Error::StaleEtag { customer_id: self.customer_id().to_owned() })
    }
}

impl Plan {
    fn put_customer(&mut self, stored: Option<&Customer>, customer: &Customer, may_update: bool) {
        let fields = stored.map(|stored| differing_fields("customer", stored, customer));
        let kind = match &fields {
            None => ChangeKind::Added,
            Some(fields) if fields.is_empty() => ChangeKind::Unchanged,
            Some(_) => ChangeKind::Updated,
        };
        let id = customer.customer_id.clone();
        let fields = fields.unwrap_or_default();
        if kind == ChangeKind::Updated && !may_update {
            self.refuse(Noun::Customer, &id, &fields);
        }
        self.contract.customer = customer.clone();
        self.changes.push(Change { kind, resource: Resource::Customer, id, fields });
    }

    /// A work order can be added; to change a stored one takes an amendment.
    fn put_work_order(&mut self, path: &str, order: &WorkOrder) {
        let id = order.work_order_id.clone();
        let stored = self.contract.work_orders.iter_mut().find(|stored| stored.work_order_id == id);
        let (kind, fields) = match stored {
            None => {
                self.contract.work_orders.push(order.clone());
                (ChangeKind::Added, Vec::new())
            }
            Some(stored) => {
                let fields = differing_fields(path, stored, order);
                *stored = order.clone();
                let kind = if fields.is_empty() { ChangeKind::Unchanged } else { ChangeKind::Updated };
                (kind, fields)
            }
        };
        if kind == ChangeKind::Updated {
            self.refuse(Noun::WorkOrder, &id, &fields);
        }
        self.changes.push(Change { kind, resource: Resource::WorkOrder, id, fields });
    }

    /// The first id that is taken is told, with all of its fields.
    fn refuse(&mut self, noun: Noun, id: &str, fields: &[String]) {
        if self.taken.is_none() {
            self.taken = Some(Error::AlreadyExists { noun, id: id.to_owned(), fields: fields.to_vec() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUSTOMER: &str = r#"{"customer_id":"contoso","display_name":"Contoso","locations":[{"location_id":"gb-london","display_name":"London","country":"GB","time_zone":"Europe/London","holidays":["2026-12-25"]}],"contacts":[{"contact_id":"ada","display_name":"Ada","email":"ada@contoso.example","location_ids":["gb-london"],"roles":["SUPPORT_ADMINISTRATOR","REACTIVE_CONTACT","CLOUD_ADMINISTRATOR"]}],"licenses":["software-assurance"]}"#;
    const LEAST_CUSTOMER: &str = r#"{"customer_id":"contoso","display_name":"","locations":[]}"#;
    const ORDER: &str = r#"{"work_order_id":"wo-1","customer_id":"contoso","edition_id":"2026-01","start_date":"2026-01-01","end_date":"2026-12-31","signed_date":"2025-12-01","state":"TERMINATED","terminate_time":"2026-06-01T00:00:00Z","host_location_id":"gb-london","downstream_location_ids":["de-berlin"],"base_work_order_id":"wo-0","covered_products":["azure/*"],"currency":"EUR","flex_allowance":100,"items":[{"item_id":"hours","service_id":"engineering","location_ids":["gb-london"],"all_locations":true,"quantity":{"amount":10,"unit":"HOURS"},"predefined_offering":"small","product_ids":["azure/*"],"tenant_ids":["t1"],"delivery_mode":"ON_SITE","time_zone":"Europe/London","exhibit":"A","unit_price":5,"funding":"FLEX_ALLOWANCE","start_date":"2026-02-01","end_date":"2026-11-30","included_hours":{"reactive_support_management":1,"service_delivery_management":2},"priority":1,"events":[{"event_id":"e1","solution_id":"shop","product_ids":["azure/*"],"start_time":"2026-03-01T00:00:00Z","end_time":"2026-03-02T00:00:00Z","confirmed_time":"2026-02-01T00:00:00.000001Z"}],"waivers":[{"code":"MINIMUM_ENGAGEMENT","reference":"mail","granted_by":"ada","start_date":"2026-01-01","end_date":"2026-12-31","product_ids":["azure/*"]}]}]}"#;
    const LEAST_ORDER: &str = r#"{"work_order_id":"wo-2","customer_id":"contoso","edition_id":"2026-01","start_date":"2026-01-01","end_date":"2026-12-31","state":"ACTIVE","host_location_id":"gb-london","covered_products":[],"currency":"EUR","items":[{"item_id":"hours","service_id":"engineering","funding":"PURCHASED"}]}"#;

    /// A request that an older version kept is known by the hash of then. A new field of a document must leave this
    /// text as it is where the field is absent.
    #[test]
    fn the_content_of_a_command_is_the_text_it_always_was() {
        let customer = |text| serde_json::from_str::<Customer>(text).unwrap();
        let order = |text| serde_json::from_str::<WorkOrder>(text).unwrap();
        let etag = "YzM".to_owned();
        let work_orders = vec![order(ORDER), order(LEAST_ORDER)];
        let cases = [
            (
                Command::CreateCustomer { customer: customer(LEAST_CUSTOMER) },
                format!(r#"{{"create_customer":{{"customer":{LEAST_CUSTOMER}}}}}"#),
                "CreateCustomer ce3526cd345cecf7e84f3acaa2323abc5d97b72c6e0823de3df8f377241eeade",
            ),
            (
                Command::UpdateCustomer { customer: customer(CUSTOMER), etag: etag.clone() },
                format!(r#"{{"update_customer":{{"customer":{CUSTOMER},"etag":"YzM"}}}}"#),
                "UpdateCustomer f2dd76267c2e70df8ba519715b931b3b6b9efee02f12bf3bc3892ef05221570f",
            ),
            (
                Command::CreateWorkOrder { work_order: order(ORDER) },
                format!(r#"{{"create_work_order":{{"work_order":{ORDER}}}}}"#),
                "CreateWorkOrder d881fd1b21afa2507b88643e4a74638c7143664f54503b61e6c369476848604a",
            ),
            (
                Command::Apply { customer: customer(CUSTOMER), work_orders, etag },
                format!(r#"{{"apply":{{"customer":{CUSTOMER},"work_orders":[{ORDER},{LEAST_ORDER}],"etag":"YzM"}}}}"#),
                "ApplyContract 94de30d2bc6a49d35430d51004166a0f3c8c4ebfa34d4daac6793e4404a77736",
            ),
        ];
        for (command, text, identity) in cases {
            assert_eq!(serde_json::to_string(&command).unwrap(), text);
            let Content { hash, bytes } = command.content().unwrap();
            assert_eq!((format!("{} {hash}", command.method()).as_str(), bytes), (identity, text.len()));
        }
    }
}
