//! The tables as written: names where the catalogue has the things themselves, each with the
//! place it stands at.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{NaiveDate, NaiveTime, Weekday};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::catalog::format::{date, positive, time_of_day};
use crate::catalog::{
    Channel, Clock, Effort, EventRule, LifeCycle, LocationRule, Missing, PurchaseRule, Rule, ServicePlan, Severity,
    Tenants, Text,
};
use crate::model::{DeliveryMode, ProductPattern, Unit, Zone};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub id: Spanned<String>,
    pub family: Option<Spanned<String>>,
    pub name: Text,
    pub base_package: Spanned<String>,
    #[serde(default)]
    pub excluded_countries: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHours {
    #[serde(deserialize_with = "time_of_day")]
    pub open: NaiveTime,
    #[serde(deserialize_with = "time_of_day")]
    pub close: NaiveTime,
    pub weekend: Vec<Weekday>,
    #[serde(default)]
    pub countries: BTreeMap<String, Spanned<RawCountryHours>>,
}

/// What is different in a country.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCountryHours {
    pub open: Option<Spanned<Time>>,
    pub close: Option<Spanned<Time>>,
    pub weekend: Option<Vec<Weekday>>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(transparent)]
pub(super) struct Time(#[serde(deserialize_with = "time_of_day")] pub NaiveTime);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFamily {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub cloud: bool,
    #[serde(default)]
    pub life_cycle: LifeCycle,
    #[serde(default)]
    pub components: Vec<RawComponent>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawComponent {
    pub id: Spanned<String>,
    pub name: String,
    #[serde(default)]
    pub life_cycle: LifeCycle,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawService {
    pub id: String,
    pub name: Text,
    pub description: Option<Text>,
    #[serde(default)]
    pub deliverables: Vec<Text>,
    #[serde(default)]
    pub source: Vec<Spanned<String>>,
    pub group: Spanned<String>,
    pub plan: ServicePlan,
    pub unit: Option<Unit>,
    #[serde(default)]
    pub days: bool,
    #[serde(default, deserialize_with = "positive")]
    pub longest_minutes: Option<i64>,
    #[serde(default)]
    pub purchase: PurchaseRule,
    pub delivery_modes: Option<Vec<DeliveryMode>>,
    #[serde(default)]
    pub included_delivery_modes: Vec<DeliveryMode>,
    pub service_hours: Option<RawServiceHours>,
    #[serde(default)]
    pub languages: Vec<RawRestriction<Spanned<String>>>,
    #[serde(default)]
    pub channels: Vec<RawRestriction<Channel>>,
    #[serde(default)]
    pub severities: Vec<Severity>,
    #[serde(default)]
    pub incident: bool,
    #[serde(default)]
    pub location_rule: LocationRule,
    #[serde(default)]
    pub products_only: Vec<Spanned<ProductPattern>>,
    #[serde(default)]
    pub products_except: Vec<Spanned<ProductPattern>>,
    #[serde(default)]
    pub products_open: Vec<Spanned<ProductPattern>>,
    pub covered_family: Option<Spanned<String>>,
    #[serde(default)]
    pub countries_only: Vec<Spanned<String>>,
    #[serde(default)]
    pub countries_except: Vec<Spanned<String>>,
    #[serde(default)]
    pub on_site_countries_only: Vec<Spanned<String>>,
    #[serde(default)]
    pub on_site_countries_except: Vec<Spanned<String>>,
    #[serde(default)]
    pub needs_administrator: bool,
    pub extended_by: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "date")]
    pub delivery_starts: Option<NaiveDate>,
    #[serde(default)]
    pub activities: Vec<Spanned<String>>,
    #[serde(default)]
    pub activities_except: Vec<Spanned<String>>,
    pub included_hours: Option<RawIncluded>,
    pub license: Option<Spanned<String>>,
    pub tenants: Option<Tenants>,
    pub event: Option<EventRule>,
    pub clauses: Vec<Spanned<Listed>>,
    #[serde(default)]
    pub without: Vec<Spanned<RawWithout>>,
}

/// A rule that belongs to every service, and not to this one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWithout {
    pub rule: Rule,
    /// Why not; nothing but the edition's readers reads it.
    pub reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRestriction<T> {
    #[serde(default = "Vec::new")]
    pub products: Vec<Spanned<ProductPattern>>,
    pub only: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIncluded {
    pub reactive_support_management: Spanned<String>,
    pub service_delivery_management: Spanned<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawServiceHours {
    pub hours: Spanned<String>,
    #[serde(default)]
    pub zone: RawZone,
    /// With `zone = "item"`: the zone where the item names none.
    pub otherwise: Option<Spanned<Zone>>,
    #[serde(default)]
    pub severities: Vec<Severity>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RawZone {
    #[default]
    Location,
    Host,
    Item,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAside {
    pub code: Spanned<String>,
    #[serde(default)]
    pub services: Vec<Spanned<String>>,
    #[serde(default)]
    pub groups: Vec<Spanned<String>>,
    #[serde(default)]
    pub services_except: Vec<Spanned<String>>,
    #[serde(default)]
    pub source: Vec<Spanned<String>>,
    #[serde(default)]
    pub when: RawCondition,
    pub text: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawCondition {
    pub severities: Vec<Severity>,
    pub languages_but: Vec<Spanned<String>>,
    pub products: Vec<Spanned<ProductPattern>>,
    pub delivery_mode: Option<DeliveryMode>,
    pub incident: Option<bool>,
    pub contact_designated: Option<bool>,
    pub administrator_at_host: Option<bool>,
    #[serde(deserialize_with = "date")]
    pub until: Option<NaiveDate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    pub service: Spanned<String>,
    pub severities: Vec<Severity>,
    #[serde(default)]
    pub products: Vec<Spanned<ProductPattern>>,
    #[serde(default)]
    pub except: Vec<Spanned<ProductPattern>>,
    pub minutes: Spanned<i64>,
    pub clock: Spanned<Clock>,
    pub effort: Effort,
    #[serde(default)]
    pub resources: Vec<Spanned<String>>,
    #[serde(default)]
    pub obligations: Vec<Spanned<String>>,
}

/// `"CODE"`, `"@set"`, or a code with what is different for this service.
#[derive(Debug)]
pub(super) enum Listed {
    Name(String),
    Use(ListedUse),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListedUse {
    pub code: String,
    pub waivable: Option<bool>,
    pub missing: Option<Missing>,
}

/// By hand: an untagged enum could not say what is wrong in the table.
impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Listed;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the code of a clause, a set such as `@contract`, or a table with a `code`")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Listed, E> {
                Ok(Listed::Name(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Listed, A::Error> {
                ListedUse::deserialize(MapAccessDeserializer::new(map)).map(Listed::Use)
            }
        }

        deserializer.deserialize_any(Either)
    }
}
