//! Reads the catalogue: the services that can be bought, and the rules for them.

use std::sync::Arc;

use super::Caller;
use super::paging::{Bytes, Page, PagedList, page_token_invalid};
use crate::catalog::{Catalog, Clause, Edition, LifeCycle, Service};
use crate::error::{Error, Noun, Result};
use crate::suggest::nearest;

/// Reads the editions.
#[derive(Debug)]
pub struct Catalogue {
    catalog: Arc<Catalog>,
}

/// A product family, or a component of one that has a name of its own.
#[derive(Debug)]
pub struct Product<'a> {
    /// `family` or `family/component`.
    pub id: String,
    pub name: &'a str,
    pub cloud: bool,
    pub life_cycle: LifeCycle,
}

impl Catalogue {
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }

    /// Whether it is the edition of those who name none.
    pub fn is_default(&self, edition: &Edition) -> bool {
        edition.id == self.catalog.default_edition().id
    }

    /// The named edition, or the default one.
    pub fn edition(&self, _caller: &Caller, edition_id: Option<&str>) -> Result<&Edition> {
        let Some(id) = edition_id else { return Ok(self.catalog.default_edition()) };
        self.catalog.edition(id).ok_or_else(|| {
            let ids = self.catalog.editions().iter().map(|edition| edition.id.as_str());
            Error::NotFound { noun: Noun::Edition, id: id.to_owned(), nearest: nearest(id, ids) }
        })
    }

    /// Editions by id, and the token of the next page.
    pub fn editions<M: Bytes>(
        &self,
        _caller: &Caller,
        page: &Page,
        tell: impl Fn(&Edition) -> M,
    ) -> Result<(Vec<M>, String)> {
        let mut editions: Vec<&Edition> = self.catalog.editions().iter().collect();
        editions.sort_by_key(|edition| &edition.id);
        rows(&PagedList::new("editions", &[]), page, editions, |edition| tell(edition))
    }

    pub fn service<'a>(&self, _caller: &Caller, edition: &'a Edition, service_id: &str) -> Result<&'a Service> {
        edition.service(service_id).ok_or_else(|| {
            let ids = edition.services.iter().map(|service| service.id.as_str());
            Error::NotFound { noun: Noun::Service, id: service_id.to_owned(), nearest: nearest(service_id, ids) }
        })
    }

    /// The services of an edition, and the token of the next page.
    pub fn services<M: Bytes>(
        &self,
        _caller: &Caller,
        edition: &Edition,
        page: &Page,
        tell: impl Fn(&Service) -> M,
    ) -> Result<(Vec<M>, String)> {
        rows(&PagedList::new("services", &[&edition.id]), page, edition.services.iter().collect(), |service| {
            tell(service)
        })
    }

    /// The products of an edition, each family before its components, and the token of the next page.
    pub fn products<'a, M: Bytes>(
        &self,
        _caller: &Caller,
        edition: &'a Edition,
        page: &Page,
        tell: impl Fn(&Product<'a>) -> M,
    ) -> Result<(Vec<M>, String)> {
        let products: Vec<Product<'a>> = edition
            .families
            .iter()
            .flat_map(|family| {
                let (cloud, life_cycle) = (family.cloud, family.life_cycle);
                let whole = Product { id: family.id.clone(), name: &family.name, cloud, life_cycle };
                let components = family.components.iter().map(move |component| Product {
                    id: format!("{}/{}", family.id, component.id),
                    name: &component.name,
                    cloud,
                    life_cycle: component.life_cycle,
                });
                std::iter::once(whole).chain(components)
            })
            .collect();
        rows(&PagedList::new("products", &[&edition.id]), page, products, tell)
    }

    /// The clauses of an edition, and the token of the next page.
    pub fn clauses<M: Bytes>(
        &self,
        _caller: &Caller,
        edition: &Edition,
        page: &Page,
        tell: impl Fn(&Clause) -> M,
    ) -> Result<(Vec<M>, String)> {
        rows(&PagedList::new("clauses", &[&edition.id]), page, edition.clauses.iter().collect(), |clause| tell(clause))
    }
}

/// One page of rows that never change while the server runs: a place among them is a number.
fn rows<T, M: Bytes>(list: &PagedList, page: &Page, rows: Vec<T>, tell: impl Fn(&T) -> M) -> Result<(Vec<M>, String)> {
    let start = match list.after(page)? {
        None => 0,
        Some([start]) => start.parse().ok().filter(|start| *start < rows.len()).ok_or_else(page_token_invalid)?,
    };
    let rest = rows.into_iter().enumerate().skip(start);
    Ok(list.cut(page, rest, |(row, _)| [row.saturating_add(1).to_string()], |(_, row)| tell(row)))
}
