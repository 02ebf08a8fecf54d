use chrono::NaiveDate;
use serde::Deserialize;

use super::format::date;

/// A family of products, such as `azure`.
#[derive(Debug, Clone)]
pub struct Family {
    pub id: String,
    pub name: String,
    /// Cloud families may be asked about by cloud administrators.
    pub cloud: bool,
    pub life_cycle: LifeCycle,
    /// Components with a name or a rule of their own; any other id is an ordinary component.
    pub components: Vec<Component>,
}

impl Family {
    pub fn component(&self, component_id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == component_id)
    }

    /// The dates of the component; those of the family where it has none.
    pub fn life_cycle_of(&self, component_id: Option<&str>) -> LifeCycle {
        let own = component_id.and_then(|id| self.component(id)).map(|component| component.life_cycle);
        let own = own.unwrap_or_default();
        LifeCycle {
            preview_until: own.preview_until.or(self.life_cycle.preview_until),
            retired_from: own.retired_from.or(self.life_cycle.retired_from),
        }
    }
}

#[derive(Debug, Clone)]
pub struct Component {
    pub id: String,
    pub name: String,
    pub life_cycle: LifeCycle,
}

/// Dates are read in the asked location's zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeCycle {
    /// Last day of preview.
    #[serde(default, deserialize_with = "date")]
    pub preview_until: Option<NaiveDate>,
    /// First day without support.
    #[serde(default, deserialize_with = "date")]
    pub retired_from: Option<NaiveDate>,
}
