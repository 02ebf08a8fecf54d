//! Customers: one row each, or one with all it has.

use comfy_table::Cell;

use super::words;
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::{Contact, ContactRole, Customer, Location};

pub(crate) fn list(customers: &[Customer], screen: &Screen) -> String {
    if customers.is_empty() {
        return "no customers".to_owned();
    }
    let mut table = screen.table(&["Customer", "name", "locations", "contacts"]);
    for customer in customers {
        table.add_row([
            screen.name(Tone::Plain, &customer.customer_id),
            Cell::new(&customer.display_name),
            screen.name(Tone::Plain, &words::joined(customer.locations.iter().map(|it| it.location_id.as_str()))),
            Screen::number(customer.contacts.len()),
        ]);
    }
    keep_whole(&mut table, &[0]);
    screen.laid_out(table)
}

pub(crate) fn page(customer: &Customer, screen: &Screen) -> String {
    // What is known of the customer as a whole is told by the clocks of its first location.
    let first = customer.locations.first().map_or("", |location| &location.location_id);
    let zone = Places::of(customer).location(first);
    let recorded = screen.in_zone(zone).second(customer.record_time.as_ref());
    let facts = [
        ("licences", words::joined(customer.licenses.iter().map(String::as_str))),
        ("version", format!("{} of {recorded} by {}", customer.version, customer.actor)),
        ("etag", customer.etag.clone()),
    ];
    let head = format!("{}  {}", screen.paint(Tone::Good, &customer.display_name), customer.customer_id);
    let facts = screen.pairs(facts.into_iter().filter(|(_, value)| !value.is_empty()));
    let mut parts = vec![format!("{head}\n{facts}"), locations(&customer.locations, screen)];
    if !customer.contacts.is_empty() {
        parts.push(contacts(&customer.contacts, screen));
    }
    parts.join("\n\n")
}

fn locations(locations: &[Location], screen: &Screen) -> String {
    let mut table = screen.table(&["Location", "name", "country", "time zone", "holidays"]);
    for location in locations {
        table.add_row([
            screen.name(Tone::Plain, &location.location_id),
            Cell::new(&location.display_name),
            Cell::new(&location.country),
            screen.name(Tone::Plain, &location.time_zone),
            Cell::new(location.holidays.join(", ")),
        ]);
    }
    keep_whole(&mut table, &[0, 3]);
    screen.laid_out(table)
}

fn contacts(contacts: &[Contact], screen: &Screen) -> String {
    let mut table = screen.table(&["Contact", "name", "mail", "at", "may"]);
    for contact in contacts {
        table.add_row([
            screen.name(Tone::Plain, &contact.contact_id),
            Cell::new(contact.display_name()),
            screen.name(Tone::Plain, contact.email()),
            screen.name(Tone::Plain, &words::joined(contact.location_ids.iter().map(String::as_str))),
            Cell::new(words::joined(contact.roles().map(role))),
        ]);
    }
    keep_whole(&mut table, &[0]);
    screen.laid_out(table)
}

fn role(role: ContactRole) -> &'static str {
    match role {
        ContactRole::SupportAdministrator => "support administrator",
        ContactRole::ReactiveContact => "reactive contact",
        ContactRole::CloudAdministrator => "cloud administrator",
        ContactRole::Unspecified => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::document;
    use crate::cli::screen::assert_legible;

    #[test]
    fn a_customer_is_legible_at_every_width() {
        let text = include_str!("../../../examples/meridian-foods.yaml");
        let customer = document::read(text).unwrap().request.customer.unwrap();
        assert_legible(|screen| page(&customer, screen));
        assert_legible(|screen| list(std::slice::from_ref(&customer), screen));
        let text = page(&customer, &Screen::plain(160));
        assert!(text.contains("Europe/Warsaw") && text.contains("support administrator, reactive contact"), "{text}");
        assert_eq!(list(&[], &Screen::plain(80)), "no customers");
    }
}
