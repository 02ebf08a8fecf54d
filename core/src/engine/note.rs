//! What no machine can decide is told: notes, some with a date worked out for the case.

use chrono::{DateTime, Days, NaiveDate, Utc};

use super::clauses::hours::host_of;
use super::clauses::location::is_designated;
use super::clauses::request::is_contact_designated;
use super::context::Context;
use super::decision::Note;
use super::query::{Query, is_language};
use crate::catalog::{Clause, Edition, NoteCondition, NoteDate, Rule, Service};
use crate::model::{Contact, ContactRole, Location, day_of};
use crate::terms::{Span, last_day};

/// Who asks what, where; and the item that answers, if there is one.
pub(super) struct NoteContext<'a, 'c> {
    pub edition: &'a Edition,
    pub service: &'a Service,
    pub location: &'a Location,
    pub query: &'c Query<'a>,
    pub context: Option<&'c Context<'a>>,
}

/// The notes of the service's clauses, then those said of it beside them; in catalogue order.
pub(super) fn notes<'a>(subject: &NoteContext<'a, '_>) -> Vec<Note<'a>> {
    let NoteContext { edition, service, .. } = subject;
    let mut notes = Vec::new();
    for (row, clause) in edition.clauses.iter().enumerate() {
        let is_listed = service.clauses.iter().any(|used| usize::from(used.row) == row);
        if is_listed && matches!(clause.rule, Rule::Note) {
            notes.extend(note_of(subject, clause));
        }
        let asides = edition.asides.iter().filter(|aside| aside.clause == row && aside.is_about(service));
        let fitting = asides.filter(|aside| fits(subject, &aside.when));
        notes.extend(fitting.map(|aside| Note { clause, text: &aside.text, metadata: facts(subject) }));
    }
    notes
}

fn note_of<'a>(subject: &NoteContext<'a, '_>, clause: &'a Clause) -> Option<Note<'a>> {
    let mut metadata = facts(subject);
    let Some(date) = clause.date else { return Some(Note { clause, text: &clause.text, metadata }) };
    match date_of(subject, date) {
        Dated::On(day) => {
            metadata.push((date.fact(), day.to_string()));
            Some(Note { clause, text: clause.dated.as_ref().unwrap_or(&clause.text), metadata })
        }
        Dated::Unknown => Some(Note { clause, text: &clause.text, metadata }),
        Dated::NotDue => None,
    }
}

fn facts(subject: &NoteContext<'_, '_>) -> Vec<(&'static str, String)> {
    let mut facts =
        vec![("service_id", subject.service.id.clone()), ("location_id", subject.location.location_id.clone())];
    if let Some(context) = subject.context {
        facts.push(("work_order_id", context.order.work_order_id.clone()));
        facts.push(("item_id", context.item.item_id.clone()));
    }
    facts
}

enum Dated {
    On(NaiveDate),
    /// The question does not say enough; the rule is told without a date.
    Unknown,
    /// There is nothing to tell.
    NotDue,
}

fn date_of(subject: &NoteContext<'_, '_>, date: NoteDate) -> Dated {
    let zone = subject.location.time_zone;
    let delivery = &subject.query.delivery;
    let before = |day: NaiveDate, days: u64| day.checked_sub_days(Days::new(days));
    let after = |day: NaiveDate, days: u64| day.checked_add_days(Days::new(days));
    let found = match date {
        NoteDate::RequestDeadline { days } | NoteDate::RequestBy { days } => {
            // Without an order there is nothing to be late for.
            let Some(context) = subject.context else { return Dated::NotDue };
            let locations = &context.prepared.contract().customer.locations;
            let host = locations.get(context.candidate.host).map_or(zone, |host| host.time_zone);
            let asked = day_of(host, delivery.requested_time.unwrap_or(context.at));
            let is_late_told = matches!(date, NoteDate::RequestDeadline { .. });
            match before(context.order.end_date, days) {
                Some(deadline) if (asked > deadline) == is_late_told => Some(deadline),
                _ => return Dated::NotDue,
            }
        }
        NoteDate::FirstDays { days } => subject.context.and_then(|context| {
            let start = context.item.start_date.unwrap_or(context.order.start_date);
            after(start, days.saturating_sub(1))
        }),
        NoteDate::BeforeDelivery { days } => delivery.start_time.and_then(|start| before(day_of(zone, start), days)),
        NoteDate::AfterDelivery { days } => delivery.end_time.and_then(|end| {
            let start = delivery.start_time.unwrap_or(DateTime::<Utc>::MIN_UTC);
            after(last_day(zone, Span { start, end }), days)
        }),
        NoteDate::HostServes => {
            let serves_from_host = subject.context.is_some_and(|context| {
                let host = host_of(context).map_or("", |(_, host)| &host.location_id);
                context.location.location_id != host
                    && is_designated(context)
                    && (context.item.all_locations || context.item.location_ids.iter().any(|id| id == host))
            });
            return if serves_from_host { Dated::Unknown } else { Dated::NotDue };
        }
    };
    found.map_or(Dated::Unknown, Dated::On)
}

/// Every condition named must hold; a fact the question lacks fits none.
fn fits(subject: &NoteContext<'_, '_>, when: &NoteCondition) -> bool {
    let query = subject.query;
    let severity = when.severities.is_empty() || query.severity.is_some_and(|asked| when.severities.contains(&asked));
    let language = when.languages_but.is_empty()
        || query.language.is_some_and(|tag| !when.languages_but.iter().any(|language| is_language(tag, language)));
    let product = when.products.is_empty()
        || query.product.is_some_and(|asked| when.products.iter().any(|pattern| pattern.matches(asked)));
    let mode = when.delivery_mode.is_none_or(|mode| query.delivery.mode == Some(mode));
    severity && language && product && mode && fits_contract(subject, when)
}

fn fits_contract(subject: &NoteContext<'_, '_>, when: &NoteCondition) -> bool {
    let is = |wanted: Option<bool>, found: Option<bool>| wanted.is_none() || wanted == found;
    let contact = || subject.query.contact_id.and(subject.context).map(is_contact_designated);
    let day = || subject.context.map(|context| day_of(subject.location.time_zone, context.instant()));
    is(when.incident, Some(subject.service.incident))
        && (when.contact_designated.is_none() || is(when.contact_designated, contact()))
        && (when.administrator_at_host.is_none() || is(when.administrator_at_host, administrator(subject)))
        && when.until.is_none_or(|last| day().is_some_and(|day| day <= last))
}

/// Whether a support administrator is at the order's host; none where the order carries its base, which asks for one.
fn administrator(subject: &NoteContext<'_, '_>) -> Option<bool> {
    let context = subject.context?;
    context.coverage?;
    let host = context.order.host_location_id.as_str();
    let base_host = host_of(context).map(|(_, location)| location.location_id.as_str());
    let is_there = |contact: &Contact| match contact.location_ids.as_slice() {
        [] => base_host == Some(host),
        ids => ids.iter().any(|id| id == host),
    };
    let administers = |contact: &Contact| contact.roles.contains(&ContactRole::SupportAdministrator);
    let contacts = &context.prepared.contract().customer.contacts;
    Some(contacts.iter().any(|contact| administers(contact) && is_there(contact)))
}
