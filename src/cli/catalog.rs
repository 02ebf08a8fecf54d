mod validate;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use self::validate::Validate;
use super::client::{Client, PAGE_SIZE, pages};
use super::render::{catalog, service};
use super::{CliContext, Failure};
use crate::proto::v1;

/// Show the rules: editions, services, products and clauses.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled catalog services
  entitled catalog services --service rapid-response
  entitled catalog clauses --locale id
  entitled catalog validate examples/editions/*.toml"
)]
pub(super) struct Catalog {
    #[command(subcommand)]
    command: CatalogCommand,
}

#[derive(Debug, Subcommand)]
enum CatalogCommand {
    /// The services one can be entitled to; with `--service`, what one of them is and is not, and by which clauses.
    Services {
        /// This service alone, with what it is, what it brings, what limits it and the clauses it is subject to.
        #[arg(long, value_name = "ID")]
        service: Option<String>,
        #[command(flatten)]
        filter: Filter,
    },
    /// The clauses, in the order in which reasons are given.
    Clauses(Filter),
    /// The product families and the components with rules of their own.
    Products(Filter),
    /// The editions the server knows.
    Editions {
        /// Language of the names: `en` or `id`.
        #[arg(long, value_name = "TAG")]
        locale: Option<String>,
    },
    Validate(Validate),
}

#[derive(Debug, Args)]
struct Filter {
    /// The edition. Default: the server's default edition.
    #[arg(long, value_name = "ID")]
    edition: Option<String>,
    /// Language of the names and texts: `en` or `id`.
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
}

/// Every page of one list, joined into one response.
macro_rules! every_page {
    ($connection:expr, $call:ident, $response:ident.$rows:ident, $request:expr) => {{
        let connection: &Client = $connection;
        let pages = pages(|page_token| {
            let mut request = $request;
            (request.page_size, request.page_token) = (PAGE_SIZE, page_token);
            let mut client = connection.catalog();
            async move {
                let page = client.$call(request).await?.into_inner();
                Ok((page.$rows, page.next_page_token))
            }
        });
        let $rows = pages.await?.into_iter().flatten().collect();
        v1::$response { $rows, next_page_token: String::new() }
    }};
}

impl Catalog {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let what = match self.command {
            CatalogCommand::Validate(validate) => return validate.run(context),
            what => what,
        };
        let connection = &context.connect().await?;
        match what {
            CatalogCommand::Validate(_) => {}
            CatalogCommand::Services { service: Some(service_id), filter: Filter { edition: edition_id, locale } } => {
                let clauses = every_page!(connection, list_clauses, ListClausesResponse.clauses, {
                    v1::ListClausesRequest { edition_id: edition_id.clone(), ..Default::default() }
                });
                let request = v1::GetServiceRequest { edition_id, service_id, locale: locale.clone() };
                let answer = connection.catalog().get_service(request).await?.into_inner();
                let locale = locale.as_deref().unwrap_or("en");
                let page = |answer: &v1::GetServiceResponse, screen: &_| {
                    let service = answer.service.clone().unwrap_or_default();
                    service::page(&service, &clauses.clauses, locale, screen)
                };
                context.answer("entitled.v1.GetServiceResponse", &answer, page)?;
            }
            CatalogCommand::Services { service: None, filter: Filter { edition: edition_id, locale } } => {
                let answer = every_page!(connection, list_services, ListServicesResponse.services, {
                    let (edition_id, locale) = (edition_id.clone(), locale.clone());
                    v1::ListServicesRequest { edition_id, locale, ..Default::default() }
                });
                let table = |answer: &v1::ListServicesResponse, screen: &_| catalog::services(&answer.services, screen);
                context.answer("entitled.v1.ListServicesResponse", &answer, table)?;
            }
            CatalogCommand::Clauses(Filter { edition: edition_id, locale }) => {
                let answer = every_page!(connection, list_clauses, ListClausesResponse.clauses, {
                    v1::ListClausesRequest { edition_id: edition_id.clone(), ..Default::default() }
                });
                let locale = locale.as_deref().unwrap_or("en");
                let table =
                    |answer: &v1::ListClausesResponse, screen: &_| catalog::clauses(&answer.clauses, locale, screen);
                context.answer("entitled.v1.ListClausesResponse", &answer, table)?;
            }
            CatalogCommand::Products(Filter { edition: edition_id, .. }) => {
                let answer = every_page!(connection, list_products, ListProductsResponse.products, {
                    v1::ListProductsRequest { edition_id: edition_id.clone(), ..Default::default() }
                });
                let table = |answer: &v1::ListProductsResponse, screen: &_| catalog::products(&answer.products, screen);
                context.answer("entitled.v1.ListProductsResponse", &answer, table)?;
            }
            CatalogCommand::Editions { locale } => {
                let answer = every_page!(connection, list_editions, ListEditionsResponse.editions, {
                    v1::ListEditionsRequest { locale: locale.clone(), ..Default::default() }
                });
                let table = |answer: &v1::ListEditionsResponse, screen: &_| catalog::editions(&answer.editions, screen);
                context.answer("entitled.v1.ListEditionsResponse", &answer, table)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}
