use clap::Args;

use super::WaiverArgs;
use crate::cli::orders::change::{Before, ChangeArgs, tell_change};
use crate::cli::{CliContext, Failure};
use crate::proto::v1::RevokeWaiverRequest;

/// Take a waiver off an item; what it allowed before stays allowed.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Example:
  entitled waivers revoke --customer meridian-foods --work-order mf-europe --item engineer-lyon \\
      --code ONSITE_NOT_INCLUDED --reference 'amendment 3' --effective 2026-07-01"
)]
pub(super) struct Revoke {
    #[command(flatten)]
    waiver: WaiverArgs,
    #[command(flatten)]
    change: ChangeArgs,
}

impl Revoke {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let before =
            Before::read(&connection, &self.waiver.customer, &self.waiver.work_order, self.change.effective).await?;
        let request = RevokeWaiverRequest {
            customer_id: self.waiver.customer,
            work_order_id: self.waiver.work_order,
            item_id: self.waiver.item,
            code: self.waiver.code,
            reference: self.waiver.reference,
            effective_time: before.effective_time,
            request_id: self.change.write.request.id(),
            validate_only: self.change.write.plan,
            etag: self.change.write.etag(&before),
            strict: self.change.write.strict,
        };
        let id = request.request_id.clone();
        let answer = self.change.write.answer(&id, connection.contracts().revoke_waiver(request)).await?;
        tell_change!(context, "entitled.v1.RevokeWaiverResponse", answer, before, false, self.change.write.plan)
    }
}
