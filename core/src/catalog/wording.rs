//! Words that follow from the facts of a reason: names instead of ids, amounts as people say them.

use std::borrow::Cow;

use super::names::word;
use super::{Edition, Locale};
use crate::model::{ProductId, Quantity, Unit};

/// A word, and the facts it follows from: it can be used where all of these are carried.
pub(in crate::catalog) const DERIVED: [(&str, &[&str]); 21] = [
    ("service_name", &["service_id"]),
    ("product_name", &["product_id"]),
    ("family_name", &["family"]),
    ("unit_name", &["unit"]),
    ("available_amount", &["available", "unit"]),
    ("requested_amount", &["requested", "unit"]),
    ("requested_amount", &["requested_minutes"]),
    ("limit_amount", &["limit_minutes"]),
    ("least_amount", &["least_minutes"]),
    ("exact_amount", &["exact_minutes"]),
    ("step_amount", &["step_minutes"]),
    ("channel_name", &["channel"]),
    ("allowed_channels", &["channel", "allowed"]),
    ("allowed_languages", &["allowed"]),
    ("activity_name", &["activity"]),
    ("country_name", &["country"]),
    ("license_name", &["license"]),
    ("value_amount", &["value", "unit"]),
    ("value_name", &["value"]),
    ("field_name", &["field"]),
    ("value_words", &["field", "value"]),
];

impl Edition {
    /// A fact, or the word that follows from the facts.
    pub fn word<'v>(&self, locale: Locale, name: &str, fact: &dyn Fn(&str) -> Option<&'v str>) -> Option<Cow<'v, str>> {
        if let Some(fact) = fact(name) {
            return Some(Cow::Borrowed(fact));
        }
        self.derived(locale, name, fact).map(Cow::Owned)
    }

    fn derived<'v>(&self, locale: Locale, name: &str, fact: &dyn Fn(&str) -> Option<&'v str>) -> Option<String> {
        let names = &self.names;
        let each =
            |codes: &str, word: &dyn Fn(&str) -> String| codes.split(", ").map(word).collect::<Vec<_>>().join(", ");
        let minutes = |name: &str| self.amount(fact(name)?, Unit::Minutes.as_str(), locale);
        Some(match name {
            "service_name" => self.service_name(fact("service_id")?, locale),
            "product_name" => self.product_name(fact("product_id")?),
            "family_name" => self.product_name(fact("family")?),
            "unit_name" => names.unit(0, unit(fact("unit")?)?, locale).to_owned(),
            "available_amount" => self.amount(fact("available")?, fact("unit")?, locale)?,
            "requested_amount" => match fact("requested_minutes") {
                Some(minutes) => self.amount(minutes, Unit::Minutes.as_str(), locale)?,
                None => self.amount(fact("requested")?, fact("unit")?, locale)?,
            },
            "limit_amount" => minutes("limit_minutes")?,
            "least_amount" => minutes("least_minutes")?,
            "exact_amount" => minutes("exact_minutes")?,
            "step_amount" => minutes("step_minutes")?,
            "value_amount" => self.amount(fact("value")?, fact("unit")?, locale)?,
            "channel_name" => names.channel(fact("channel")?, locale).to_owned(),
            "allowed_channels" => each(fact("allowed")?, &|code| names.channel(code, locale).to_owned()),
            "allowed_languages" => each(fact("allowed")?, &|code| word(&names.languages, code, locale).to_owned()),
            "activity_name" => word(&names.activities, fact("activity")?, locale).to_owned(),
            "country_name" => names.country(fact("country")?, locale).to_owned(),
            "license_name" => word(&names.licenses, fact("license")?, locale).to_owned(),
            "value_name" => {
                let value = fact("value")?;
                let service = self.service(value).map(|service| service.name.get(locale));
                service.unwrap_or_else(|| word(&names.licenses, value, locale)).to_owned()
            }
            "field_name" => word(&names.fields, fact("field")?, locale).to_owned(),
            "value_words" => self.value_words(locale, fact)?,
            _ => return None,
        })
    }

    /// The value of a remedy as people say it. Ids stay: they are what is to be written.
    fn value_words<'v>(&self, locale: Locale, fact: &dyn Fn(&str) -> Option<&'v str>) -> Option<String> {
        let (names, value) = (&self.names, fact("value")?);
        let each = |word: &dyn Fn(&str) -> String| value.split(", ").map(word).collect::<Vec<_>>().join(", ");
        if let Some(local) = fact("local_value").filter(|local| !local.is_empty()) {
            return Some(local.to_owned());
        }
        Some(match fact("field")? {
            "channel" => each(&|code| names.channel(code, locale).to_owned()),
            "delivery.mode" => each(&|code| names.delivery_mode(code, locale).to_owned()),
            "language" => each(&|code| word(&names.languages, code, locale).to_owned()),
            "activity" => each(&|code| word(&names.activities, code, locale).to_owned()),
            "product_id" => each(&|id| self.product_name(id)),
            "quantity" => fact("unit").and_then(|unit| self.amount(value, unit, locale)).unwrap_or(value.to_owned()),
            _ => value.to_owned(),
        })
    }

    pub fn service_name(&self, service_id: &str, locale: Locale) -> String {
        self.service(service_id).map_or(service_id, |service| service.name.get(locale)).to_owned()
    }

    /// The name of a family or component; of a component without a name of its own, its id.
    fn product_name(&self, product_id: &str) -> String {
        let product = ProductId::new(product_id);
        let family = self.family(product.family);
        let name = match (family, product.component) {
            (Some(family), Some(component)) => family.component(component).map(|component| component.name.as_str()),
            (Some(family), None) => Some(family.name.as_str()),
            (None, _) => None,
        };
        name.unwrap_or(product_id).to_owned()
    }

    fn amount(&self, amount: &str, unit_name: &str, locale: Locale) -> Option<String> {
        Some(self.names.amount(Quantity { amount: amount.parse().ok()?, unit: unit(unit_name)? }, locale))
    }
}

fn unit(name: &str) -> Option<Unit> {
    use Unit::{Attendees, Credits, Days, Engagements, Events, Hours, Minutes, Visits};
    let all = [Minutes, Hours, Days, Credits, Events, Attendees, Visits, Engagements];
    all.into_iter().find(|unit| unit.as_str() == name)
}
