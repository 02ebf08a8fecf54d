//! From TOML files to an [`Edition`]: every reference resolved, every mistake with its file
//! and line.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Deserialize;
use toml::Spanned;

use super::response::RawResponse;
use super::{
    Aside, Channel, Clause, ClauseUse, Edition, EventRule, Family, Group, Hours, IncludedServices, LocationRule,
    Missing, NoteCondition, Plan, PurchaseRule, RemedyKind, ResponseTable, ResponseTarget, RestrictedTo, Service,
    ServiceHours, Severity, Tenants, Text, ZoneRule,
};
use crate::model::{DeliveryMode, ProductId, ProductPattern, Unit};

/// Rows of clauses are kept as bits of a `u128`.
const MOST_CLAUSES: usize = 128;

/// The files of one edition: names for messages, and their text.
#[derive(Debug, Clone)]
pub struct EditionSource {
    pub files: Vec<(String, String)>,
}

impl EditionSource {
    /// The edition that is built in.
    pub fn unified_enterprise_2023() -> Self {
        let file = |name: &str, text: &str| (format!("unified-enterprise-2023/{name}"), text.to_owned());
        Self {
            files: vec![
                file("edition.toml", include_str!("editions/unified-enterprise-2023/edition.toml")),
                file("clauses.toml", include_str!("editions/unified-enterprise-2023/clauses.toml")),
                file("services.toml", include_str!("editions/unified-enterprise-2023/services.toml")),
                file("response-targets.toml", include_str!("editions/unified-enterprise-2023/response-targets.toml")),
                file("asides.toml", include_str!("editions/unified-enterprise-2023/asides.toml")),
                file("products.toml", include_str!("editions/unified-enterprise-2023/products.toml")),
            ],
        }
    }
}

/// What is wrong in the catalogue, one line a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogError {
    pub mistakes: Vec<String>,
}

impl CatalogError {
    pub(super) fn whole(message: impl Into<String>) -> Self {
        Self { mistakes: vec![message.into()] }
    }
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistakes.join("\n"))
    }
}

impl std::error::Error for CatalogError {}

/// One file; an edition's tables can stand in any of its files.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    edition: Option<Spanned<Head>>,
    #[serde(default)]
    hours: BTreeMap<String, Hours>,
    #[serde(default)]
    clause_sets: BTreeMap<String, Vec<Spanned<String>>>,
    #[serde(default)]
    clauses: Vec<Spanned<Clause>>,
    #[serde(default)]
    groups: Vec<Spanned<Group>>,
    #[serde(default)]
    services: Vec<Spanned<RawService>>,
    #[serde(default)]
    families: Vec<Spanned<Family>>,
    #[serde(default)]
    remedies: BTreeMap<RemedyKind, Text>,
    #[serde(default)]
    response: RawResponse,
    #[serde(default)]
    asides: Vec<RawAside>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    name: Text,
    base_package: Spanned<String>,
    #[serde(default)]
    excluded_countries: Vec<String>,
}

