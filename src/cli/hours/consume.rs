use clap::Args;

use super::{TakeArgs, write_answer};
use crate::cli::render::entries::{self, WriteSummary};
use crate::cli::{CliContext, Failure};
use crate::model::Zone;
use crate::proto::v1::ConsumeUnitsRequest;

/// Take an amount for work that was done.
///
/// By block, or by location, product and service: then the blocks that serve are used up in
/// burn order. Without --from and --to the work is done now.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Consume {
    #[command(flatten)]
    taken: TakeArgs,
}

impl Consume {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        self.taken.check()?;
        let connection = context.connect().await?;
        let zone = self.taken.zone(&connection, &[]).await?;
        let request = self.request(zone);
        let (id, customer) = (request.request_id.clone(), request.customer_id.clone());
        let answer = write_answer(&id, connection.ledger().consume_units(request)).await?;
        let orders = answer.balances.iter().map(|block| &block.work_order_id);
        let places = context.hosts(&connection, &customer, orders).await;
        context.answer("entitled.v1.ConsumeUnitsResponse", &answer, |answer, screen| {
            let written = WriteSummary {
                entries: &answer.entries,
                reservation: None,
                balances: &answer.balances,
                replayed: answer.replayed,
            };
            entries::write_summary(&written, &places, screen)
        })
    }

    fn request(self, zone: Zone) -> ConsumeUnitsRequest {
        let TakeArgs { customer, block, location, product, service, quantity, solution, delivery_mode, window, write } =
            self.taken;
        ConsumeUnitsRequest {
            customer_id: customer,
            block_id: block.unwrap_or_default(),
            location_id: location.unwrap_or_default(),
            product_id: product.unwrap_or_default(),
            service_id: service.unwrap_or_default(),
            quantity: Some(quantity),
            performed: window.performed(zone),
            delivery_mode: delivery_mode.map(Into::into).unwrap_or_default(),
            note: write.note.unwrap_or_default(),
            request_id: write.request.id(),
            solution_ids: solution,
        }
    }
}
