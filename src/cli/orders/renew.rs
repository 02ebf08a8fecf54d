use clap::Args;

use super::change::{Before, ChangeWriteArgs, tell_change, tell_recorded};
use super::recorded::{Recorded, just_before};
use crate::cli::acts::{first_day_after, last_day_as_long};
use crate::cli::client::Client;
use crate::cli::{CliContext, Failure};
use crate::proto::v1::{GetWorkOrderRequest, RenewWorkOrderRequest};

/// Go on with an order under a new id, after its last day: items, prices and quantities as they were bought.
///
/// What is left of quantities is not carried over. Without dates the new order begins the day after the
/// old one ends, and is as long.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled orders renew hm-2026 --customer halden-mills --as hm-2028 --plan
  entitled orders renew hm-2026 --customer halden-mills --as hm-2028 --end 2028-12-31"
)]
pub(super) struct Renew {
    /// The work order that is renewed.
    #[arg(value_name = "WORK_ORDER", id = "work-order")]
    work_order: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The id of the new order.
    #[arg(long = "as", value_name = "NEW-ID")]
    new_id: String,
    /// Its first day, `YYYY-MM-DD`.
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Its last day, which counts in full.
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    /// Day of signature.
    #[arg(long, value_name = "DATE")]
    signed: Option<String>,
    /// The order whose base package it leans on.
    #[arg(long, value_name = "ID")]
    base: Option<String>,
    #[command(flatten)]
    write: ChangeWriteArgs,
}

impl Renew {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let customer = self.customer.as_str();
        let before = Before::read(&connection, (customer, &self.work_order), None, &self.write).await?;
        let recorded = Recorded::find(&connection, (customer, &self.new_id), None, self.write.given_id()).await?;
        let recorded = match recorded {
            Some(it) if self.is_told_by(&connection, &before, &it).await? => Some(it),
            _ => None,
        };
        if let Some(recorded) = recorded {
            return tell_recorded!(
                context,
                RenewWorkOrderResponse,
                "entitled.v1.RenewWorkOrderResponse",
                before,
                recorded,
                true
            );
        }
        let request = RenewWorkOrderRequest {
            customer_id: self.customer,
            work_order_id: self.work_order,
            new_work_order_id: self.new_id,
            start_date: self.start,
            end_date: self.end,
            signed_date: self.signed,
            base_work_order_id: self.base,
            request_id: self.write.request.id(),
            validate_only: self.write.plan,
            etag: self.write.etag(&before),
            strict: self.write.strict,
        };
        let id = request.request_id.clone();
        let answer = self.write.answer(&id, connection.contracts().renew_work_order(request)).await?;
        tell_change!(context, "entitled.v1.RenewWorkOrderResponse", answer, before, true, self.write.written())
    }

    /// Whether an order is what this made, of the old one as it was then.
    async fn is_told_by(&self, connection: &Client, before: &Before, recorded: &Recorded) -> Result<bool, Failure> {
        let new = &recorded.order;
        if !recorded.is_by("RenewWorkOrder", None) || new.renews_work_order_id() != self.work_order {
            return Ok(false);
        }
        let read = async |id: &str| {
            let request = GetWorkOrderRequest {
                customer_id: self.customer.clone(),
                work_order_id: id.to_owned(),
                as_of_time: new.record_time,
                known_time: new.record_time.as_ref().and_then(just_before),
                ..Default::default()
            };
            super::read(connection, request).await.map(|answer| answer.work_order.unwrap_or_default())
        };
        let old = read(&self.work_order).await?;
        let start = self.start.clone().or_else(|| Some(first_day_after(&old, before.zone())?.to_string()));
        let end = self.end.clone().or_else(|| Some(last_day_as_long(&old, &new.start_date)?.to_string()));
        let is_base = match &self.base {
            Some(base) => base == new.base_work_order_id(),
            None if new.base_work_order_id() == old.base_work_order_id() => true,
            // The renewal of the old base.
            None => {
                let base = read(new.base_work_order_id()).await?;
                !old.base_work_order_id().is_empty() && base.renews_work_order_id() == old.base_work_order_id()
            }
        };
        Ok(is_base
            && start.as_ref() == Some(&new.start_date)
            && end.as_ref() == Some(&new.end_date)
            && self.signed == new.signed_date)
    }
}
