use std::process::ExitCode;

use clap::Args;

use super::places::{Named, zone_of_days};
use super::render::target;
use super::values::When;
use super::{CliContext, Failure, values};
use crate::model::Zone;
use crate::proto::v1::GetResponseTargetRequest;

/// Say which offer answers an incident, by when, and why every other one does not.
///
/// Exit status: 0 answered, also if no offer governs (then `service_id` is empty in JSON).
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled response-target --customer meridian-foods --location au-perth \\
      --product windows-server --severity A
  entitled response-target … --severity B --open 2026-03-16T17:00:00Z
  entitled response-target … --output json | jq -r .due_time"
)]
pub(super) struct ResponseTarget {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The customer's location that opens the incident.
    #[arg(long, value_name = "ID")]
    location: String,
    /// The product: `family` or `family/component`, such as `azure/app-service`.
    #[arg(long, value_name = "ID")]
    product: String,
    /// Severity of the incident.
    #[arg(long, value_enum, ignore_case = true)]
    severity: values::Severity,

    /// How the incident is opened. Offers bound to a portal do not govern what comes another way.
    #[arg(long, value_enum, ignore_case = true, help_heading = "Facts")]
    channel: Option<values::Channel>,
    /// Language the work is wanted in (BCP 47), such as `en`. Without it, offers bound to a language
    /// do not govern.
    #[arg(long, value_name = "TAG", help_heading = "Facts")]
    language: Option<String>,
    /// When the incident is opened: an instant (RFC 3339) or a day. Default: now.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    open: Option<When>,
    /// Judge by what was recorded up to this instant (RFC 3339) or day.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    known: Option<When>,
    /// The tenant in question.
    #[arg(long, value_name = "ID", help_heading = "Facts")]
    tenant: Option<String>,
    /// The solution in question, for event management.
    #[arg(long, value_name = "ID", help_heading = "Facts")]
    solution: Option<String>,

    /// Language of the texts: `en` or `id`.
    #[arg(long, value_name = "TAG", help_heading = "Answer")]
    locale: Option<String>,
}

impl ResponseTarget {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let connection = context.connect().await?;
        let named = Named::Location(&self.location);
        let zone = zone_of_days(&connection, &self.customer, named, &[self.open, self.known]).await?;
        let request = self.request(zone);
        let answer = connection.entitlements().get_response_target(request.clone()).await?.into_inner();
        let zone = context.places(&connection, &request.customer_id).await.location(&request.location_id);
        context.answer("entitled.v1.GetResponseTargetResponse", &answer, |answer, screen| {
            target::text(&request, answer, &screen.in_zone(zone))
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn request(self, zone: Zone) -> GetResponseTargetRequest {
        GetResponseTargetRequest {
            customer_id: self.customer,
            location_id: self.location,
            product_id: self.product,
            severity: self.severity.into(),
            channel: self.channel.map(Into::into).unwrap_or_default(),
            language: self.language,
            open_time: self.open.map(|it| it.at(zone)),
            tenant_id: self.tenant,
            solution_id: self.solution,
            consistency: None,
            locale: self.locale,
            known_time: self.known.map(|it| it.at(zone)),
        }
    }
}
