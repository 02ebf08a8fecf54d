//! Reads and writes customers.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::enums::{read_role, write_role};
use super::read::Reader;
use super::{named, timestamp};
use crate::error::reason;
use crate::model::{Contact, ContactRole, Customer, Location, VersionInfo, Zone};
use crate::proto::v1;
use crate::written::{composed, unknown_zone};

/// Stand-in for a malformed country: no rule knows it.
const NO_COUNTRY: &str = "ZZ";

/// What cannot be represented is refused here; everything else is the purchase rules' to
/// judge. Output-only fields are ignored.
pub(crate) fn read_customer(read: &mut Reader, path: &str, customer: v1::Customer) -> Customer {
    let v1::Customer {
        customer_id,
        display_name,
        locations,
        contacts,
        licenses,
        version: _,
        record_time: _,
        actor: _,
        effective_time: _,
        etag: _,
    } = customer;
    // It is looked up before anything is judged.
    let customer_id = read.required_id(&format!("{path}.customer_id"), customer_id);
    let locations = locations.into_iter().enumerate();
    let contacts = contacts.into_iter().enumerate();
    Customer {
        customer_id,
        display_name: composed(display_name),
        locations: locations
            .map(|(row, location)| read_location(read, &format!("{path}.locations[{row}]"), location))
            .collect(),
        contacts: contacts
            .map(|(row, contact)| read_contact(read, &format!("{path}.contacts[{row}]"), contact))
            .collect(),
        licenses,
    }
}

fn read_location(read: &mut Reader, path: &str, location: v1::Location) -> Location {
    let v1::Location { location_id, display_name, country, time_zone, holidays } = location;
    let zone = match time_zone.parse() {
        Ok(zone) => zone,
        Err(_) if time_zone.is_empty() => {
            read.refuse(format!("{path}.time_zone"), reason::FIELD_REQUIRED, "is required");
            Zone::UTC
        }
        Err(_) => {
            read.refuse(format!("{path}.time_zone"), reason::FIELD_INVALID, unknown_zone(&time_zone));
            Zone::UTC
        }
    };
    let holidays = read_holidays(read, path, &holidays);
    let country = if country.is_empty() {
        read.refuse(format!("{path}.country"), reason::FIELD_REQUIRED, "is required");
        NO_COUNTRY.to_owned()
    } else {
        country
    };
    Location { location_id, display_name: composed(display_name), country, time_zone: zone, holidays }
}

fn read_holidays(read: &mut Reader, path: &str, days: &[String]) -> BTreeSet<NaiveDate> {
    let mut holidays = BTreeSet::new();
    for (row, day) in days.iter().enumerate() {
        let field = format!("{path}.holidays[{row}]");
        if let Some(date) = read.date(&field, day)
            && !holidays.insert(date)
        {
            read.refuse(field, reason::DUPLICATE_ID, format!("`{date}` is there twice; give it once"));
        }
    }
    holidays
}

fn read_contact(read: &mut Reader, path: &str, contact: v1::Contact) -> Contact {
    let v1::Contact { contact_id, display_name, email, location_ids, roles } = contact;
    let roles = read_roles(read, path, roles);
    Contact {
        contact_id,
        display_name: composed(display_name.unwrap_or_default()),
        email: email.unwrap_or_default(),
        location_ids,
        roles,
    }
}

/// Each role once. In a list there is no absent value.
fn read_roles(read: &mut Reader, path: &str, numbers: Vec<i32>) -> Vec<ContactRole> {
    let mut roles = Vec::new();
    for (row, number) in numbers.into_iter().enumerate() {
        let Some(role) = v1::ContactRole::try_from(number).ok().and_then(read_role) else {
            read.refuse(format!("{path}.roles[{row}]"), reason::FIELD_INVALID, format!("`{number}` is no role"));
            continue;
        };
        if roles.contains(&role) {
            read.refuse(format!("{path}.roles[{row}]"), reason::DUPLICATE_ID, "is there twice; give each role once");
        } else {
            roles.push(role);
        }
    }
    roles
}

pub(crate) fn write_customer(customer: &Customer, info: Option<&VersionInfo>, etag: String) -> v1::Customer {
    let Customer { customer_id, display_name, locations, contacts, licenses } = customer;
    v1::Customer {
        customer_id: customer_id.clone(),
        display_name: display_name.clone(),
        locations: locations.iter().map(write_location).collect(),
        contacts: contacts.iter().map(write_contact).collect(),
        licenses: licenses.clone(),
        version: info.map_or(0, |info| info.version),
        record_time: info.map(|info| timestamp(info.record_time)),
        actor: info.map(|info| info.actor.clone()).unwrap_or_default(),
        effective_time: info.and_then(|info| info.effective_time).map(timestamp),
        etag,
    }
}

fn write_location(location: &Location) -> v1::Location {
    let Location { location_id, display_name, country, time_zone, holidays } = location;
    v1::Location {
        location_id: location_id.clone(),
        display_name: display_name.clone(),
        country: country.clone(),
        time_zone: time_zone.name().to_owned(),
        holidays: holidays.iter().map(ToString::to_string).collect(),
    }
}

fn write_contact(contact: &Contact) -> v1::Contact {
    let Contact { contact_id, display_name, email, location_ids, roles } = contact;
    v1::Contact {
        contact_id: contact_id.clone(),
        display_name: named(display_name),
        email: named(email),
        location_ids: location_ids.clone(),
        roles: roles.iter().map(|role| write_role(*role).into()).collect(),
    }
}
