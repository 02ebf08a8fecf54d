use chrono::NaiveDate;
use serde::Deserialize;

/// A family of products, such as `azure`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    pub id: String,
    pub name: String,
    /// Cloud families may be asked about by cloud administrators.
    #[serde(default)]
    pub cloud: bool,
    #[serde(default)]
    pub life_cycle: LifeCycle,
    /// Components with a name or a rule of their own; any other id is an ordinary component.
    #[serde(default)]
    pub components: Vec<Component>,
}

impl Family {
    pub fn component(&self, component_id: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.id == component_id)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub life_cycle: LifeCycle,
}

/// Dates are read in the asked location's zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LifeCycle {
    /// Last day of preview.
    pub preview_until: Option<NaiveDate>,
    /// First day without support.
    pub retired_from: Option<NaiveDate>,
}
