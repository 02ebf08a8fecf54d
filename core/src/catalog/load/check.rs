//! What serde cannot see: codes and ids in their form, times in their order, and tables that
//! go together.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::Weekday;
use toml::Spanned;

use super::raw::{RawCountryHours, RawFamily, RawHours, RawService, RawTarget};
use super::source::Mistakes;
use super::table::ReadTable;
use crate::catalog::{Clause, Clock, Group, Hours, QuantityRule, Rule, Section};
use crate::model::codes::is_country;
use crate::model::{ProductPattern, Unit, is_id, primary_language};
use crate::suggest;

/// Rows of clauses are kept as bits of a `u128`.
const MOST_CLAUSES: usize = 128;
/// The hours response targets count business time by.
const BUSINESS: &str = "business";

pub(super) fn ids<'a>(ids: impl Iterator<Item = (&'a String, usize)>, noun: &str, mistakes: &mut Mistakes<'_>) {
    for (id, at) in ids.filter(|(id, _)| !is_id(id)) {
        mistakes.add(at, format!("`{id}` is no id of a {noun}: use 1 to 64 of `a-z 0-9 . _ -`"));
    }
}

pub(super) fn countries<'a>(codes: impl IntoIterator<Item = &'a Spanned<String>>, mistakes: &mut Mistakes<'_>) {
    for code in codes.into_iter().filter(|code| !is_country(code.get_ref())) {
        mistakes.at(code, format!("`{}` is no country of ISO 3166 such as `GB`", code.get_ref()));
    }
}

/// Only primary subtags are compared, so only they can be meant.
pub(super) fn languages<'a>(tags: impl IntoIterator<Item = &'a Spanned<String>>, mistakes: &mut Mistakes<'_>) {
    for tag in tags {
        let primary = primary_language(tag.get_ref());
        if primary.as_deref() != Some(tag.get_ref()) {
            let hint = primary.map_or(String::new(), |primary| format!("; write `{primary}`"));
            mistakes.at(tag, format!("`{}` is no primary language subtag such as `en`{hint}", tag.get_ref()));
        }
    }
}

pub(super) fn pattern(pattern: &Spanned<ProductPattern>, mistakes: &mut Mistakes<'_>) {
    if let ProductPattern::Component(_, component) = pattern.get_ref()
        && !is_id(component)
    {
        let shown = pattern.get_ref();
        mistakes
            .at(pattern, format!("`{shown}` is no product pattern: `family`, `family/*`, `family/component` or `*`"));
    }
}

