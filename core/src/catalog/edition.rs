use std::collections::{BTreeMap, HashMap};

use super::{
    Aside, CatalogError, Clause, Family, Group, Hours, LifeCycle, Names, RemedyKind, ResponseTable, Section, Service,
    Text,
};
use crate::model::ProductId;

/// All editions the server knows.
#[derive(Debug)]
pub struct Catalog {
    editions: Vec<Edition>,
    pub(super) default_edition: usize,
}

/// One edition of the service description.
#[derive(Debug)]
pub struct Edition {
    pub id: String,
    /// SHA-256 over the texts of the files that make it, overlays too, in hexadecimal.
    pub digest: String,
    /// Editions of one family: a base of one supports what is bought under another.
    pub family_id: String,
    pub name: Text,
    /// The service that makes a work order a base agreement.
    pub base_package: String,
    /// Countries whose services stand on a work order of their own (2.4).
    pub excluded_countries: Vec<String>,
    /// In catalogue order: reasons are given in it.
    pub clauses: Vec<Clause>,
    pub groups: Vec<Group>,
    /// The sections of the service description, in order.
    pub sections: Vec<Section>,
    pub services: Vec<Service>,
    pub families: Vec<Family>,
    /// What a remedy of each kind says. `{field}`, `{value}`, `{work_order_id}` and `{item_id}`
    /// stand for its parts; see [`Text`].
    pub remedies: BTreeMap<RemedyKind, Text>,
    /// What is said beside clauses.
    pub asides: Vec<Aside>,
    /// How soon incidents are answered.
    pub response: ResponseTable,
    /// What the names of the API are called in words.
    pub names: Names,
    /// Opening hours by name; `business` is the clock of response targets.
    pub hours: BTreeMap<String, Hours>,
    pub(super) service_rows: HashMap<String, usize>,
    pub(super) family_rows: HashMap<String, usize>,
}

impl Catalog {
    /// The first edition is the default: services nobody bought are judged by it.
    pub fn new(editions: Vec<Edition>) -> Result<Self, CatalogError> {
        if editions.is_empty() {
            return Err(CatalogError::whole("a catalogue needs at least one edition"));
        }
        for (row, edition) in editions.iter().enumerate() {
            if editions.iter().take(row).any(|other| other.id == edition.id) {
                return Err(CatalogError::whole(format!("edition `{}` is there twice", edition.id)));
            }
        }
        Ok(Self { editions, default_edition: 0 })
    }

    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    #[expect(clippy::indexing_slicing, reason = "`new` refuses an empty list, and the row is fixed there")]
    pub fn default_edition(&self) -> &Edition {
        &self.editions[self.default_edition]
    }

    pub fn edition(&self, edition_id: &str) -> Option<&Edition> {
        self.editions.iter().find(|edition| edition.id == edition_id)
    }

    /// Row of the first edition of the family that the edition in `row` belongs to.
    pub fn family_row(&self, row: usize) -> usize {
        let family_id = self.editions.get(row).map(|edition| &edition.family_id);
        self.editions.iter().position(|edition| Some(&edition.family_id) == family_id).unwrap_or(row)
    }

    /// The service by the default edition, else by the first that has it.
    pub fn service(&self, service_id: &str) -> Option<(&Edition, &Service)> {
        std::iter::once(self.default_edition())
            .chain(&self.editions)
            .find_map(|edition| edition.service(service_id).map(|service| (edition, service)))
    }

    /// Whether any edition knows the family of the product.
    pub fn knows_family(&self, product: ProductId<'_>) -> bool {
        self.editions.iter().any(|edition| edition.family(product.family).is_some())
    }
}

impl Edition {
    pub fn service(&self, service_id: &str) -> Option<&Service> {
        self.service_rows.get(service_id).and_then(|&row| self.services.get(row))
    }

    pub fn family(&self, family_id: &str) -> Option<&Family> {
        self.family_rows.get(family_id).and_then(|&row| self.families.get(row))
    }

    pub fn clause(&self, code: &str) -> Option<&Clause> {
        self.clauses.iter().find(|clause| clause.code == code)
    }

    pub fn section(&self, section_id: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.id == section_id)
    }

    pub fn group(&self, group_id: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.id == group_id)
    }

    /// How many products it names: families, and components with a name of their own.
    pub fn products(&self) -> usize {
        self.families.iter().fold(0, |sum, family| sum.saturating_add(1).saturating_add(family.components.len()))
    }

    pub fn excludes_country(&self, country: &str) -> bool {
        self.excluded_countries.iter().any(|excluded| excluded == country)
    }

    /// Preview and retirement dates of the product; those of its family where it has none.
    pub fn life_cycle(&self, product: ProductId<'_>) -> LifeCycle {
        let Some(family) = self.family(product.family) else { return LifeCycle::default() };
        family.life_cycle_of(product.component)
    }
}
