//! Names become what they name; a name of nothing is a mistake.

use std::collections::{BTreeMap, HashSet};

use toml::Spanned;

use super::raw::{
    Head, Listed, ListedUse, RawAside, RawCondition, RawRestriction, RawService, RawServiceHours, RawTarget, RawZone,
};
use super::source::Mistakes;
use super::table::ReadTable;
use super::{belonging, check, unused, warnings};
use crate::catalog::{
    Aside, Clause, ClauseKind, ClauseUse, Hours, IncludedServices, Missing, NoteCondition, ResponseTarget,
    RestrictedTo, Rule, Service, ServiceHours, ZoneRule,
};
use crate::model::{DeliveryMode, ProductPattern};
use crate::suggest::{self, nearest};

/// What there is, whether or not it could be read: a mistake in a table is told there, and
/// not once more wherever the table is named.
pub(super) struct KnownNames {
    pub clauses: HashSet<String>,
    pub groups: HashSet<String>,
    pub sections: HashSet<String>,
    pub services: HashSet<String>,
    pub families: HashSet<String>,
    pub hours: HashSet<String>,
    pub sets: HashSet<String>,
    pub terms: HashSet<String>,
}

pub(super) struct Resolver<'m, 'i> {
    pub names: KnownNames,
    pub clauses: Vec<ReadTable<Clause>>,
    pub sets: BTreeMap<String, Vec<Spanned<Listed>>>,
    pub hours: BTreeMap<String, Hours>,
    pub mistakes: &'m mut Mistakes<'i>,
}

impl Resolver<'_, '_> {
    pub(super) fn head(&mut self, head: ReadTable<Head>, services: &[(ReadTable<()>, Service)]) -> Head {
        let Head { id, family, base_package, excluded_countries, .. } = &head.value;
        check::ids([(id.get_ref(), id.span().start)].into_iter(), "edition", self.mistakes);
        let family = family.iter().map(|family| (family.get_ref(), family.span().start));
        check::ids(family, "family of editions", self.mistakes);
        check::countries(excluded_countries, self.mistakes);
        let package = base_package.get_ref();
        if !self.names.services.contains(package) {
            self.mistakes.at(base_package, format!("the base package `{package}` is no service"));
        } else if services.iter().any(|(_, service)| service.id == *package && !service.is_base()) {
            self.mistakes.at(base_package, format!("the base package `{package}` has another plan than `BASE`"));
        }
        // Nobody buys it, so nothing would ever run out, or nothing ever be there.
        let brought = services.iter().filter(|(_, service)| service.is_base() && service.id != *package);
        for (row, service) in brought.filter(|(_, service)| service.unit.is_some()) {
            let message = format!(
                "`{}` comes with the base package and is bought by nobody, so that it has no number; leave `unit` out, \
                 or count the package `{package}`",
                service.id
            );
            self.mistakes.add(row.key("unit"), message);
        }
        head.value
    }

    pub(super) fn service(&mut self, row: ReadTable<RawService>) -> (ReadTable<()>, Service) {
        let (row, raw) = row.split();
        check::service(&row, &raw, self.mistakes);
        self.need("group", &raw.group);
        raw.source.iter().for_each(|id| self.need("section", id));
        for pattern in raw.products_only.iter().chain(&raw.products_except).chain(&raw.products_open) {
            self.need_family(pattern);
        }
        if let Some(family) = &raw.covered_family {
            self.need("product family", family);
        }
        let mut clauses = self.clause_uses(&raw.clauses);
        let listed = self.listed_singly(&raw.clauses);
        belonging::check(&raw.without, &clauses, self.mistakes);
        let missing: Vec<_> = belonging::missing(&raw, &clauses).filter_map(|rule| self.first_with(rule)).collect();
        clauses.extend(missing);
        clauses.sort_by_key(|used| used.row);
        let takes =
            clauses.iter().filter(|used| used.rule.row().is_for_taking && self.has_kind(used, ClauseKind::Ledger));
        let takes = takes.copied().collect();
        let gates = clauses.iter().filter(|used| self.has_kind(used, ClauseKind::Gate)).copied();
        let (pool_gates, gates) = gates.partition(|used| used.rule.compares_with_pool());
        raw.extended_by.iter().for_each(|service| self.need("service", service));
        let service = Service {
            id: raw.id,
            name: raw.name,
            description: raw.description,
            deliverables: raw.deliverables,
            source: inner(raw.source),
            group: raw.group.into_inner(),
            plan: raw.plan,
            unit: raw.unit,
            days: raw.days,
            longest_minutes: raw.longest_minutes,
            purchase: raw.purchase,
            delivery_modes: raw.delivery_modes.unwrap_or_else(|| vec![DeliveryMode::Remote]),
            included_delivery_modes: raw.included_delivery_modes,
            service_hours: raw.service_hours.and_then(|hours| self.service_hours(hours)),
            languages: raw.languages.into_iter().map(|rule| self.restriction(rule, Spanned::into_inner)).collect(),
            channels: raw.channels.into_iter().map(|rule| self.restriction(rule, |channel| channel)).collect(),
            severities: raw.severities,
            incident: raw.incident,
            location_rule: raw.location_rule,
            products_only: inner(raw.products_only),
            products_except: inner(raw.products_except),
            products_open: inner(raw.products_open),
            covered_family: raw.covered_family.map(Spanned::into_inner),
            countries_only: inner(raw.countries_only),
            countries_except: inner(raw.countries_except),
            on_site_countries_only: inner(raw.on_site_countries_only),
            on_site_countries_except: inner(raw.on_site_countries_except),
            needs_administrator: raw.needs_administrator,
            extended_by: raw.extended_by.map(Spanned::into_inner),
            delivery_starts: raw.delivery_starts,
            activities: inner(raw.activities),
            activities_except: inner(raw.activities_except),
            license: raw.license.map(Spanned::into_inner),
            tenants: raw.tenants,
            event: raw.event,
            included_hours: raw.included_hours.map(|included| IncludedServices {
                reactive_support_management: included.reactive_support_management.into_inner(),
                service_delivery_management: included.service_delivery_management.into_inner(),
            }),
            clauses,
            gates,
            pool_gates,
            takes,
        };
        unused::check(&row, &service, self.mistakes);
        warnings::service(&row, &service, &listed, self.mistakes);
        (row, service)
    }

