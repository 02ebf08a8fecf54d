use chrono::NaiveDate;

use super::{Service, Severity, Text};
use crate::model::{DeliveryMode, ProductPattern};

/// Something said beside a clause: of some services, under some conditions.
#[derive(Debug, Clone)]
pub struct Aside {
    /// Row of the clause it is said with.
    pub clause: usize,
    /// With both empty: of every service.
    pub services: Vec<String>,
    pub groups: Vec<String>,
    /// Of these it is not.
    pub services_except: Vec<String>,
    /// Ids of each [`super::Section`] it is from.
    pub source: Vec<String>,
    pub when: NoteCondition,
    pub text: Text,
}

/// What the question must say for an aside to be told.
#[derive(Debug, Clone, Default)]
pub struct NoteCondition {
    pub severities: Vec<Severity>,
    /// A language other than these.
    pub languages_but: Vec<String>,
    pub products: Vec<ProductPattern>,
    pub delivery_mode: Option<DeliveryMode>,
    /// Whether the service answers incidents.
    pub incident: Option<bool>,
    /// Whether the contact who is named is designated for the product.
    pub contact_designated: Option<bool>,
    /// Whether a support administrator is at the host, where the order at hand does not carry the base.
    pub administrator_at_host: Option<bool>,
    /// The last day it is told, by the calendar of the asked location.
    pub until: Option<NaiveDate>,
}

impl Aside {
    pub fn is_about(&self, service: &Service) -> bool {
        let is_for_all = self.services.is_empty() && self.groups.is_empty();
        !self.services_except.contains(&service.id)
            && (is_for_all || self.services.contains(&service.id) || self.groups.contains(&service.group))
    }
}
