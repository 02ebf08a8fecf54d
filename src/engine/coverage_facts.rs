//! What a coverage says of the item that answers.

use super::Coverage;
use crate::catalog::{Edition, Service};
use crate::model::{DeliveryMode, Item};

impl<'a> Coverage<'a> {
    /// How the service may be delivered: remotely, as the catalogue includes it, and as the item was sold. A base item says
    /// nothing of the single services it brings.
    pub fn delivery_modes(&self, service: &Service) -> Vec<DeliveryMode> {
        let said = if service.is_base() { None } else { self.item.delivery_mode };
        let sold = said.unwrap_or(service.default_delivery_mode());
        let has = |mode: &DeliveryMode| {
            *mode == DeliveryMode::Remote || *mode == sold || service.included_delivery_modes.contains(mode)
        };
        [DeliveryMode::Remote, DeliveryMode::OnSite].into_iter().filter(has).collect()
    }

    /// The base package of the agreement it leans on.
    pub fn base_item(&self, edition: &Edition) -> Option<&'a Item> {
        self.base?.items.iter().find(|item| item.service_id == edition.base_package)
    }
}
