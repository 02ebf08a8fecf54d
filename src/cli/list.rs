use std::process::ExitCode;

use clap::Args;

use super::client::{PAGE_SIZE, pages};
use super::places::{Named, zone_of_days};
use super::render::list;
use super::values::When;
use super::{CliContext, Failure, values};
use crate::model::Zone;
use crate::proto::v1::{ListEntitlementsRequest, ListEntitlementsResponse, View};

/// List what a customer has and has not: one row per location and service.
///
/// Without a product the product clauses are not judged.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled list --customer halden-mills
  entitled list --customer halden-mills --location nl-utrecht --product azure --decision entitled
  entitled list --customer halden-mills --output json | jq -r '.entitlements[].service_id'"
)]
pub(super) struct List {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// Only this location.
    #[arg(long, value_name = "ID")]
    location: Option<String>,
    /// Judge for this product.
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// The instant to judge (RFC 3339), or a day. Default: now.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    at: Option<When>,
    /// Judge by what was recorded up to this instant (RFC 3339) or day.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    known: Option<When>,
    /// Only services of this group, such as `education`.
    #[arg(long, value_name = "ID")]
    group: Option<String>,
    /// Only rows with this decision.
    #[arg(long, value_enum, ignore_case = true)]
    decision: Option<values::Decision>,
    /// Language of the texts: `en` or `id`.
    #[arg(long, value_name = "TAG")]
    locale: Option<String>,
    /// Also the notes and the terms of the coverage (in JSON).
    #[arg(long)]
    full: bool,
}

impl List {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let connection = context.connect().await?;
        let named = Named::first([self.location.as_deref().map(Named::Location)]);
        let zone = zone_of_days(&connection, &self.customer, named, &[self.at, self.known]).await?;
        let request = self.request(zone);
        let pages = pages(|page_token| {
            let request = ListEntitlementsRequest { page_token, ..request.clone() };
            let mut client = connection.entitlements();
            async move {
                let mut page = client.list_entitlements(request).await?.into_inner();
                let next = std::mem::take(&mut page.next_page_token);
                Ok((page, next))
            }
        });
        let answer = joined(pages.await?);
        let places = context.places(&connection, &request.customer_id).await;
        context.answer("entitled.v1.ListEntitlementsResponse", &answer, |answer, screen| {
            list::text(answer, &places, screen)
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn request(self, zone: Zone) -> ListEntitlementsRequest {
        ListEntitlementsRequest {
            customer_id: self.customer,
            location_id: self.location,
            product_id: self.product,
            check_time: self.at.map(|it| it.at(zone)),
            group: self.group,
            decision: self.decision.map(Into::into).unwrap_or_default(),
            view: if self.full { View::Full } else { View::Basic }.into(),
            locale: self.locale,
            consistency: None,
            page_size: PAGE_SIZE,
            page_token: String::new(),
            known_time: self.known.map(|it| it.at(zone)),
        }
    }
}

/// All rows as one answer: the instant is that of the first page, and so, as the oldest, is the
/// revision.
fn joined(pages: Vec<ListEntitlementsResponse>) -> ListEntitlementsResponse {
    let mut pages = pages.into_iter();
    let mut answer = pages.next().unwrap_or_default();
    answer.entitlements.extend(pages.flat_map(|page| page.entitlements));
    answer
}
