use clap::Args;
use prost_types::Timestamp;
use tonic::Code;

use super::WaiverArgs;
use crate::cli::client::Client;
use crate::cli::orders::change::{Before, ChangeWriteArgs, tell_change, tell_recorded};
use crate::cli::orders::recorded::{Recorded, just_before};
use crate::cli::values::When;
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::{GetWorkOrderRequest, RecordWaiverRequest, Waiver};

/// Record a written agreement that lifts a clause for an item.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled waivers record --customer meridian-foods --work-order mf-europe --item engineer-lyon \\
      --code ONSITE_NOT_INCLUDED --reference 'amendment 3' --granted-by 'account team'"
)]
pub(super) struct Record {
    #[command(flatten)]
    waiver: WaiverArgs,
    /// Who granted it.
    #[arg(long, value_name = "TEXT")]
    granted_by: Option<String>,
    /// First day it counts, `YYYY-MM-DD` at the host. Default: from the item's start.
    #[arg(long, value_name = "DATE")]
    start: Option<String>,
    /// Last day it counts, in full. Default: to the item's end.
    #[arg(long, value_name = "DATE")]
    end: Option<String>,
    /// A product pattern it is limited to; may be given again.
    #[arg(long = "only-product", value_name = "PATTERN")]
    products: Vec<String>,
    /// On the item of a base package: a base service it is limited to; may be given again.
    #[arg(long = "only-service", value_name = "ID")]
    services: Vec<String>,
    /// From when on the item has it: an instant (RFC 3339), or a day, from whose start at the order's host it holds.
    /// Default: as long as there was the item; --start and --end say when it counts.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    effective: Option<When>,
    #[command(flatten)]
    write: ChangeWriteArgs,
}

impl Record {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let before = Before::read(&connection, self.waiver.of(), self.effective, &self.write).await?;
        let waiver = Waiver {
            code: self.waiver.code.clone(),
            reference: self.waiver.reference.clone(),
            granted_by: self.granted_by,
            start_date: self.start,
            end_date: self.end,
            product_ids: self.products,
            service_ids: self.services,
        };
        let recorded =
            Recorded::find(&connection, self.waiver.of(), before.effective_time, self.write.given_id()).await?;
        let is_it = |it: &Recorded| {
            let has = [&it.before, &it.order].map(|order| self.waiver.all_of(order).any(|other| *other == waiver));
            it.is_by("RecordWaiver", None) && has == [false, true]
        };
        let recorded = match recorded.filter(is_it) {
            Some(it) if holds_as_asked(&self.waiver, &connection, &it, before.effective_time).await? => Some(it),
            _ => None,
        };
        if let Some(recorded) = recorded {
            return tell_recorded!(
                context,
                RecordWaiverResponse,
                "entitled.v1.RecordWaiverResponse",
                before,
                recorded,
                false
            );
        }
        let request = RecordWaiverRequest {
            customer_id: self.waiver.customer,
            work_order_id: self.waiver.work_order,
            item_id: self.waiver.item,
            waiver: Some(waiver),
            effective_time: before.effective_time,
            request_id: self.write.request.id(),
            validate_only: self.write.plan,
            etag: self.write.etag(&before),
            strict: self.write.strict,
        };
        let id = request.request_id.clone();
        let answer = self.write.answer(&id, connection.contracts().record_waiver(request)).await?;
        tell_change!(context, "entitled.v1.RecordWaiverResponse", answer, before, false, self.write.written())
    }
}

/// Whether it holds from the instant that is asked for; none: as long as there was the item.
async fn holds_as_asked(
    waiver: &WaiverArgs,
    connection: &Client,
    recorded: &Recorded,
    effective_time: Option<Timestamp>,
) -> Result<bool, Failure> {
    let (None, Some(first)) = (effective_time, &recorded.first) else {
        return Ok(effective_time.is_none() || recorded.holds_from(effective_time));
    };
    let (customer_id, work_order_id) = waiver.of();
    let request = GetWorkOrderRequest {
        customer_id: customer_id.to_owned(),
        work_order_id: work_order_id.to_owned(),
        as_of_time: just_before(first),
        known_time: recorded.order.record_time.as_ref().and_then(just_before),
        ..Default::default()
    };
    match connection.contracts().get_work_order(request).await {
        Ok(answer) => {
            let order = answer.into_inner().work_order.unwrap_or_default();
            let item = order.items.iter().find(|item| item.item_id == waiver.item);
            Ok(item.is_none_or(|_| waiver.all_of(&order).any(|other| waiver.names(other))))
        }
        Err(status) if status.code() == Code::NotFound => Ok(true),
        Err(status) => Err(status.into()),
    }
}