    fn service_hours(&mut self, raw: RawServiceHours) -> Option<ServiceHours> {
        self.need("hours", &raw.hours);
        if let (Some(otherwise), RawZone::Location | RawZone::Host) = (&raw.otherwise, raw.zone) {
            self.mistakes.at(otherwise, "`otherwise` goes with `zone = \"item\"` alone");
        }
        let zone = match raw.zone {
            RawZone::Location => ZoneRule::Location,
            RawZone::Host => ZoneRule::Host,
            RawZone::Item => ZoneRule::Item { otherwise: raw.otherwise.map(Spanned::into_inner) },
        };
        let hours = self.hours.get(raw.hours.get_ref()).cloned()?;
        Some(ServiceHours { hours, zone, severities: raw.severities })
    }

    fn restriction<R, T>(&mut self, raw: RawRestriction<R>, value: fn(R) -> T) -> RestrictedTo<T> {
        raw.products.iter().for_each(|pattern| self.need_family(pattern));
        RestrictedTo { products: inner(raw.products), only: raw.only.into_iter().map(value).collect() }
    }

    /// Every set, used or not.
    pub(super) fn check_sets(&mut self) {
        let sets = std::mem::take(&mut self.sets);
        for entry in sets.values().flatten() {
            let (code, ..) = said_of(entry.get_ref());
            self.need("clause", &Spanned::new(entry.span(), code.clone()));
        }
        self.sets = sets;
    }

    /// Sets first, single codes after them: what a service says of a code wins.
    fn clause_uses(&mut self, listed: &[Spanned<Listed>]) -> Vec<ClauseUse> {
        let mut uses: BTreeMap<u8, ClauseUse> = BTreeMap::new();
        for entry in listed {
            let Some(set) = set_of(entry) else { continue };
            match self.sets.get(set) {
                Some(listed) => {
                    let found = listed.iter().filter_map(|entry| self.clause_use(entry.get_ref()));
                    uses.extend(found.map(|used| (used.row, used)));
                }
                None if self.names.sets.contains(set) => {}
                None => {
                    let hint = hint(set, &self.names.sets, "@");
                    self.mistakes.at(entry, format!("unknown clause set `@{set}`{hint}"));
                }
            }
        }
        for entry in listed.iter().filter(|entry| set_of(entry).is_none()) {
            let (code, ..) = said_of(entry.get_ref());
            self.need("clause", &Spanned::new(entry.span(), code.clone()));
            uses.extend(self.clause_use(entry.get_ref()).map(|used| (used.row, used)));
        }
        uses.into_values().collect()
    }

    /// The clauses a service names by themselves, not in a set, each with its place.
    fn listed_singly(&self, listed: &[Spanned<Listed>]) -> Vec<(usize, Rule, String)> {
        let single = listed.iter().filter(|entry| set_of(entry).is_none());
        let found = single.filter_map(|entry| {
            let listed = entry.get_ref();
            let (Listed::Name(code) | Listed::Use(ListedUse { code, .. })) = listed;
            Some((entry.span().start, self.clause_use(listed)?.rule, code.clone()))
        });
        found.collect()
    }

