use std::process::ExitCode;

use clap::Args;

use super::client::PAGE_SIZE;
use super::places::{Named, Places, zone_of_days};
use super::render::audit;
use super::values::When;
use super::{CliContext, Failure, values};
use crate::model::Zone;
use crate::proto::v1::{ListAuditRecordsRequest, ListAuditRecordsResponse};

/// Show who wrote what, from where, and what it changed: the newest first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  entitled audit --limit 20
  entitled audit --customer halden-mills
  entitled audit --customer halden-mills --order hm-2026 --action AdjustBlock
  entitled audit --actor billing-portal --from 2026-11-01 --limit 1000 --output json")]
pub(super) struct Audit {
    /// The customer. Default: all customers, if you may see all.
    #[arg(long, value_name = "ID")]
    customer: Option<String>,
    /// Only writes of this work order or of its blocks.
    #[arg(long, visible_alias = "work-order", value_name = "ID", requires = "customer")]
    order: Option<String>,
    /// Only writes by this actor: `PRINCIPAL for USER`, or PRINCIPAL for whomever.
    #[arg(long, value_name = "NAME")]
    actor: Option<String>,
    /// Only writes by this call, such as `ConsumeUnits`.
    #[arg(long, value_name = "CALL")]
    action: Option<String>,
    /// Only from this instant on (RFC 3339).
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    from: Option<When>,
    /// Only before this instant (RFC 3339) or day.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    until: Option<When>,
    /// At most so many records.
    #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl Audit {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        let connection = context.connect().await?;
        let mut client = connection.contracts();
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let named = Named::first([self.order.as_deref().map(Named::Order)]);
        let customer = self.customer.as_deref().unwrap_or_default();
        let zone = zone_of_days(&connection, customer, named, &[self.from, self.until]).await?;
        let mut request = self.request(zone);
        let mut answer = ListAuditRecordsResponse::default();
        loop {
            let left = limit.saturating_sub(answer.audit_records.len());
            request.page_size = i32::try_from(left).unwrap_or(PAGE_SIZE).min(PAGE_SIZE);
            let page = client.list_audit_records(request.clone()).await?.into_inner();
            if !page.next_page_token.is_empty() && page.next_page_token == request.page_token {
                return Err(Failure::Other("the server returns the same page again and again".into()));
            }
            answer.audit_records.extend(page.audit_records);
            answer.next_page_token = page.next_page_token;
            if answer.next_page_token.is_empty() || answer.audit_records.len() >= limit {
                break;
            }
            request.page_token.clone_from(&answer.next_page_token);
        }
        // Of all customers, times are told in UTC.
        let orders = answer.audit_records.iter().flat_map(|record| &record.work_order_ids);
        let places = match request.customer_id.as_str() {
            "" => Places::default(),
            customer => context.hosts(&connection, customer, orders).await,
        };
        context.answer("entitled.v1.ListAuditRecordsResponse", &answer, |answer, screen| {
            audit::text(answer, &places, screen)
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn request(self, zone: Zone) -> ListAuditRecordsRequest {
        ListAuditRecordsRequest {
            customer_id: self.customer.unwrap_or_default(),
            work_order_id: self.order.unwrap_or_default(),
            actor: self.actor.unwrap_or_default(),
            action: self.action.unwrap_or_default(),
            start_time: self.from.map(|it| it.at(zone)),
            end_time: self.until.map(|it| it.at(zone)),
            page_size: 0,
            page_token: String::new(),
        }
    }
}
