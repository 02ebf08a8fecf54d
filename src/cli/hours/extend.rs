use clap::Args;

use super::{RequestIdArg, ReservationArgs, write_answer};
use crate::cli::places::{Named, zone_of_days};
use crate::cli::render::entries::{self, WriteSummary};
use crate::cli::values::When;
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::ExtendReservationRequest;

/// Put the expiry of a reservation off.
#[derive(Debug, Args)]
pub(super) struct Extend {
    #[command(flatten)]
    held: ReservationArgs,
    /// When it runs out now: an instant (RFC 3339) or a day.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    expires: When,
    #[command(flatten)]
    request: RequestIdArg,
}

impl Extend {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let named = Named::Reservation(&self.held.reservation);
        let zone = zone_of_days(&connection, &self.held.customer, named, &[Some(self.expires)]).await?;
        let request = ExtendReservationRequest {
            customer_id: self.held.customer,
            reservation_id: self.held.reservation,
            block_id: self.held.block.unwrap_or_default(),
            expire_time: Some(self.expires.at(zone)),
            request_id: self.request.id(),
        };
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