    fn has_kind(&self, used: &ClauseUse, kind: ClauseKind) -> bool {
        self.clauses.get(usize::from(used.row)).is_some_and(|clause| clause.value.kinds.contains(&kind))
    }

    fn clause_use(&self, listed: &Listed) -> Option<ClauseUse> {
        let (code, waivable, missing) = said_of(listed);
        let own = self.clause_use_at(self.clauses.iter().position(|clause| clause.value.code == *code)?)?;
        Some(ClauseUse { waivable: waivable.unwrap_or(own.waivable), missing: missing.unwrap_or(own.missing), ..own })
    }

    /// What a service is subject to that lists no clause with the rule.
    fn first_with(&self, rule: Rule) -> Option<ClauseUse> {
        self.clause_use_at(self.clauses.iter().position(|clause| clause.value.rule == rule)?)
    }

    fn clause_use_at(&self, row: usize) -> Option<ClauseUse> {
        let clause = &self.clauses.get(row)?.value;
        Some(ClauseUse {
            row: u8::try_from(row).ok()?,
            rule: clause.rule,
            waivable: clause.waivable,
            missing: clause.missing,
        })
    }

    pub(super) fn aside(&mut self, raw: RawAside) -> Option<Aside> {
        raw.services.iter().chain(&raw.services_except).for_each(|id| self.need("service", id));
        raw.source.iter().for_each(|id| self.need("section", id));
        raw.groups.iter().for_each(|id| self.need("group", id));
        self.need("clause", &raw.code);
        let RawCondition {
            severities,
            languages_but,
            products,
            delivery_mode,
            incident,
            contact_designated,
            administrator_at_host,
            until,
        } = raw.when;
        products.iter().for_each(|pattern| self.need_family(pattern));
        check::languages(languages_but.iter(), self.mistakes);
        Some(Aside {
            clause: self.clauses.iter().position(|clause| clause.value.code == *raw.code.get_ref())?,
            services: inner(raw.services),
            groups: inner(raw.groups),
            services_except: inner(raw.services_except),
            source: inner(raw.source),
            when: NoteCondition {
                severities,
                languages_but: inner(languages_but),
                products: inner(products),
                delivery_mode,
                incident,
                contact_designated,
                administrator_at_host,
                until,
            },
            text: raw.text,
        })
    }

    pub(super) fn target(&mut self, raw: RawTarget) -> ResponseTarget {
        raw.products.iter().chain(&raw.except).for_each(|pattern| self.need_family(pattern));
        raw.resources.iter().chain(&raw.obligations).for_each(|term| self.need("response term", term));
        ResponseTarget {
            service: self.known_service(raw.service),
            severities: raw.severities,
            products: inner(raw.products),
            except: inner(raw.except),
            minutes: raw.minutes.into_inner(),
            clock: raw.clock.into_inner(),
            effort: raw.effort,
            resources: inner(raw.resources),
            obligations: inner(raw.obligations),
        }
    }

    pub(super) fn known_service(&mut self, id: Spanned<String>) -> String {
        self.need("service", &id);
        id.into_inner()
    }

    fn need_family(&mut self, pattern: &Spanned<ProductPattern>) {
        check::pattern(pattern, self.mistakes);
        if let Some(family) = pattern.get_ref().family() {
            self.need("product family", &Spanned::new(pattern.span(), family.to_owned()));
        }
    }

    fn need(&mut self, noun: &str, id: &Spanned<String>) {
        let names = match noun {
            "clause" => &self.names.clauses,
            "group" => &self.names.groups,
            "section" => &self.names.sections,
            "service" => &self.names.services,
            "product family" => &self.names.families,
            "hours" => &self.names.hours,
            _ => &self.names.terms,
        };
        let name = id.get_ref();
        if !names.contains(name) {
            let hint = hint(name, names, "");
            self.mistakes.at(id, format!("unknown {noun} `{name}`{hint}"));
        }
    }
}

fn hint(name: &str, known: &HashSet<String>, sign: &str) -> String {
    let nearest = nearest(name, known.iter().map(String::as_str));
    suggest::hint(nearest.map(|nearest| format!("{sign}{nearest}")).as_deref())
}

/// A code, and what is different for whoever lists it.
fn said_of(listed: &Listed) -> (&String, Option<bool>, Option<Missing>) {
    match listed {
        Listed::Name(name) => (name, None, None),
        Listed::Use(found) => (&found.code, found.waivable, found.missing),
    }
}

fn set_of(listed: &Spanned<Listed>) -> Option<&str> {
    match listed.get_ref() {
        Listed::Name(name) => name.strip_prefix('@'),
        Listed::Use(_) => None,
    }
}

pub(super) fn inner<T>(rows: Vec<Spanned<T>>) -> Vec<T> {
    rows.into_iter().map(Spanned::into_inner).collect()
}