/// A service as written: names where [`Service`] has the things themselves.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawService {
    id: String,
    name: Text,
    group: Spanned<String>,
    plan: Plan,
    unit: Option<Unit>,
    #[serde(default)]
    days: bool,
    longest_minutes: Option<i64>,
    #[serde(default)]
    purchase: PurchaseRule,
    delivery_modes: Option<Vec<DeliveryMode>>,
    #[serde(default)]
    included_delivery_modes: Vec<DeliveryMode>,
    service_hours: Option<RawServiceHours>,
    #[serde(default)]
    languages: Vec<RestrictedTo<String>>,
    #[serde(default)]
    channels: Vec<RestrictedTo<Channel>>,
    #[serde(default)]
    severities: Vec<Severity>,
    #[serde(default)]
    incident: bool,
    #[serde(default)]
    location_rule: LocationRule,
    #[serde(default)]
    products_only: Vec<Spanned<ProductPattern>>,
    #[serde(default)]
    products_except: Vec<Spanned<ProductPattern>>,
    covered_family: Option<Spanned<String>>,
    #[serde(default)]
    countries_only: Vec<String>,
    #[serde(default)]
    countries_except: Vec<String>,
    delivery_starts: Option<NaiveDate>,
    #[serde(default)]
    activities: Vec<String>,
    license: Option<String>,
    tenants: Option<Tenants>,
    event: Option<EventRule>,
    included_hours: Option<RawIncluded>,
    clauses: Vec<Spanned<Listed>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIncluded {
    reactive_support_management: Spanned<String>,
    service_delivery_management: Spanned<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawServiceHours {
    hours: Spanned<String>,
    #[serde(default)]
    zone: RawZone,
    /// With `zone = "item"`: the zone where the item names none.
    otherwise: Option<Tz>,
    #[serde(default)]
    severities: Vec<Severity>,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RawZone {
    #[default]
    Location,
    Host,
    Item,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAside {
    code: Spanned<String>,
    #[serde(default)]
    services: Vec<Spanned<String>>,
    #[serde(default)]
    groups: Vec<Spanned<String>>,
    #[serde(default)]
    when: NoteCondition,
    text: Text,
}

/// `"CODE"`, `"@set"`, or a code with what is different for this service.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Listed {
    Name(String),
    Use(ListedUse),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedUse {
    code: String,
    waivable: Option<bool>,
    missing: Option<Missing>,
}

impl Edition {
    /// Reads and checks an edition; on failure every mistake is told.
    pub fn load(source: &EditionSource) -> Result<Self, CatalogError> {
        Loader::read(source)?.build()
    }
}

/// A table with the place it stands at.
struct Placed<T> {
    place: String,
    value: T,
}

#[derive(Default)]
struct Loader {
    head: Option<Placed<Head>>,
    hours: BTreeMap<String, Hours>,
    sets: BTreeMap<String, Vec<Placed<String>>>,
    clauses: Vec<Placed<Clause>>,
    groups: Vec<Placed<Group>>,
    services: Vec<(usize, Placed<RawService>)>,
    families: Vec<Placed<Family>>,
    remedies: BTreeMap<RemedyKind, Text>,
    response: Vec<(usize, RawResponse)>,
    asides: Vec<(usize, RawAside)>,
    files: Vec<(String, String)>,
    mistakes: Vec<String>,
}

impl Loader {
    fn read(source: &EditionSource) -> Result<Self, CatalogError> {
        let mut loader = Self { files: source.files.clone(), ..Self::default() };
        for (index, (name, text)) in source.files.iter().enumerate() {
            match toml::from_str::<File>(text) {
                Ok(file) => loader.take(index, name, text, file),
                Err(error) => {
                    let line = error.span().map_or(1, |span| line_of(text, span.start));
                    loader.mistakes.push(format!("{name}:{line}: {}", error.message().trim_end()));
                }
            }
        }
        if loader.mistakes.is_empty() { Ok(loader) } else { Err(CatalogError { mistakes: loader.mistakes }) }
    }

    fn take(&mut self, index: usize, name: &str, text: &str, file: File) {
        let place = |start: usize| format!("{name}:{}", line_of(text, start));
        if let Some(head) = file.edition {
            let head = Placed { place: place(head.span().start), value: head.into_inner() };
            if self.head.is_some() {
                self.mistakes.push(format!("{}: a second `[edition]`", head.place));
            }
            self.head = Some(head);
        }
        self.hours.extend(file.hours);
        self.remedies.extend(file.remedies);
        self.response.push((index, file.response));
        self.asides.extend(file.asides.into_iter().map(|aside| (index, aside)));
        for (set, codes) in file.clause_sets {
            let codes =
                codes.into_iter().map(|code| Placed { place: place(code.span().start), value: code.into_inner() });
            self.sets.insert(set, codes.collect());
        }
        fn placed<T>(rows: Vec<Spanned<T>>, place: impl Fn(usize) -> String) -> impl Iterator<Item = Placed<T>> {
            rows.into_iter().map(move |row| Placed { place: place(row.span().start), value: row.into_inner() })
        }
        self.clauses.extend(placed(file.clauses, place));
        self.groups.extend(placed(file.groups, place));
        self.services.extend(placed(file.services, place).map(|service| (index, service)));
        self.families.extend(placed(file.families, place));
    }

    fn build(mut self) -> Result<Edition, CatalogError> {
        let Some(head) = self.head.take() else {
            let file = self.files.first().map_or("the edition", |(name, _)| name.as_str());
            return Err(CatalogError::whole(format!("{file}:1: no `[edition]` table")));
        };
        let mut doubled = Vec::new();
        find_doubled(&mut doubled, "clause", self.clauses.iter().map(|row| (&row.place, &row.value.code)));
        find_doubled(&mut doubled, "group", self.groups.iter().map(|row| (&row.place, &row.value.id)));
        find_doubled(&mut doubled, "service", self.services.iter().map(|(_, row)| (&row.place, &row.value.id)));
        find_doubled(&mut doubled, "product family", self.families.iter().map(|row| (&row.place, &row.value.id)));
        for family in &self.families {
            let components = family.value.components.iter().map(|component| (&family.place, &component.id));
            find_doubled(&mut doubled, "component", components);
        }
        self.mistakes.append(&mut doubled);
        if self.clauses.len() > MOST_CLAUSES {
            self.mistakes.push(format!("{}: more than {MOST_CLAUSES} clauses", head.place));
        }
        let raw = std::mem::take(&mut self.services);
        self.check_included(&raw);
        let services: Vec<Service> = raw.iter().map(|(file, row)| self.service(*file, row)).collect();
        if !services.iter().any(|service| service.id == *head.value.base_package.get_ref()) {
            let package = head.value.base_package.get_ref();
            self.mistakes.push(format!("{}: the base package `{package}` is no service", head.place));
        }
        let response = self.response_table(&services);
        let asides = self.asides(&services);
        if !self.mistakes.is_empty() {
            return Err(CatalogError { mistakes: self.mistakes });
        }
        let families: Vec<Family> = self.families.into_iter().map(|row| row.value).collect();
        Ok(Edition {
            id: head.value.id,
            name: head.value.name,
            base_package: head.value.base_package.into_inner(),
            excluded_countries: head.value.excluded_countries,
            clauses: self.clauses.into_iter().map(|row| row.value).collect(),
            groups: self.groups.into_iter().map(|row| row.value).collect(),
            service_rows: rows_by(services.iter().map(|service| &service.id)),
            family_rows: rows_by(families.iter().map(|family| &family.id)),
            services,
            families,
            remedies: self.remedies,
            response,
            asides,
            hours: self.hours,
        })
    }

    fn service(&mut self, file: usize, row: &Placed<RawService>) -> Service {
        let raw = row.value.clone();
        if !self.groups.iter().any(|group| group.value.id == *raw.group.get_ref()) {
            self.mistake(file, &raw.group, format!("unknown group `{}`", raw.group.get_ref()));
        }
        for pattern in raw.products_only.iter().chain(&raw.products_except) {
            if let Some(family) = pattern.get_ref().family() {
                self.need_family(file, pattern, family);
            }
        }
        if let Some(family) = &raw.covered_family {
            self.need_family(file, family, family.get_ref());
        }
        let clauses = self.clause_uses(file, &raw.clauses);
        let service_hours = raw.service_hours.as_ref().and_then(|hours| self.service_hours(file, hours));
        let patterns = |rows: Vec<Spanned<ProductPattern>>| rows.into_iter().map(Spanned::into_inner).collect();
        Service {
            id: raw.id,
            name: raw.name,
            group: raw.group.into_inner(),
            plan: raw.plan,
            unit: raw.unit,
            days: raw.days,
            longest_minutes: raw.longest_minutes,
            purchase: raw.purchase,
            delivery_modes: raw.delivery_modes.unwrap_or_else(|| vec![DeliveryMode::Remote]),
            included_delivery_modes: raw.included_delivery_modes,
            service_hours,
            languages: raw.languages,
            channels: raw.channels,
            severities: raw.severities,
            incident: raw.incident,
            location_rule: raw.location_rule,
            products_only: patterns(raw.products_only),
            products_except: patterns(raw.products_except),
            covered_family: raw.covered_family.map(Spanned::into_inner),
            countries_only: raw.countries_only,
            countries_except: raw.countries_except,
            delivery_starts: raw.delivery_starts,
            activities: raw.activities,
            license: raw.license,
            tenants: raw.tenants,
            event: raw.event,
            included_hours: raw.included_hours.map(|included| IncludedServices {
                reactive_support_management: included.reactive_support_management.into_inner(),
                service_delivery_management: included.service_delivery_management.into_inner(),
            }),
            clauses,
        }
    }

    /// Included hours are blocks of services that are counted in time themselves.
    fn check_included(&mut self, services: &[(usize, Placed<RawService>)]) {
        for (file, row) in services {
            let Some(included) = &row.value.included_hours else { continue };
            for service in [&included.reactive_support_management, &included.service_delivery_management] {
                let is_timed = |known: &RawService| {
                    known.id == *service.get_ref() && known.unit.is_some_and(|unit| unit.is_time())
                };
                if !services.iter().any(|(_, known)| is_timed(&known.value)) {
                    self.mistake(*file, service, format!("`{}` is no service counted in hours", service.get_ref()));
                }
            }
        }
    }

    fn service_hours(&mut self, file: usize, raw: &RawServiceHours) -> Option<ServiceHours> {
        let Some(hours) = self.hours.get(raw.hours.get_ref()).cloned() else {
            self.mistake(file, &raw.hours, format!("unknown hours `{}`", raw.hours.get_ref()));
            return None;
        };
        let zone = match raw.zone {
            RawZone::Location => ZoneRule::Location,
            RawZone::Host => ZoneRule::Host,
            RawZone::Item => ZoneRule::Item { otherwise: raw.otherwise },
        };
        Some(ServiceHours { hours, zone, severities: raw.severities.clone() })
    }

    /// Sets first, single codes after them: what a service says of a code wins.
    fn clause_uses(&mut self, file: usize, listed: &[Spanned<Listed>]) -> Vec<ClauseUse> {
        let mut uses: BTreeMap<u8, ClauseUse> = BTreeMap::new();
        for entry in listed {
            if let Listed::Name(name) = entry.get_ref()
                && let Some(set) = name.strip_prefix('@')
            {
                let Some(codes) = self.sets.get(set) else {
                    self.mistake(file, entry, format!("unknown clause set `@{set}`"));
                    continue;
                };
                let found: Vec<_> =
                    codes.iter().map(|code| (code.place.clone(), self.clause_use(&code.value))).collect();
                for (place, found) in found {
                    match found {
                        Ok(clause) => drop(uses.insert(clause.row, clause)),
                        Err(message) => self.mistakes.push(format!("{place}: {message}")),
                    }
                }
            }
        }
        for entry in listed {
            let (code, waivable, missing) = match entry.get_ref() {
                Listed::Name(name) if name.starts_with('@') => continue,
                Listed::Name(name) => (name, None, None),
                Listed::Use(found) => (&found.code, found.waivable, found.missing),
            };
            match self.clause_use(code) {
                Ok(mut clause) => {
                    clause.waivable = waivable.unwrap_or(clause.waivable);
                    clause.missing = missing.unwrap_or(clause.missing);
                    uses.insert(clause.row, clause);
                }
                Err(message) => self.mistake(file, entry, message),
            }
        }
        uses.into_values().collect()
    }

    fn clause_use(&self, code: &str) -> Result<ClauseUse, String> {
        let row = self.clauses.iter().position(|clause| clause.value.code == code);
        let found = row.and_then(|row| Some((u8::try_from(row).ok()?, &self.clauses.get(row)?.value)));
        match found {
            Some((row, clause)) => {
                Ok(ClauseUse { row, rule: clause.rule, waivable: clause.waivable, missing: clause.missing })
            }
            None => Err(format!("unknown clause `{code}`")),
        }
    }

    fn asides(&mut self, services: &[Service]) -> Vec<Aside> {
        let mut asides = Vec::new();
        for (file, raw) in std::mem::take(&mut self.asides) {
            for service in raw.services.iter().filter(|id| !services.iter().any(|known| known.id == *id.get_ref())) {
                self.mistake(file, service, format!("unknown service `{}`", service.get_ref()));
            }
            for group in raw
                .groups
                .iter()
                .filter(|id| !self.groups.iter().any(|known| known.value.id == *id.get_ref()))
                .collect::<Vec<_>>()
            {
                self.mistake(file, group, format!("unknown group `{}`", group.get_ref()));
            }
            match self.clauses.iter().position(|clause| clause.value.code == *raw.code.get_ref()) {
                None => self.mistake(file, &raw.code, format!("unknown clause `{}`", raw.code.get_ref())),
                Some(clause) => asides.push(Aside {
                    clause,
                    services: raw.services.into_iter().map(Spanned::into_inner).collect(),
                    groups: raw.groups.into_iter().map(Spanned::into_inner).collect(),
                    when: raw.when,
                    text: raw.text,
                }),
            }
        }
        asides
    }

    fn response_table(&mut self, services: &[Service]) -> ResponseTable {
        let mut table = ResponseTable::default();
        for (file, raw) in std::mem::take(&mut self.response) {
            for service in raw.precedence.iter().chain(raw.targets.iter().map(|target| &target.service)) {
                if !services.iter().any(|known| known.id == *service.get_ref()) {
                    self.mistake(file, service, format!("unknown service `{}`", service.get_ref()));
                }
            }
            table.terms.extend(raw.terms);
            table.why.extend(raw.why);
            for target in &raw.targets {
                for pattern in target.products.iter().chain(&target.except) {
                    if let Some(family) = pattern.get_ref().family() {
                        self.need_family(file, pattern, family);
                    }
                }
                for term in target.resources.iter().chain(&target.obligations) {
                    if !table.terms.contains_key(term.get_ref()) {
                        self.mistake(file, term, format!("unknown response term `{}`", term.get_ref()));
                    }
                }
            }
            table.precedence.extend(raw.precedence.into_iter().map(Spanned::into_inner));
            table.targets.extend(raw.targets.into_iter().map(ResponseTarget::from));
        }
        table
    }

    fn need_family<T>(&mut self, file: usize, at: &Spanned<T>, family: &str) {
        if !self.families.iter().any(|known| known.value.id == ProductId::new(family).family) {
            self.mistake(file, at, format!("unknown product family `{family}`"));
        }
    }

    fn mistake<T>(&mut self, file: usize, at: &Spanned<T>, message: String) {
        let place = match self.files.get(file) {
            Some((name, text)) => format!("{name}:{}", line_of(text, at.span().start)),
            None => "catalogue".to_owned(),
        };
        self.mistakes.push(format!("{place}: {message}"));
    }
}

fn find_doubled<'a>(mistakes: &mut Vec<String>, noun: &str, rows: impl Iterator<Item = (&'a String, &'a String)>) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for (place, id) in rows {
        if let Some(first) = seen.insert(id, place) {
            mistakes.push(format!("{place}: {noun} `{id}` is already at {first}"));
        }
    }
}

fn rows_by<'a>(ids: impl Iterator<Item = &'a String>) -> HashMap<String, usize> {
    ids.enumerate().map(|(row, id)| (id.clone(), row)).collect()
}

fn line_of(text: &str, offset: usize) -> usize {
    text.get(..offset).unwrap_or(text).matches('\n').count().saturating_add(1)
}
