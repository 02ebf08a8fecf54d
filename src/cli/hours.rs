mod adjust;
mod balance;
mod commit;
mod consume;
mod entries;
mod extend;
mod release;
mod reservations;
mod reserve;
mod reverse;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::client::Client;
use super::places::{Named, zone_of_days};
use super::values::When;
use super::write::{RequestIdArg, write_answer};
use super::{CliContext, Failure, values};
use crate::model::Zone;
use crate::proto::v1::{Performed, Quantity};

/// Use, hold and give back what was bought: hours, credits, events, visits …
///
/// Every write has a request id. A write whose outcome is unknown tells it: send the same again
/// with it, and it is not applied twice.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled hours balance --customer halden-mills
  entitled hours consume --customer halden-mills --location nl-utrecht --product azure \\
      --service enhanced-designated-engineering --quantity 8h
  entitled hours reserve --customer halden-mills --block 0a1b… --quantity 90m
  entitled hours entries --customer halden-mills"
)]
pub(super) struct Hours {
    #[command(subcommand)]
    command: HoursCommand,
}

#[derive(Debug, Subcommand)]
enum HoursCommand {
    Balance(balance::Balance),
    Entries(entries::Entries),
    Reservations(reservations::Reservations),
    Consume(consume::Consume),
    Reserve(reserve::Reserve),
    Extend(extend::Extend),
    Commit(commit::Commit),
    Release(release::Release),
    Reverse(reverse::Reverse),
    Adjust(adjust::Adjust),
}

impl Hours {
    pub(super) async fn run(self, context: &CliContext) -> Result<ExitCode, Failure> {
        match self.command {
            HoursCommand::Balance(balance) => balance.run(context).await,
            HoursCommand::Entries(entries) => entries.run(context).await,
            HoursCommand::Reservations(reservations) => reservations.run(context).await,
            HoursCommand::Consume(consume) => consume.run(context).await,
            HoursCommand::Reserve(reserve) => reserve.run(context).await,
            HoursCommand::Extend(extend) => extend.run(context).await,
            HoursCommand::Commit(commit) => commit.run(context).await,
            HoursCommand::Release(release) => release.run(context).await,
            HoursCommand::Reverse(reverse) => reverse.run(context).await,
            HoursCommand::Adjust(adjust) => adjust.run(context).await,
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What to take, from which blocks.
#[derive(Debug, Args)]
struct TakeArgs {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The block to take from, and no other.
    #[arg(long, value_name = "UUID")]
    block: Option<String>,
    /// The location the work is for; with product and service it finds the blocks.
    #[arg(long, value_name = "ID")]
    location: Option<String>,
    /// The product: `family` or `family/component`.
    #[arg(long, value_name = "ID")]
    product: Option<String>,
    /// The service.
    #[arg(long, value_name = "ID")]
    service: Option<String>,
    /// How much: `8h`, `12h30m`, `90m`, `5d`, `10 credits`, `1 event`.
    #[arg(long, value_name = "QUANTITY", value_parser = values::quantity, allow_hyphen_values = true)]
    quantity: Quantity,
    /// A solution the events are for; may be given again.
    #[arg(long, value_name = "ID")]
    solution: Vec<String>,
    /// How it is delivered.
    #[arg(long, value_enum, ignore_case = true)]
    delivery_mode: Option<values::DeliveryMode>,
    #[command(flatten)]
    window: PerformedArgs,
    #[command(flatten)]
    write: WriteArgs,
}

impl TakeArgs {
    /// A block, or all that is needed to find one.
    fn check(&self) -> Result<(), Failure> {
        let finds = self.location.is_some() && self.product.is_some() && self.service.is_some();
        if self.block.is_some() || finds {
            return Ok(());
        }
        Err(Failure::Usage("name a --block, or --location, --product and --service".to_owned()))
    }
}

impl TakeArgs {
    /// By whose clocks days are read: those of the location, or of the host of the block's order.
    async fn zone(&self, connection: &Client, more: &[Option<When>]) -> Result<Zone, Failure> {
        let named =
            Named::first([self.location.as_deref().map(Named::Location), self.block.as_deref().map(Named::Block)]);
        let times = [&self.window.times(), more].concat();
        zone_of_days(connection, &self.customer, named, &times).await
    }
}

/// When the work is done.
#[derive(Debug, Args)]
struct PerformedArgs {
    /// When the work began: an instant (RFC 3339) or a day.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, requires = "to")]
    from: Option<When>,
    /// When it ended.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when, requires = "from")]
    to: Option<When>,
}

impl PerformedArgs {
    fn times(&self) -> [Option<When>; 2] {
        [self.from, self.to]
    }

    /// Days begin by the clocks of `zone`.
    fn performed(self, zone: Zone) -> Option<Performed> {
        let [start_time, end_time] = self.times().map(|time| time.map(|it| it.at(zone)));
        (start_time.is_some() || end_time.is_some()).then_some(Performed { start_time, end_time })
    }
}

/// What every write may say.
#[derive(Debug, Args)]
struct WriteArgs {
    /// A note to keep with the entries, such as the number of a case.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    #[command(flatten)]
    request: RequestIdArg,
}

/// Which reservation.
#[derive(Debug, Args)]
struct ReservationArgs {
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    /// The reservation.
    #[arg(long, value_name = "UUID")]
    reservation: String,
    /// A block that must be among those that fund it.
    #[arg(long, value_name = "UUID")]
    block: Option<String>,
}
