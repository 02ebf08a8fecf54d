//! What the names of the API are called in words, so that no text shows them as they are.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Channel, Locale, Text, countries};
use crate::model::{DeliveryMode, MINUTES_PER_HOUR, Quantity, Unit};

/// Words for names of the API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    pub units: BTreeMap<Unit, UnitName>,
    pub channels: BTreeMap<Channel, Text>,
    pub delivery_modes: BTreeMap<DeliveryMode, Text>,
    /// What a request asks about, by its path.
    pub fields: BTreeMap<String, Text>,
    pub activities: BTreeMap<String, Text>,
    /// By ISO 3166 code; what is not here is called as everywhere.
    pub countries: BTreeMap<String, Text>,
    /// By primary subtag.
    pub languages: BTreeMap<String, Text>,
    pub licenses: BTreeMap<String, Text>,
    /// What a section of the service description is called.
    pub section: Option<Text>,
}

/// One of a unit, and several.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitName {
    pub one: Text,
    pub many: Text,
}

impl Names {
    /// Such as `2 h 30 min` or `1 event`.
    pub fn amount(&self, quantity: Quantity, locale: Locale) -> String {
        match quantity.unit {
            Unit::Minutes | Unit::Hours => {
                let minutes = quantity.in_base_unit().unwrap_or(i64::MAX);
                let hours = minutes.checked_div(MINUTES_PER_HOUR).unwrap_or_default();
                let rest = minutes.checked_rem(MINUTES_PER_HOUR).unwrap_or_default();
                match (hours, rest) {
                    (0, rest) => self.counted(rest, Unit::Minutes, locale),
                    (hours, 0) => self.counted(hours, Unit::Hours, locale),
                    (hours, rest) => {
                        let hours = self.counted(hours, Unit::Hours, locale);
                        format!("{hours} {}", self.counted(rest, Unit::Minutes, locale))
                    }
                }
            }
            unit => self.counted(quantity.amount, unit, locale),
        }
    }

    fn counted(&self, amount: i64, unit: Unit, locale: Locale) -> String {
        format!("{amount} {}", self.unit(amount, unit, locale))
    }

    /// The unit as it is called beside such an amount.
    pub fn unit(&self, amount: i64, unit: Unit, locale: Locale) -> &str {
        let name = self.units.get(&unit).map(|name| if amount == 1 { &name.one } else { &name.many });
        name.map_or(unit.as_str(), |name| name.get(locale))
    }

    pub fn channel<'n>(&'n self, name: &'n str, locale: Locale) -> &'n str {
        let known = self.channels.iter().find(|(channel, _)| channel.as_str() == name);
        known.map_or(name, |(_, text)| text.get(locale))
    }

    pub fn delivery_mode<'n>(&'n self, name: &'n str, locale: Locale) -> &'n str {
        let known = self.delivery_modes.iter().find(|(mode, _)| mode.as_str() == name);
        known.map_or(name, |(_, text)| text.get(locale))
    }

    pub fn country<'n>(&'n self, code: &'n str, locale: Locale) -> &'n str {
        let own = self.countries.get(code).map(|text| text.get(locale));
        own.or_else(|| countries::name(code, locale)).unwrap_or(code)
    }
}

/// The word for a code, else the code.
pub(super) fn word<'n>(names: &'n BTreeMap<String, Text>, code: &'n str, locale: Locale) -> &'n str {
    names.get(code).map_or(code, |text| text.get(locale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn amounts_are_told_as_people_say_them() {
        let catalog = Catalog::embedded().unwrap();
        let names = &catalog.default_edition().names;
        let said = |amount, unit, locale| names.amount(Quantity { amount, unit }, locale);
        for (amount, unit, english, indonesian) in [
            (150, Unit::Minutes, "2 h 30 min", "2 jam 30 menit"),
            (120, Unit::Minutes, "2 h", "2 jam"),
            (6, Unit::Hours, "6 h", "6 jam"),
            (45, Unit::Minutes, "45 min", "45 menit"),
            (0, Unit::Minutes, "0 min", "0 menit"),
            (1, Unit::Events, "1 event", "1 peristiwa"),
            (2, Unit::Events, "2 events", "2 peristiwa"),
            (5, Unit::Attendees, "5 attendees", "5 peserta"),
        ] {
            assert_eq!(said(amount, unit, Locale::English), english);
            assert_eq!(said(amount, unit, Locale::Indonesian), indonesian);
        }
        assert_eq!(Names::default().amount(Quantity { amount: 2, unit: Unit::Visits }, Locale::English), "2 VISITS");
    }
}
