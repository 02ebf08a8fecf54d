//! From tables as written to the edition: each read for itself, then all together.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeTable;

use super::raw::{Head, Listed, RawAside, RawComponent, RawFamily, RawService, RawTarget};
use super::resolver::{KnownNames, Resolver, inner};
use super::source::Mistakes;
use super::table::{ReadTable, Table, read};
use super::tables::Tables;
use super::{belonging, check, kinds, texts, warnings};
use crate::catalog::{
    Clause, Component, Edition, Family, Group, Names, RemedyKind, ResponseTable, ResponseTerm, Section, Service, Text,
    Why,
};

/// The edition; none if its tables could not all be read.
pub(super) fn edition<'i>(mut tables: Tables<'i>, mistakes: &mut Mistakes<'i>) -> Option<Edition> {
    let (head_at, digest) = (tables.head_at(), tables.digest());
    let Some(head) = tables.head.take() else {
        mistakes.add(head_at, "no `[edition]` table");
        return None;
    };
    let names = KnownNames {
        clauses: names_of(&tables.clauses, "code"),
        groups: names_of(&tables.groups, "id"),
        sections: names_of(&tables.sections, "id"),
        services: names_of(&tables.services, "id"),
        families: names_of(&tables.families, "id"),
        hours: keys_of(&tables.hours),
        sets: keys_of(&tables.sets),
        terms: keys_of(&tables.terms),
    };
    let offers = names_of(&tables.targets, "service");
    let told = names_of(&tables.asides, "code");
    let all_clauses = tables.clauses.len();
    let head = read::<Head>(head, mistakes);
    let clauses = read_all::<Clause>(tables.clauses, mistakes);
    let groups = read_all::<Group>(tables.groups, mistakes);
    let sections = read_all::<Section>(tables.sections, mistakes);
    let services = read_all::<RawService>(tables.services, mistakes);
    let families = read_all::<RawFamily>(tables.families, mistakes);
    let asides = read_all::<RawAside>(tables.asides, mistakes);
    let targets = read_all::<RawTarget>(tables.targets, mistakes);
    let hours = read_table(tables.hours, mistakes);
    let sets = read_table::<BTreeMap<String, Vec<Spanned<Listed>>>>(tables.sets, mistakes);
    let remedies = read_table::<BTreeMap<RemedyKind, Text>>(tables.remedies, mistakes);
    let names_in_words = read_table::<Names>(tables.names, mistakes);
    let terms = read_table::<BTreeMap<String, ResponseTerm>>(tables.terms, mistakes);
    let why = read_table::<BTreeMap<Why, Text>>(tables.why, mistakes);
    let precedence = tables.precedence.map(|list| {
        let mut table = DeTable::new();
        table.insert(Spanned::new(list.span(), "precedence".into()), list);
        read_table::<BTreeMap<String, Vec<Spanned<String>>>>(table, mistakes)
    });
    let precedence: Vec<Spanned<String>> =
        precedence.flatten().into_iter().flat_map(|row| row.value.into_values().flatten()).collect();

    check::clauses(&clauses, mistakes);
    kinds::check(&clauses, &told, mistakes);
    // What could not be read may be what is looked for.
    if clauses.len() == all_clauses {
        check::answers(&clauses, head_at, mistakes);
        belonging::check_clauses(&clauses, &services, head_at, mistakes);
    }
    check::groups(&groups, mistakes);
    check::sections(&sections, &clauses, mistakes);
    check::families(&families, mistakes);
    texts::clauses(&clauses, mistakes);
    texts::asides(&asides, mistakes);
    if let Some(remedies) = &remedies {
        texts::remedies(remedies, head_at, mistakes);
    }
    if let Some(why) = &why {
        texts::why(why, !targets.is_empty(), head_at, mistakes);
    }
    if let Some(terms) = &terms {
        texts::terms(terms, mistakes);
    }
    if let Some(sets) = &sets {
        check::ids(sets.value.keys().map(|name| (name, sets.key(name))), "clause set", mistakes);
    }
    let hours = hours.map(|hours| check::hours(hours, mistakes)).unwrap_or_default();

    let set_places: Vec<_> =
        sets.iter().flat_map(|row| row.value.keys().map(move |name| (name.clone(), row.key(name)))).collect();
    warnings::unnamed(&groups, &set_places, &services, mistakes);
    warnings::targets(&targets, &services, mistakes);
    let sets = sets.map(|row| row.value).unwrap_or_default();
    let mut resolver = Resolver { names, clauses, sets, hours, mistakes };
    resolver.check_sets();
    check::included_hours(&services, resolver.mistakes);
    check::response(&targets, &offers, &precedence, &resolver.names.hours, resolver.mistakes);
    let services: Vec<(ReadTable<()>, Service)> = services.into_iter().map(|row| resolver.service(row)).collect();
    let head = head.map(|head| resolver.head(head, &services));
    let asides = asides.into_iter().filter_map(|row| resolver.aside(row.value)).collect();
    let response = ResponseTable {
        targets: targets.into_iter().map(|row| resolver.target(row.value)).collect(),
        precedence: precedence.into_iter().map(|id| resolver.known_service(id)).collect(),
        terms: terms.map(|row| row.value).unwrap_or_default(),
        why: why.map(|row| row.value).unwrap_or_default(),
    };
    warnings::clauses(&resolver.clauses, &services, &told, resolver.mistakes);
    let Resolver { clauses, hours, .. } = resolver;
    let head = head?;
    let services: Vec<Service> = services.into_iter().map(|(_, service)| service).collect();
    let families: Vec<Family> = families.into_iter().map(|row| family(row.value)).collect();
    Some(Edition {
        family_id: head.family.map_or_else(|| head.id.get_ref().clone(), Spanned::into_inner),
        id: head.id.into_inner(),
        digest,
        name: head.name,
        base_package: head.base_package.into_inner(),
        excluded_countries: inner(head.excluded_countries),
        clauses: values(clauses),
        groups: values(groups),
        sections: values(sections),
        service_rows: rows_by(services.iter().map(|service| &service.id)),
        family_rows: rows_by(families.iter().map(|family| &family.id)),
        services,
        families,
        remedies: remedies.map(|row| row.value).unwrap_or_default(),
        names: names_in_words.map(|row| row.value).unwrap_or_default(),
        response,
        asides,
        hours,
    })
}