pub(super) fn clauses(clauses: &[ReadTable<Clause>], mistakes: &mut Mistakes<'_>) {
    let is_code = |code: &str| {
        code.starts_with(|first: char| first.is_ascii_uppercase())
            && code.len() <= 64
            && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    for row in clauses {
        if !is_code(&row.value.code) {
            let code = &row.value.code;
            mistakes.add(row.key("code"), format!("`{code}` is no code of a clause: use 1 to 64 of `A-Z 0-9 _`"));
        }
        if row.value.rule != Rule::Note && row.value.date.is_some() {
            mistakes.add(row.key("date"), "only `rule = \"note\"` tells a date");
        }
    }
    if let Some(row) = clauses.get(MOST_CLAUSES) {
        mistakes.add(row.at, format!("more than {MOST_CLAUSES} clauses"));
    }
}

/// What nobody bought is refused by a clause, too.
pub(super) fn answers(clauses: &[ReadTable<Clause>], head_at: usize, mistakes: &mut Mistakes<'_>) {
    if !clauses.iter().any(|row| row.value.rule == Rule::Purchased) {
        mistakes.add(head_at, "no clause has `rule = \"purchased\"`, the answer where nobody bought the service");
    }
}

pub(super) fn groups(groups: &[ReadTable<Group>], mistakes: &mut Mistakes<'_>) {
    ids(groups.iter().map(|row| (&row.value.id, row.key("id"))), "group", mistakes);
}

/// The sections, and those that clauses say they are from.
pub(super) fn sections(sections: &[ReadTable<Section>], clauses: &[ReadTable<Clause>], mistakes: &mut Mistakes<'_>) {
    ids(sections.iter().map(|row| (&row.value.id, row.key("id"))), "section", mistakes);
    let known: HashSet<&str> = sections.iter().map(|row| row.value.id.as_str()).collect();
    for row in clauses {
        for id in row.value.source.iter().filter(|id| !known.contains(id.as_str())) {
            let hint = suggest::hint(suggest::nearest(id, known.iter().copied()).as_deref());
            mistakes.add(row.key("source"), format!("unknown section `{id}`{hint}"));
        }
    }
}

pub(super) fn families(families: &[ReadTable<RawFamily>], mistakes: &mut Mistakes<'_>) {
    ids(families.iter().map(|row| (&row.value.id, row.key("id"))), "product family", mistakes);
    for family in families {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for component in &family.value.components {
            let (id, at) = (component.id.get_ref(), component.id.span().start);
            ids([(id, at)].into_iter(), "component", mistakes);
            if let Some(first) = seen.insert(id, at) {
                let place = mistakes.place(first);
                mistakes.add(at, format!("component `{id}` is already at {place}"));
            }
        }
    }
}

pub(super) fn service(row: &ReadTable<()>, raw: &RawService, mistakes: &mut Mistakes<'_>) {
    ids([(&raw.id, row.key("id"))].into_iter(), "service", mistakes);
    let offerings = raw.purchase.predefined.iter().map(|offering| (&offering.id, row.key("purchase.predefined")));
    ids(offerings, "predefined offering", mistakes);
    ids(
        raw.activities.iter().chain(&raw.activities_except).map(|id| (id.get_ref(), id.span().start)),
        "activity",
        mistakes,
    );
    ids(raw.license.iter().map(|id| (id.get_ref(), id.span().start)), "licence", mistakes);
    countries(raw.countries_only.iter().chain(&raw.countries_except), mistakes);
    countries(raw.on_site_countries_only.iter().chain(&raw.on_site_countries_except), mistakes);
    languages(raw.languages.iter().flat_map(|rule| &rule.only), mistakes);
    match raw.unit {
        Some(Unit::Days) => mistakes.add(row.key("unit"), "days are counted as `HOURS`; `days = true` accepts them"),
        unit if raw.days && !unit.is_some_and(Unit::is_time) => {
            mistakes.add(row.key("days"), "`days` goes with a service that is counted in `HOURS`");
        }
        _ => {}
    }
    match (raw.unit, raw.purchase.quantity) {
        (Some(_), QuantityRule::None) => {
            let message =
                "`unit` counts nothing: nobody can buy a number of it; set `purchase.quantity`, or leave `unit` out";
            mistakes.add(row.key("unit"), message);
        }
        (None, QuantityRule::One | QuantityRule::Optional | QuantityRule::Required) => {
            let message = "a number of nothing: the service has no `unit`; name one, or leave `purchase.quantity` out";
            mistakes.add(row.key("purchase.quantity"), message);
        }
        _ => {}
    }
    let closed = "an empty `only` lets nothing through; name what is allowed, or take the row out";
    if raw.languages.iter().any(|rule| rule.only.is_empty()) {
        mistakes.add(row.key("languages"), closed);
    }
    if raw.channels.iter().any(|rule| rule.only.is_empty()) {
        mistakes.add(row.key("channels"), closed);
    }
    if raw.purchase.quantity == QuantityRule::PredefinedOnly && raw.purchase.predefined.is_empty() {
        let message = "it can be bought in no way: `purchase.quantity` is `predefined_only`, and there is no `purchase.predefined`";
        mistakes.add(row.key("purchase.quantity"), message);
    }
    if raw.delivery_modes.as_ref().is_some_and(Vec::is_empty) {
        mistakes.add(row.key("delivery_modes"), "a service is delivered in one way at least");
    }
    if let Some(tenants) = raw.tenants
        && tenants.maximum.is_some_and(|most| most < tenants.minimum)
    {
        mistakes.add(row.key("tenants.maximum"), "the maximum of tenants is below the minimum");
    }
}

/// Hours of every country made whole by those of the table they stand in.
pub(super) fn hours(
    row: ReadTable<BTreeMap<String, RawHours>>,
    mistakes: &mut Mistakes<'_>,
) -> BTreeMap<String, Hours> {
    ids(row.value.keys().map(|name| (name, row.key(name))), "table of hours", mistakes);
    let mut all = BTreeMap::new();
    for (name, raw) in &row.value {
        let at = |field: &str| row.key(&format!("{name}.{field}"));
        let mut hours =
            Hours { open: raw.open, close: raw.close, weekend: raw.weekend.clone(), countries: BTreeMap::new() };
        working(&hours, at("close"), at("weekend"), mistakes);
        let mut countries = BTreeMap::new();
        for (country, own) in &raw.countries {
            if !is_country(country) {
                let message = format!("`{country}` is no country of ISO 3166 such as `GB`");
                mistakes.add(at(&format!("countries.{country}")), message);
            }
            let RawCountryHours { open, close, weekend } = own.get_ref();
            let own = Hours {
                open: open.as_ref().map_or(hours.open, |open| open.get_ref().0),
                close: close.as_ref().map_or(hours.close, |close| close.get_ref().0),
                weekend: weekend.clone().unwrap_or_else(|| hours.weekend.clone()),
                countries: BTreeMap::new(),
            };
            let given = if close.is_some() { "close" } else { "open" };
            let [clock, weekend] = [given, "weekend"].map(|field| at(&format!("countries.{country}.{field}")));
            working(&own, clock, weekend, mistakes);
            countries.insert(country.clone(), own);
        }
        hours.countries = countries;
        all.insert(name.clone(), hours);
    }
    all
}

/// A calendar that is never open would promise nothing.
fn working(hours: &Hours, clock: usize, weekend: usize, mistakes: &mut Mistakes<'_>) {
    if hours.close <= hours.open {
        let [open, close] = [hours.open, hours.close].map(|time| time.format("%H:%M"));
        mistakes.add(clock, format!("it opens at {open} and closes at {close}, which is not later"));
    }
    let days = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
    if days.iter().all(|day| hours.weekend.contains(day)) {
        mistakes.add(weekend, "a week of seven days off is never worked");
    }
}

/// An offer is asked about by its place in the precedence, and answers by its targets.
pub(super) fn response(
    targets: &[ReadTable<RawTarget>],
    offers: &HashSet<String>,
    precedence: &[Spanned<String>],
    hours: &HashSet<String>,
    mistakes: &mut Mistakes<'_>,
) {
    let mut seen = HashSet::new();
    for id in precedence {
        if !offers.contains(id.get_ref()) {
            mistakes.at(id, format!("`{}` has no `[[response.targets]]`", id.get_ref()));
        }
        if !seen.insert(id.get_ref()) {
            mistakes.at(id, format!("`{}` is there twice", id.get_ref()));
        }
    }
    for RawTarget { service, severities, minutes, clock, .. } in targets.iter().map(|row| &row.value) {
        if !precedence.iter().any(|id| id.get_ref() == service.get_ref()) {
            let message =
                format!("`{}` is not in `response.precedence`, so its targets never govern", service.get_ref());
            mistakes.at(service, message);
        }
        if severities.is_empty() {
            mistakes.at(
                service,
                format!("a target of `{}` for no severity never governs; name its `severities`", service.get_ref()),
            );
        }
        if *minutes.get_ref() <= 0 {
            mistakes.at(minutes, format!("`{}` minutes are no time to respond in", minutes.get_ref()));
        }
        if *clock.get_ref() == Clock::Business && !hours.contains(BUSINESS) {
            mistakes.at(clock, format!("there are no `[hours.{BUSINESS}]` to count business time by"));
        }
    }
}

/// Included hours are blocks of services that are counted in time themselves.
pub(super) fn included_hours(services: &[ReadTable<RawService>], mistakes: &mut Mistakes<'_>) {
    for included in services.iter().filter_map(|row| row.value.included_hours.as_ref()) {
        for service in [&included.reactive_support_management, &included.service_delivery_management] {
            let is_it = |known: &&ReadTable<RawService>| known.value.id == *service.get_ref();
            let unit = services.iter().find(is_it).and_then(|known| known.value.unit);
            if !unit.is_some_and(|unit| unit.is_time()) {
                mistakes.at(service, format!("`{}` is no service counted in hours", service.get_ref()));
            }
        }
    }
}
