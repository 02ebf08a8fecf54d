//! The customer document: locations, contacts, licences.

use std::collections::HashSet;

use crate::model::{Contact, Customer, Location, codes};
use crate::violation::reason;

use super::findings::{Findings, LONGEST_LIST, MOST_LOCATIONS, below, shown};

pub(super) fn judge(customer: &Customer, path: &str, findings: &mut Findings) {
    findings.id(path, "customer_id", &customer.customer_id);
    findings.name(path, "display_name", &customer.display_name);
    if customer.locations.is_empty() {
        findings.required(path, "locations", "at least one support location");
    }
    findings.at_most(path, "locations", customer.locations.len(), MOST_LOCATIONS);
    for (index, location) in customer.locations.iter().enumerate() {
        judge_location(location, &below(path, &format!("locations[{index}]")), findings);
    }
    let location_ids = customer.locations.iter().map(|location| location.location_id.as_str());
    findings.distinct(path, location_ids.clone(), |index| format!("locations[{index}].location_id"));

    findings.at_most(path, "contacts", customer.contacts.len(), LONGEST_LIST);
    let known: HashSet<&str> = location_ids.collect();
    for (index, contact) in customer.contacts.iter().enumerate() {
        judge_contact(contact, &known, &below(path, &format!("contacts[{index}]")), findings);
    }
    let contact_ids = customer.contacts.iter().map(|contact| contact.contact_id.as_str());
    findings.distinct(path, contact_ids, |index| format!("contacts[{index}].contact_id"));

    findings.at_most(path, "licenses", customer.licenses.len(), LONGEST_LIST);
    for (index, license) in customer.licenses.iter().enumerate() {
        findings.id(path, &format!("licenses[{index}]"), license);
    }
    findings.distinct(path, customer.licenses.iter().map(String::as_str), |index| format!("licenses[{index}]"));
}

fn judge_location(location: &Location, path: &str, findings: &mut Findings) {
    findings.id(path, "location_id", &location.location_id);
    findings.name(path, "display_name", &location.display_name);
    if location.country.is_empty() {
        findings.required(path, "country", "an ISO 3166-1 code such as `GB`");
    } else if !codes::is_country(&location.country) {
        let description = format!("{} is no ISO 3166-1 alpha-2 code; write it like `GB`", shown(&location.country));
        findings.add(path, "country", reason::FIELD_INVALID, description);
    }
    findings.at_most(path, "holidays", location.holidays.len(), LONGEST_LIST);
}

fn judge_contact(contact: &Contact, known: &HashSet<&str>, path: &str, findings: &mut Findings) {
    findings.id(path, "contact_id", &contact.contact_id);
    findings.text(path, "display_name", &contact.display_name);
    findings.text(path, "email", &contact.email);
    if !contact.email.is_empty() && !is_address(&contact.email) {
        let description = format!("{} is no email address; write it like `ada@example.org`", shown(&contact.email));
        findings.add(path, "email", reason::FIELD_INVALID, description);
    }
    findings.at_most(path, "location_ids", contact.location_ids.len(), LONGEST_LIST);
    for (index, location_id) in contact.location_ids.iter().enumerate() {
        if !known.contains(location_id.as_str()) {
            findings.unknown(path, &format!("location_ids[{index}]"), "location", location_id, known.iter().copied());
        }
    }
    let location_ids = contact.location_ids.iter().map(String::as_str);
    findings.distinct(path, location_ids, |index| format!("location_ids[{index}]"));
}

