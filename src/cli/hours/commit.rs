use clap::Args;

use super::{PerformedArgs, ReservationArgs, WriteArgs, write_answer};
use crate::cli::places::{Named, zone_of_days};
use crate::cli::render::entries::{self, WriteSummary};
use crate::cli::{CliContext, Failure, values};
use crate::proto::v1::{CommitReservationRequest, Quantity};

/// Use what a reservation holds, and end it.
///
/// Less than is held: the rest is given back. More: only with --allow-more, and if it is available.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Commit {
    #[command(flatten)]
    held: ReservationArgs,
    /// How much was used. Default: all that is held.
    #[arg(long, value_name = "QUANTITY", value_parser = values::quantity, allow_hyphen_values = true)]
    quantity: Option<Quantity>,
    /// Take more than is held, if it is available.
    #[arg(long, requires = "quantity")]
    allow_more: bool,
    #[command(flatten)]
    window: PerformedArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl Commit {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let named = Named::Reservation(&self.held.reservation);
        let zone = zone_of_days(&connection, &self.held.customer, named, &self.window.times()).await?;
        let request = CommitReservationRequest {
            customer_id: self.held.customer,
            reservation_id: self.held.reservation,
            block_id: self.held.block.unwrap_or_default(),
            quantity: self.quantity,
            allow_more: self.allow_more,
            performed: self.window.performed(zone),
            note: self.write.note.unwrap_or_default(),
            request_id: self.write.request.id(),
        };
        let (id, customer) = (request.request_id.clone(), request.customer_id.clone());
        let answer = write_answer(&id, connection.ledger().commit_reservation(request)).await?;
        let orders = answer.balances.iter().map(|block| &block.work_order_id);
        let places = context.hosts(&connection, &customer, orders).await;
        context.answer("entitled.v1.CommitReservationResponse", &answer, |answer, screen| {
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
