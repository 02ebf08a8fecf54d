use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::call::Call;
use super::convert::catalog::{write_clause, write_edition, write_products, write_service};
use super::convert::question::{locale_of, page_of};
use super::convert::read::Reader;
use crate::catalog::{Catalog, Edition};
use crate::error::{Error, Noun, Result, nearest};
use crate::proto::v1;
use crate::proto::v1::catalog_service_server::CatalogService;
use crate::service::{Page, token};

/// `CatalogService` on the wire.
#[derive(Debug)]
pub struct CatalogApi {
    catalog: Arc<Catalog>,
}

impl CatalogApi {
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }

    /// The named edition, or the default one.
    fn edition(&self, edition_id: Option<String>) -> Result<&Edition> {
        let Some(id) = edition_id.filter(|id| !id.is_empty()) else { return Ok(self.catalog.default_edition()) };
        self.catalog.edition(&id).ok_or_else(|| {
            let known = self.catalog.editions().iter().map(|edition| edition.id.as_str());
            let nearest = nearest(&id, known);
            Error::NotFound { noun: Noun::Edition, id, nearest }
        })
    }

    fn write_edition(&self, edition: &Edition, locale: crate::catalog::Locale) -> v1::Edition {
        write_edition(edition, edition.id == self.catalog.default_edition().id, locale)
    }
}

#[tonic::async_trait]
impl CatalogService for CatalogApi {
    async fn list_editions(
        &self,
        request: Request<v1::ListEditionsRequest>,
    ) -> Result<Response<v1::ListEditionsResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::ListEditionsRequest { page_size, page_token, locale } = message;
        let mut read = Reader::default();
        let locale = locale_of(&mut read, locale, call.locale);
        let page = page_of(&mut read, page_size, page_token);
        let page = read.finish(page)?;
        let mut editions: Vec<&Edition> = self.catalog.editions().iter().collect();
        editions.sort_by_key(|edition| &edition.id);
        let (editions, next_page_token) = page_through(&editions, "editions", "", &page)?;
        let editions = editions.iter().map(|edition| self.write_edition(edition, locale)).collect();
        Ok(Response::new(v1::ListEditionsResponse { editions, next_page_token }))
    }

    async fn get_edition(
        &self,
        request: Request<v1::GetEditionRequest>,
    ) -> Result<Response<v1::GetEditionResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::GetEditionRequest { edition_id, locale } = message;
        let mut read = Reader::default();
        let edition_id = read.required_id("edition_id", edition_id);
        let locale = locale_of(&mut read, locale, call.locale);
        let edition = self.edition(Some(read.finish(edition_id)?))?;
        Ok(Response::new(v1::GetEditionResponse { edition: Some(self.write_edition(edition, locale)) }))
    }

    async fn list_services(
        &self,
        request: Request<v1::ListServicesRequest>,
    ) -> Result<Response<v1::ListServicesResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::ListServicesRequest { edition_id, page_size, page_token, locale } = message;
        let mut read = Reader::default();
        let locale = locale_of(&mut read, locale, call.locale);
        let edition_id = read.optional_id("edition_id", edition_id);
        let page = page_of(&mut read, page_size, page_token);
        let page = read.finish(page)?;
        let edition = self.edition(edition_id)?;
        let (services, next_page_token) = page_through(&edition.services, "services", &edition.id, &page)?;
        let services = services.iter().map(|service| write_service(edition, service, locale)).collect();
        Ok(Response::new(v1::ListServicesResponse { services, next_page_token }))
    }

    async fn get_service(
        &self,
        request: Request<v1::GetServiceRequest>,
    ) -> Result<Response<v1::GetServiceResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::GetServiceRequest { edition_id, service_id, locale } = message;
        let mut read = Reader::default();
        let locale = locale_of(&mut read, locale, call.locale);
        let edition_id = read.optional_id("edition_id", edition_id);
        let service_id = read.required_id("service_id", service_id);
        let service_id = read.finish(service_id)?;
        let edition = self.edition(edition_id)?;
        let service = edition.service(&service_id).ok_or_else(|| {
            let nearest = nearest(&service_id, edition.services.iter().map(|service| service.id.as_str()));
            Error::NotFound { noun: Noun::Service, id: service_id, nearest }
        })?;
        Ok(Response::new(v1::GetServiceResponse { service: Some(write_service(edition, service, locale)) }))
    }

    async fn list_products(
        &self,
        request: Request<v1::ListProductsRequest>,
    ) -> Result<Response<v1::ListProductsResponse>, Status> {
        let (_, message) = Call::open(request);
        let v1::ListProductsRequest { edition_id, page_size, page_token } = message;
        let mut read = Reader::default();
        let edition_id = read.optional_id("edition_id", edition_id);
        let page = page_of(&mut read, page_size, page_token);
        let page = read.finish(page)?;
        let edition = self.edition(edition_id)?;
        let products: Vec<v1::Product> = edition.families.iter().flat_map(write_products).collect();
        let (products, next_page_token) = page_through(&products, "products", &edition.id, &page)?;
        Ok(Response::new(v1::ListProductsResponse { products: products.to_vec(), next_page_token }))
    }

    async fn list_clauses(
        &self,
        request: Request<v1::ListClausesRequest>,
    ) -> Result<Response<v1::ListClausesResponse>, Status> {
        let (_, message) = Call::open(request);
        let v1::ListClausesRequest { edition_id, page_size, page_token } = message;
        let mut read = Reader::default();
        let edition_id = read.optional_id("edition_id", edition_id);
        let page = page_of(&mut read, page_size, page_token);
        let page = read.finish(page)?;
        let edition = self.edition(edition_id)?;
        let (clauses, next_page_token) = page_through(&edition.clauses, "clauses", &edition.id, &page)?;
        let clauses = clauses.iter().map(write_clause).collect();
        Ok(Response::new(v1::ListClausesResponse { clauses, next_page_token }))
    }
}

/// One page of rows that never change while the server runs, and the next page's token.
fn page_through<'a, T>(rows: &'a [T], list: &str, edition_id: &str, page: &Page) -> Result<(&'a [T], String)> {
    let start = match page.token.as_str() {
        "" => 0,
        token => match token::open("catalog1", token).unwrap_or_default().as_slice() {
            [own, edition, start] if own == list && edition == edition_id => start.parse().unwrap_or(usize::MAX),
            _ => usize::MAX,
        },
    };
    let rest = rows.get(start..).ok_or_else(crate::service::page_token_invalid)?;
    let (here, after) = rest.split_at_checked(page.size).unwrap_or((rest, &[]));
    let next = start.saturating_add(here.len()).to_string();
    let token = if after.is_empty() { String::new() } else { token::seal("catalog1", &[list, edition_id, &next]) };
    Ok((here, token))
}