/// Only a mail server can tell more.
fn is_address(email: &str) -> bool {
    email.split_once('@').is_some_and(|(mailbox, host)| !mailbox.is_empty() && !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{check_customers, date};
    use super::*;

    fn location(customer: &mut Customer) -> &mut Location {
        customer.locations.first_mut().unwrap()
    }

    fn contact(customer: &mut Customer) -> &mut Contact {
        customer.contacts.first_mut().unwrap()
    }

    #[test]
    fn a_customer_is_named_and_has_locations() {
        check_customers(&[
            ("no id", |c| c.customer_id.clear(), &["customer_id FIELD_REQUIRED"]),
            ("no plain id", |c| c.customer_id = "Acme".into(), &["customer_id FIELD_INVALID"]),
            ("the longest id", |c| c.customer_id = "a".repeat(64), &[]),
            ("a longer id", |c| c.customer_id = "a".repeat(65), &["customer_id FIELD_INVALID"]),
            ("a blank name", |c| c.display_name = " ".into(), &["display_name FIELD_REQUIRED"]),
            ("the longest name", |c| c.display_name = "é".repeat(200), &[]),
            ("a longer name", |c| c.display_name = "é".repeat(201), &["display_name FIELD_OUT_OF_RANGE"]),
            ("a name no store keeps", |c| c.display_name = "a\0".into(), &["display_name FIELD_INVALID"]),
            (
                "no locations",
                |c| {
                    c.locations.clear();
                    c.contacts.clear();
                },
                &["locations FIELD_REQUIRED"],
            ),
            ("a licence id", |c| c.licenses = vec!["A b".into()], &["licenses[0] FIELD_INVALID"]),
            ("a licence twice", |c| c.licenses = vec!["a".into(), "a".into()], &["licenses[1] DUPLICATE_ID"]),
        ]);
    }

    #[test]
    fn a_location_lies_in_a_country() {
        check_customers(&[
            ("no country", |c| location(c).country.clear(), &["locations[0].country FIELD_REQUIRED"]),
            ("no such country", |c| location(c).country = "UK".into(), &["locations[0].country FIELD_INVALID"]),
            ("lower case", |c| location(c).country = "gb".into(), &["locations[0].country FIELD_INVALID"]),
            ("no name", |c| location(c).display_name.clear(), &["locations[0].display_name FIELD_REQUIRED"]),
            (
                "another id",
                |c| c.locations[3].location_id = "x y".into(),
                &["locations[3].location_id FIELD_INVALID", "contacts[0].location_ids[1] REFERENCE_UNKNOWN"],
            ),
            (
                "a location twice",
                |c| c.locations[1].location_id = "gb-london".into(),
                &["locations[1].location_id DUPLICATE_ID"],
            ),
            ("as many holidays as may be", |c| location(c).holidays = holidays(1_000), &[]),
            (
                "more holidays",
                |c| location(c).holidays = holidays(1_001),
                &["locations[0].holidays FIELD_OUT_OF_RANGE"],
            ),
            ("as many locations as may be", |c| fill_locations(c, 250), &[]),
            ("more locations", |c| fill_locations(c, 251), &["locations FIELD_OUT_OF_RANGE"]),
        ]);
    }

    #[test]
    fn a_contact_can_be_reached() {
        check_customers(&[
            ("no id", |c| contact(c).contact_id.clear(), &["contacts[0].contact_id FIELD_REQUIRED"]),
            ("no email", |c| contact(c).email.clear(), &[]),
            ("no address", |c| contact(c).email = "ada".into(), &["contacts[0].email FIELD_INVALID"]),
            ("half an address", |c| contact(c).email = "ada@".into(), &["contacts[0].email FIELD_INVALID"]),
            (
                "a long name",
                |c| contact(c).display_name = "a".repeat(201),
                &["contacts[0].display_name FIELD_OUT_OF_RANGE"],
            ),
            ("every location", |c| contact(c).location_ids.clear(), &[]),
            (
                "an unknown location",
                |c| contact(c).location_ids = vec!["gb-paris".into()],
                &["contacts[0].location_ids[0] REFERENCE_UNKNOWN"],
            ),
            (
                "a location twice",
                |c| contact(c).location_ids = vec!["gb-london".into(), "gb-london".into()],
                &["contacts[0].location_ids[1] DUPLICATE_ID"],
            ),
            ("a contact twice", |c| c.contacts.extend(c.contacts.clone()), &["contacts[1].contact_id DUPLICATE_ID"]),
            ("more contacts than may be", |c| fill_contacts(c, 1_001), &["contacts FIELD_OUT_OF_RANGE"]),
            ("as many contacts as may be", |c| fill_contacts(c, 1_000), &[]),
        ]);
    }

    #[test]
    fn fields_stand_below_the_path() {
        let customer = Customer {
            customer_id: "acme".into(),
            display_name: "Acme".into(),
            locations: vec![Location {
                location_id: "a".into(),
                display_name: "A".into(),
                country: "XX".into(),
                time_zone: crate::model::Zone::UTC,
                holidays: Default::default(),
            }],
            contacts: Vec::new(),
            licenses: Vec::new(),
        };
        let [violation] = &super::super::validate_customer(&customer, "customer")[..] else { panic!("one violation") };
        assert_eq!(violation.field, "customer.locations[0].country");
        assert_eq!(violation.description, "`XX` is no ISO 3166-1 alpha-2 code; write it like `GB`");
    }

    fn holidays(count: usize) -> std::collections::BTreeSet<chrono::NaiveDate> {
        date("2026-01-01").iter_days().take(count).collect()
    }

    fn fill_locations(customer: &mut Customer, count: usize) {
        let model = customer.locations[0].clone();
        let more = (customer.locations.len()..count).map(|n| Location { location_id: n.to_string(), ..model.clone() });
        customer.locations.extend(more);
    }

    fn fill_contacts(customer: &mut Customer, count: usize) {
        let model = customer.contacts[0].clone();
        let more = (customer.contacts.len()..count).map(|n| Contact { contact_id: n.to_string(), ..model.clone() });
        customer.contacts.extend(more);
    }
}
