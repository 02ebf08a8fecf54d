use clap::Args;

use super::{Taken, written};
use crate::cli::render::hours::{self, Written};
use crate::cli::{Context, Failure};
use crate::proto::v1::ConsumeUnitsRequest;

/// Take an amount for work that was done.
///
/// By block, or by location, product and service: then the blocks that serve are used up in
/// burn order. Without --from and --to the work is done now.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct Consume {
    #[command(flatten)]
    taken: Taken,
}

impl Consume {
    pub(super) async fn run(self, context: &Context) -> Result<(), Failure> {
        self.taken.check()?;
        let connection = context.connect().await?;
        let request = self.request();
        let id = request.request_id.clone();
        let answer = written(&id, connection.ledger().consume_units(request)).await?;
        context.answer("entitled.v1.ConsumeUnitsResponse", &answer, |answer, screen| {
            let written = Written {
                entries: &answer.entries,
                reservation: None,
                balances: &answer.balances,
                replayed: answer.replayed,
            };
            hours::written(&written, screen)
        })
    }

    fn request(self) -> ConsumeUnitsRequest {
        let Taken { customer, block, location, product, service, quantity, solution, delivery_mode, window, write } =
            self.taken;
        ConsumeUnitsRequest {
            customer_id: customer,
            block_id: block.unwrap_or_default(),
            location_id: location.unwrap_or_default(),
            product_id: product.unwrap_or_default(),
            service_id: service.unwrap_or_default(),
            quantity: Some(quantity),
            performed: window.performed(),
            delivery_mode: delivery_mode.map(Into::into).unwrap_or_default(),
            note: write.note.unwrap_or_default(),
            request_id: write.request.id(),
            solution_ids: solution,
        }
    }
}
