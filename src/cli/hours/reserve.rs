use clap::Args;

use super::{TakeArgs, write_answer};
use crate::cli::render::entries::{self, WriteSummary};
use crate::cli::values::When;
use crate::cli::{CliContext, Failure, values};
use crate::model::Zone;
use crate::proto::v1::ReserveUnitsRequest;

/// Hold an amount for work to come.
///
/// --from and --to say when the work is to be done, if that is known.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Reserve {
    #[command(flatten)]
    taken: TakeArgs,
    /// When the hold runs out: an instant (RFC 3339) or a day. Default: in 24 hours, or when the block ends.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    expires: Option<When>,
}

impl Reserve {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        self.taken.check()?;
        let connection = context.connect().await?;
        let zone = self.taken.zone(&connection, &[self.expires]).await?;
        let request = self.request(zone);
        let (id, customer) = (request.request_id.clone(), request.customer_id.clone());
        let answer = write_answer(&id, connection.ledger().reserve_units(request)).await?;
        let orders = answer.balances.iter().map(|block| &block.work_order_id);
        let places = context.hosts(&connection, &customer, orders).await;
        context.answer("entitled.v1.ReserveUnitsResponse", &answer, |answer, screen| {
            let written = WriteSummary {
                entries: &answer.entries,
                reservation: answer.reservation.as_ref(),
                balances: &answer.balances,
                replayed: answer.replayed,
            };
            entries::write_summary(&written, &places, screen)
        })
    }

    fn request(self, zone: Zone) -> ReserveUnitsRequest {
        let TakeArgs { customer, block, location, product, service, quantity, solution, delivery_mode, window, write } =
            self.taken;
        ReserveUnitsRequest {
            customer_id: customer,
            block_id: block.unwrap_or_default(),
            location_id: location.unwrap_or_default(),
            product_id: product.unwrap_or_default(),
            service_id: service.unwrap_or_default(),
            quantity: Some(quantity),
            performed: window.performed(zone),
            delivery_mode: delivery_mode.map(Into::into).unwrap_or_default(),
            expire_time: self.expires.map(|it| it.at(zone)),
            note: write.note.unwrap_or_default(),
            request_id: write.request.id(),
            solution_ids: solution,
        }
    }
}