fn family(raw: RawFamily) -> Family {
    let component =
        |raw: RawComponent| Component { id: raw.id.into_inner(), name: raw.name, life_cycle: raw.life_cycle };
    Family {
        id: raw.id,
        name: raw.name,
        cloud: raw.cloud,
        life_cycle: raw.life_cycle,
        components: raw.components.into_iter().map(component).collect(),
    }
}

fn read_all<T: DeserializeOwned>(entries: Vec<Table<'_>>, mistakes: &mut Mistakes<'_>) -> Vec<ReadTable<T>> {
    entries.into_iter().filter_map(|entry| read(entry, mistakes)).collect()
}

fn read_table<T: DeserializeOwned>(table: DeTable<'_>, mistakes: &mut Mistakes<'_>) -> Option<ReadTable<T>> {
    read(Spanned::new(0..0, table), mistakes)
}

fn names_of(entries: &[Table<'_>], key: &str) -> HashSet<String> {
    entries.iter().filter_map(|entry| Some(entry.get_ref().get(key)?.get_ref().as_str()?.to_owned())).collect()
}

fn keys_of(table: &DeTable<'_>) -> HashSet<String> {
    table.keys().map(|key| key.get_ref().to_string()).collect()
}

fn values<T>(rows: Vec<ReadTable<T>>) -> Vec<T> {
    rows.into_iter().map(|row| row.value).collect()
}

fn rows_by<'a>(ids: impl Iterator<Item = &'a String>) -> HashMap<String, usize> {
    ids.enumerate().map(|(row, id)| (id.clone(), row)).collect()
}
