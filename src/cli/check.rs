use std::process::ExitCode;

use clap::Args;

use super::acts::Acts;
use super::places::{Named, zone_of_days};
use super::render::decision;
use super::values::When;
use super::{CliContext, Failure, values};
use crate::model::Zone;
use crate::proto::v1::consistency::Requirement;
use crate::proto::v1::{CheckEntitlementRequest, Consistency, Delivery, Quantity, View};

/// Say whether a customer is entitled to a service, and if not, what would change that.
///
/// Customer, location, product and service suffice; further facts sharpen the answer, and where
/// one is needed the answer names its flag. Where a no can be turned by a change of the contract, the
/// command that makes it is printed: from the time on that --at or the delivery names, if one does, or
/// from when on the clause fails while the work is done. What is in capitals in it, such as NEW-ID or
/// LAST-DAY, is to be filled in. Several are run from the first to the last: where an order has ended, its
/// renewal comes first, and the others change the new order.
///
/// Exit status: 0 entitled, 3 not entitled, 4 conditional; 1, 2, 5 and 6 as of every command.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled check --customer halden-mills --location nl-utrecht \\
      --product azure --service enhanced-designated-engineering --quantity 8h
  entitled check … --severity A --channel phone --full
  entitled check … --at 2027-01-01 && echo still entitled on New Year's Day"
)]
pub(super) struct Check {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The customer's location that asks.
    #[arg(long, value_name = "ID")]
    location: String,
    /// The product: `family` or `family/component`, such as `azure/app-service`.
    #[arg(long, value_name = "ID")]
    product: String,
    /// The service, such as `problem-resolution-support`; see `entitled catalog services`.
    #[arg(long, value_name = "ID")]
    service: String,

    /// The instant the question is about (RFC 3339), or a day. Default: now.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    at: Option<When>,
    /// Judge by what was recorded up to this instant (RFC 3339) or day. Default: everything recorded.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    known: Option<When>,
    /// Severity of the incident.
    #[arg(long, value_enum, ignore_case = true, help_heading = "Facts")]
    severity: Option<values::Severity>,
    /// How the case is opened.
    #[arg(long, value_enum, ignore_case = true, help_heading = "Facts")]
    channel: Option<values::Channel>,
    /// Language the work is wanted in (BCP 47), such as `en`.
    #[arg(long, value_name = "TAG", help_heading = "Facts")]
    language: Option<String>,
    /// The contact who asks.
    #[arg(long, value_name = "ID", help_heading = "Facts")]
    contact: Option<String>,
    /// The tenant in question.
    #[arg(long, value_name = "ID", help_heading = "Facts")]
    tenant: Option<String>,
    /// The activity wanted of a Cybersecurity service, such as `forensic-analysis`.
    #[arg(long, value_name = "ID", help_heading = "Facts")]
    activity: Option<String>,
    /// How much is needed: `8h`, `90m`, `5d`, `10 credits`, `1 event`.
    #[arg(long, value_name = "QUANTITY", value_parser = values::quantity, allow_hyphen_values = true, help_heading = "Facts")]
    quantity: Option<Quantity>,
    /// When the delivery or event begins.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    delivery_start: Option<When>,
    /// When it ends.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    delivery_end: Option<When>,
    /// How it is delivered.
    #[arg(long, value_enum, ignore_case = true, help_heading = "Facts")]
    delivery_mode: Option<values::DeliveryMode>,
    /// When the delivery was asked for.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    requested: Option<When>,
    /// When the provider confirmed the event in writing.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    confirmed: Option<When>,
    /// A solution the event covers; may be given again.
    #[arg(long, value_name = "ID", help_heading = "Facts")]
    solution: Vec<String>,
    /// When the incident was or will be closed.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, help_heading = "Facts")]
    closed: Option<When>,

    /// Language of the texts: `en` or `id`.
    #[arg(long, value_name = "TAG", help_heading = "Answer")]
    locale: Option<String>,
    /// Also the notes, the terms of the coverage and the response target.
    #[arg(long, help_heading = "Answer")]
    full: bool,
    /// As fresh as everything committed before this call.
    #[arg(long, conflicts_with = "revision", help_heading = "Answer")]
    consistent: bool,
    /// At least as fresh as this revision, from an import or an earlier answer.
    #[arg(long, value_name = "TOKEN", help_heading = "Answer")]
    revision: Option<String>,
}

impl Check {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let connection = context.connect().await?;
        let named = Named::Location(&self.location);
        let zone = zone_of_days(&connection, &self.customer, named, &self.times()).await?;
        let request = self.request(zone);
        let answer = connection.entitlements().check_entitlement(request.clone()).await?.into_inner();
        let acts = Acts::read(context, &connection, &request, &answer).await;
        let zone = acts.places.location(&request.location_id);
        context.answer("entitled.v1.CheckEntitlementResponse", &answer, |answer, screen| {
            decision::text(&request, answer, &acts, &screen.in_zone(zone))
        })?;
        Ok(ExitCode::from(decision::exit_status(answer.decision())))
    }

    fn times(&self) -> [Option<When>; 7] {
        let Self { at, known, delivery_start, delivery_end, requested, confirmed, closed, .. } = *self;
        [at, known, delivery_start, delivery_end, requested, confirmed, closed]
    }

    /// Days begin by the clocks of `zone`.
    pub(super) fn request(self, zone: Zone) -> CheckEntitlementRequest {
        let [at, known, delivery_start, delivery_end, requested, confirmed, closed] =
            self.times().map(|time| time.map(|it| it.at(zone)));
        let delivery = Delivery {
            start_time: delivery_start,
            end_time: delivery_end,
            mode: self.delivery_mode.map(Into::into).unwrap_or_default(),
            requested_time: requested,
            confirmed_time: confirmed,
            solution_ids: self.solution,
        };
        let requirement = match self.revision {
            Some(revision) => Some(Requirement::AtLeastRevision(revision)),
            None => self.consistent.then_some(Requirement::FullyConsistent(true)),
        };
        CheckEntitlementRequest {
            customer_id: self.customer,
            location_id: self.location,
            product_id: self.product,
            service_id: self.service,
            check_time: at,
            known_time: known,
            severity: self.severity.map(Into::into).unwrap_or_default(),
            channel: self.channel.map(Into::into).unwrap_or_default(),
            language: self.language,
            contact_id: self.contact,
            tenant_id: self.tenant,
            activity: self.activity,
            quantity: self.quantity,
            delivery: Some(delivery).filter(|delivery| *delivery != Delivery::default()),
            incident_close_time: closed,
            consistency: requirement.map(|requirement| Consistency { requirement: Some(requirement) }),
            locale: self.locale,
            view: if self.full { View::Full } else { View::Basic }.into(),
        }
    }
}
