use clap::Args;

use super::WaiverArgs;
use crate::cli::orders::change::{Before, ChangeWriteArgs, tell_change, tell_recorded};
use crate::cli::orders::recorded::Recorded;
use crate::cli::values::When;
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::{RecordWaiverRequest, Waiver};

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
            has == [false, true] && it.holds_from(before.effective_time)
        };
        if let Some(recorded) = recorded.filter(is_it) {
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
