//! Where the designated contacts of a customer stand: reactive services of the base package go there, too (2.5).

use std::collections::HashMap;

use crate::model::{Contact, ContactRole, Customer};

/// Who stands at a place.
#[derive(Debug, Clone, Copy, Default)]
struct Standing {
    /// A support administrator or a reactive contact.
    is_any: bool,
    /// Somebody who may ask about cloud products.
    is_cloud: bool,
}

/// Where contacts stand.
#[derive(Debug)]
pub(crate) struct ContactPlaces {
    by_location: Vec<Standing>,
    /// Those without a place of their own stand at the host of the base alone.
    at_host: Standing,
}

impl ContactPlaces {
    pub(crate) fn new(customer: &Customer, location_rows: &HashMap<String, usize>) -> Self {
        let mut places =
            Self { by_location: vec![Standing::default(); customer.locations.len()], at_host: Standing::default() };
        for contact in &customer.contacts {
            if contact.location_ids.is_empty() {
                places.at_host.add(contact);
            }
            for row in contact.location_ids.iter().filter_map(|id| location_rows.get(id)) {
                places.by_location.get_mut(*row).into_iter().for_each(|place| place.add(contact));
            }
        }
        places
    }

    /// Whether a contact who may ask about such a product stands at the location.
    pub(crate) fn has(&self, location: usize, host: usize, is_cloud_product: bool) -> bool {
        let fits = |place: &Standing| place.is_any || is_cloud_product && place.is_cloud;
        self.by_location.get(location).is_some_and(fits) || location == host && fits(&self.at_host)
    }
}

impl Standing {
    fn add(&mut self, contact: &Contact) {
        for role in &contact.roles {
            match role {
                ContactRole::SupportAdministrator | ContactRole::ReactiveContact => self.is_any = true,
                ContactRole::CloudAdministrator => self.is_cloud = true,
            }
        }
    }
}
