use clap::Args;

use super::WaiverArgs;
use crate::cli::orders::change::{Before, ChangeArgs, tell_change, tell_recorded};
use crate::cli::orders::recorded::Recorded;
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
        let ChangeArgs { effective, write } = self.change;
        let before = Before::read(&connection, self.waiver.of(), effective, &write).await?;
        let recorded = Recorded::find(&connection, self.waiver.of(), before.effective_time, write.given_id()).await?;
        let is_it = |it: &Recorded| {
            let has = [&it.before, &it.order].map(|order| self.waiver.all_of(order).any(|it| self.waiver.names(it)));
            it.is_by("RevokeWaiver", None) && has == [true, false] && it.holds_from(before.effective_time)
        };
        if let Some(recorded) = recorded.filter(is_it) {
            return tell_recorded!(
                context,
                RevokeWaiverResponse,
                "entitled.v1.RevokeWaiverResponse",
                before,
                recorded,
                false
            );
        }
        let request = RevokeWaiverRequest {
            customer_id: self.waiver.customer,
            work_order_id: self.waiver.work_order,
            item_id: self.waiver.item,
            code: self.waiver.code,
            reference: self.waiver.reference,
            effective_time: before.effective_time,
            request_id: write.request.id(),
            validate_only: write.plan,
            etag: write.etag(&before),
            strict: write.strict,
        };
        let id = request.request_id.clone();
        let answer = write.answer(&id, connection.contracts().revoke_waiver(request)).await?;
        tell_change!(context, "entitled.v1.RevokeWaiverResponse", answer, before, false, write.written())
    }
}
