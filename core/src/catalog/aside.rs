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
}

impl Aside {
    pub fn is_about(&self, service: &Service) -> bool {
        let is_for_all = self.services.is_empty() && self.groups.is_empty();
        is_for_all || self.services.contains(&service.id) || self.groups.contains(&service.group)
    }
}
