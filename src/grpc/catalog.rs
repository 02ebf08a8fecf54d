use tonic::{Request, Response, Status};

use super::call::Call;
use super::convert::catalog::{write_clause, write_edition, write_product, write_service};
use super::convert::common::{read_locale, read_page};
use super::convert::read::Reader;
use crate::catalog::{Edition, Service};
use crate::proto::v1;
use crate::proto::v1::catalog_service_server::CatalogService;
use crate::service::Catalogue;

/// `CatalogService` on the wire.
#[derive(Debug)]
pub struct CatalogApi {
    catalogue: Catalogue,
}

impl CatalogApi {
    pub fn new(catalogue: Catalogue) -> Self {
        Self { catalogue }
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
        let locale = read_locale(&mut read, locale, call.locale);
        let page = read_page(&mut read, page_size, page_token);
        let page = read.finish(page)?;
        let tell = |edition: &Edition| write_edition(edition, self.catalogue.is_default(edition), locale);
        let (editions, next_page_token) = self.catalogue.editions(&call.caller, &page, tell)?;
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
        let locale = read_locale(&mut read, locale, call.locale);
        let edition_id = read.finish(edition_id)?;
        let edition = self.catalogue.edition(&call.caller, Some(&edition_id))?;
        let edition = write_edition(edition, self.catalogue.is_default(edition), locale);
        Ok(Response::new(v1::GetEditionResponse { edition: Some(edition) }))
    }

    async fn list_services(
        &self,
        request: Request<v1::ListServicesRequest>,
    ) -> Result<Response<v1::ListServicesResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::ListServicesRequest { edition_id, page_size, page_token, locale } = message;
        let mut read = Reader::default();
        let locale = read_locale(&mut read, locale, call.locale);
        let edition_id = read.optional_id("edition_id", edition_id);
        let page = read_page(&mut read, page_size, page_token);
        let page = read.finish(page)?;
        let edition = self.catalogue.edition(&call.caller, edition_id.as_deref())?;
        let tell = |service: &Service| write_service(edition, service, locale);
        let (services, next_page_token) = self.catalogue.services(&call.caller, edition, &page, tell)?;
        Ok(Response::new(v1::ListServicesResponse { services, next_page_token }))
    }

    async fn get_service(
        &self,
        request: Request<v1::GetServiceRequest>,
    ) -> Result<Response<v1::GetServiceResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::GetServiceRequest { edition_id, service_id, locale } = message;
        let mut read = Reader::default();
        let locale = read_locale(&mut read, locale, call.locale);
        let edition_id = read.optional_id("edition_id", edition_id);
        let service_id = read.required_id("service_id", service_id);
        let service_id = read.finish(service_id)?;
        let edition = self.catalogue.edition(&call.caller, edition_id.as_deref())?;
        let service = self.catalogue.service(&call.caller, edition, &service_id)?;
        Ok(Response::new(v1::GetServiceResponse { service: Some(write_service(edition, service, locale)) }))
    }

    async fn list_products(
        &self,
        request: Request<v1::ListProductsRequest>,
    ) -> Result<Response<v1::ListProductsResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::ListProductsRequest { edition_id, page_size, page_token } = message;
        let mut read = Reader::default();
        let edition_id = read.optional_id("edition_id", edition_id);
        let page = read_page(&mut read, page_size, page_token);
        let page = read.finish(page)?;
        let edition = self.catalogue.edition(&call.caller, edition_id.as_deref())?;
        let (products, next_page_token) = self.catalogue.products(&call.caller, edition, &page, write_product)?;
        Ok(Response::new(v1::ListProductsResponse { products, next_page_token }))
    }

    async fn list_clauses(
        &self,
        request: Request<v1::ListClausesRequest>,
    ) -> Result<Response<v1::ListClausesResponse>, Status> {
        let (call, message) = Call::open(request);
        let v1::ListClausesRequest { edition_id, page_size, page_token } = message;
        let mut read = Reader::default();
        let edition_id = read.optional_id("edition_id", edition_id);
        let page = read_page(&mut read, page_size, page_token);
        let page = read.finish(page)?;
        let edition = self.catalogue.edition(&call.caller, edition_id.as_deref())?;
        let (clauses, next_page_token) = self.catalogue.clauses(&call.caller, edition, &page, write_clause)?;
        Ok(Response::new(v1::ListClausesResponse { clauses, next_page_token }))
    }
}
