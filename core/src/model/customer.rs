use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Zone;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub customer_id: String,
    pub display_name: String,
    pub locations: Vec<Location>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// Licence ids, such as `microsoft-cloud-for-retail`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<String>,
}

impl Customer {
    pub fn location(&self, location_id: &str) -> Option<&Location> {
        self.locations.iter().find(|location| location.location_id == location_id)
    }

    pub fn contact(&self, contact_id: &str) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.contact_id == contact_id)
    }
}

/// A support location of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    pub location_id: String,
    pub display_name: String,
    /// ISO 3166-1 alpha-2, upper case.
    pub country: String,
    /// The civil time people there read on the clock.
    pub time_zone: Zone,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<NaiveDate>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub contact_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Where they stand; empty: at the host of the base alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub location_ids: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<ContactRole>,
}

impl Contact {
    /// Whether they stand at the host of a base.
    pub fn is_at_host(&self, location_id: &str) -> bool {
        self.location_ids.is_empty() || self.location_ids.iter().any(|id| id == location_id)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContactRole {
    SupportAdministrator,
    ReactiveContact,
    CloudAdministrator,
}
