use clap::Args;
use prost_types::Timestamp;

use super::{RequestIdArg, ReservationArgs, write_answer};
use crate::cli::render::entries::{self, WriteSummary};
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::ExtendReservationRequest;

/// Put the expiry of a reservation off.
#[derive(Debug, Args)]
pub(super) struct Extend {
    #[command(flatten)]
    held: ReservationArgs,
    /// When it runs out now (RFC 3339).
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    expires: Timestamp,
    #[command(flatten)]
    request: RequestIdArg,
}

impl Extend {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let request = ExtendReservationRequest {
            customer_id: self.held.customer,
            reservation_id: self.held.reservation,
            block_id: self.held.block.unwrap_or_default(),
            expire_time: Some(self.expires),
            request_id: self.request.id(),
        };
        let connection = context.connect().await?;
        let (id, customer) = (request.request_id.clone(), request.customer_id.clone());
        let answer = write_answer(&id, connection.ledger().extend_reservation(request)).await?;
        let orders = answer.balances.iter().map(|block| &block.work_order_id);
        let places = context.hosts(&connection, &customer, orders).await;
        context.answer("entitled.v1.ExtendReservationResponse", &answer, |answer, screen| {
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
