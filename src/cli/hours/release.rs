use clap::Args;

use super::{ReservationArgs, WriteArgs, write_answer};
use crate::cli::render::entries::{self, WriteSummary};
use crate::cli::{CliContext, Failure};
use crate::proto::v1::ReleaseReservationRequest;

/// Give back all that a reservation holds, and end it.
#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    held: ReservationArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Release {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let request = ReleaseReservationRequest {
            customer_id: self.held.customer,
            reservation_id: self.held.reservation,
            block_id: self.held.block.unwrap_or_default(),
            note: self.write.note.unwrap_or_default(),
            request_id: self.write.request.id(),
        };
        let connection = context.connect().await?;
        let (id, customer) = (request.request_id.clone(), request.customer_id.clone());
        let answer = write_answer(&id, connection.ledger().release_reservation(request)).await?;
        let orders = answer.balances.iter().map(|block| &block.work_order_id);
        let places = context.hosts(&connection, &customer, orders).await;
        context.answer("entitled.v1.ReleaseReservationResponse", &answer, |answer, screen| {
            let written = WriteSummary {
                entries: &answer.entries,
                reservation: answer.reservation.as_ref(),
                balances: &answer.balances,
                replayed: answer.replayed,
            };
            entries::write_summary(&written, &places, screen)
        })
    }
}
