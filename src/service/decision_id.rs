//! The id that names a decision in logs, traces and receipts.

use chrono::{DateTime, Utc};

use super::Question;
use crate::model::{Canonical, DeliveryMode};
use crate::store::Epoch;

/// Names the encoding: the fields by name, absent ones left out. A field that comes later leaves the ids of questions
/// without it as they are.
const ENCODING: &str = "entitled.decision.1";

/// 128 bits over everything a decision depends on, in hexadecimal: what was asked, of which revision of the customer in
/// which epoch, by which edition, at which instant. Neither the language of its texts nor how it is told bears on it.
pub(super) fn decision_id(
    question: &Question,
    check_time: DateTime<Utc>,
    revision: i64,
    edition_id: &str,
    epoch: &Epoch,
) -> String {
    // Every field is named here: a new one must be thought about.
    let Question {
        customer_id,
        location_id,
        product_id,
        service_id,
        check_time: _,
        known_time,
        severity,
        channel,
        language,
        contact_id,
        tenant_id,
        activity,
        quantity,
        start_time,
        end_time,
        mode,
        requested_time,
        confirmed_time,
        solution_ids,
        incident_close_time,
        consistency: _,
        locale: _,
        view: _,
    } = question;
    let mut fields = Fields(Canonical::new(ENCODING));
    fields.text("customer_id", Some(customer_id)).text("location_id", Some(location_id));
    fields.text("product_id", product_id.as_deref()).text("service_id", Some(service_id));
    fields.time("check_time", Some(check_time)).time("known_time", *known_time);
    fields.text("severity", severity.map(|it| it.as_str())).text("channel", channel.map(|it| it.as_str()));
    fields.text("language", language.as_deref()).text("contact_id", contact_id.as_deref());
    fields.text("tenant_id", tenant_id.as_deref()).text("activity", activity.as_deref());
    if let Some(quantity) = quantity {
        // `1 h` and `60 min` are the same; what is too large for that is refused in any case.
        let unit = quantity.in_base_unit().map_or(quantity.unit, |_| quantity.unit.base());
        let amount = quantity.in_base_unit().unwrap_or(quantity.amount);
        fields.text("quantity.unit", Some(unit.as_str())).number("quantity.amount", amount);
    }
    fields.time("start_time", *start_time).time("end_time", *end_time);
    fields.text("mode", mode.map(DeliveryMode::as_str));
    fields.time("requested_time", *requested_time).time("confirmed_time", *confirmed_time);
    for solution_id in solution_ids {
        fields.text("solution_id", Some(solution_id));
    }
    fields.time("incident_close_time", *incident_close_time);
    fields.number("revision", revision).text("edition_id", Some(edition_id));
    // The same revision of a database that was restored is another one.
    fields.text("epoch", (epoch.number > 1).then_some(&epoch.epoch_id));
    let Fields(canonical) = fields;
    hex::encode(canonical.digest().get(..16).unwrap_or_default())
}

/// Fields with their names.
struct Fields(Canonical);

impl Fields {
    fn text(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.0.text(name).text(value);
        }
        self
    }

    fn number(&mut self, name: &str, value: i64) -> &mut Self {
        self.0.text(name).number(value);
        self
    }

    fn time(&mut self, name: &str, value: Option<DateTime<Utc>>) -> &mut Self {
        if let Some(value) = value {
            // To the nanosecond, as decisions are made; chrono's count of nanoseconds ends in 2262.
            self.0.text(name).number(value.timestamp()).number(i64::from(value.timestamp_subsec_nanos()));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use chrono::TimeDelta;

    use super::*;
    use crate::catalog::{Channel, Locale, Severity};
    use crate::model::{Quantity, Unit};
    use crate::service::{Consistency, View};

    const AT: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn question() -> Question {
        Question {
            customer_id: "acme".to_owned(),
            location_id: "gb-london".to_owned(),
            product_id: Some("azure/app-service".to_owned()),
            service_id: "problem-resolution-support".to_owned(),
            ..Question::default()
        }
    }

    fn first() -> Epoch {
        Epoch { number: 1, epoch_id: "a".to_owned() }
    }

    fn id_of(change: impl FnOnce(&mut Question)) -> String {
        let mut question = question();
        change(&mut question);
        decision_id(&question, AT, 7, "unified-enterprise-2023", &first())
    }

    /// Ids stand in logs and receipts: another version of this program tells the same.
    #[test]
    fn an_id_stays_what_it_is() {
        assert_eq!(id_of(|_| ()), "8ac2d076ea97f07a6d35f2e714ff4ed5");
    }

    #[test]
    fn how_it_is_told_makes_no_other_decision() {
        let ids = [
            id_of(|it| it.locale = Locale::Indonesian),
            id_of(|it| it.view = View::Full),
            id_of(|it| it.consistency = Consistency::Full),
            id_of(|it| it.check_time = Some(AT)),
        ];
        assert!(ids.iter().all(|id| *id == id_of(|_| ())));
        let of = |amount, unit| id_of(|it| it.quantity = Some(Quantity { amount, unit }));
        assert_eq!(of(1, Unit::Hours), of(60, Unit::Minutes));
    }

    #[test]
    fn whatever_bears_on_it_makes_another() {
        let some = || Some("x".to_owned());
        let mut ids = vec![
            id_of(|_| ()),
            id_of(|it| it.customer_id = "contoso".to_owned()),
            id_of(|it| it.location_id = "x".to_owned()),
            id_of(|it| it.product_id = None),
            id_of(|it| it.product_id = some()),
            id_of(|it| it.service_id = "x".to_owned()),
            id_of(|it| it.known_time = Some(AT)),
            id_of(|it| it.severity = Some(Severity::A)),
            id_of(|it| it.channel = Some(Channel::Phone)),
            id_of(|it| it.language = some()),
            id_of(|it| it.contact_id = some()),
            id_of(|it| it.tenant_id = some()),
            id_of(|it| it.activity = some()),
            id_of(|it| it.quantity = Some(Quantity { amount: 1, unit: Unit::Hours })),
            id_of(|it| it.quantity = Some(Quantity { amount: i64::MAX, unit: Unit::Hours })),
            id_of(|it| it.start_time = Some(AT)),
            id_of(|it| it.end_time = Some(AT)),
            id_of(|it| it.end_time = Some(AT + TimeDelta::nanoseconds(1))),
            id_of(|it| it.mode = Some(DeliveryMode::OnSite)),
            id_of(|it| it.requested_time = Some(AT)),
            id_of(|it| it.confirmed_time = Some(AT)),
            id_of(|it| it.solution_ids = vec!["x".to_owned()]),
            id_of(|it| it.solution_ids = vec!["x".to_owned(), "y".to_owned()]),
            id_of(|it| it.incident_close_time = Some(AT)),
        ];
        ids.push(decision_id(&question(), AT + TimeDelta::nanoseconds(1), 7, "unified-enterprise-2023", &first()));
        ids.push(decision_id(&question(), AT, 8, "unified-enterprise-2023", &first()));
        ids.push(decision_id(&question(), AT, 7, "another", &first()));
        for epoch_id in ["b", "c"] {
            let restored = Epoch { number: 2, epoch_id: epoch_id.to_owned() };
            ids.push(decision_id(&question(), AT, 7, "unified-enterprise-2023", &restored));
        }
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
    }
}
