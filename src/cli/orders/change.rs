//! What every change of an order has in common.

use std::future::Future;

use clap::Args;
use prost_types::Timestamp;
use tonic::{Response, Status};

use crate::cli::client::Client;
use crate::cli::places::Places;
use crate::cli::render::order_change::{self, Changed, Written};
use crate::cli::screen::Screen;
use crate::cli::values::When;
use crate::cli::write::{RequestIdArg, write_answer};
use crate::cli::{Failure, customers, reflect, values};
use crate::model::Zone;
use crate::proto::v1::{Customer, GetWorkOrderRequest, WorkOrder};
use crate::service::Clock;

#[derive(Debug, Args)]
pub(in crate::cli) struct ChangeArgs {
    /// When it takes effect: an instant (RFC 3339), or a day, from whose start at the order's host it holds.
    /// Default: now.
    #[arg(long, value_name = "DATE|TIME", value_parser = values::when)]
    pub effective: Option<When>,
    #[command(flatten)]
    pub write: ChangeWriteArgs,
}

/// What a change takes that says why and nothing else.
#[derive(Debug, Args)]
pub(in crate::cli) struct ReasonedChange {
    /// The work order.
    #[arg(value_name = "WORK_ORDER", id = "work-order")]
    pub work_order: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    pub customer: String,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    #[command(flatten)]
    pub change: ChangeArgs,
}

/// Makes such a change, by a call of its own.
macro_rules! make_reasoned {
    ($context:expr, $args:expr, $call:ident, $request:ident, $response:ident, $name:literal, $is_it:expr) => {{
        let (context, args) = ($context, $args);
        let connection = context.connect().await?;
        let (effective, write) = (args.change.effective, args.change.write);
        let of = (args.customer.as_str(), args.work_order.as_str());
        let before = $crate::cli::orders::change::Before::read(&connection, of, effective, &write).await?;
        let recorded =
            $crate::cli::orders::recorded::Recorded::find(&connection, of, before.effective_time, write.given_id())
                .await?;
        let action = stringify!($request).trim_end_matches("Request");
        let is_it = |it: &$crate::cli::orders::recorded::Recorded| {
            it.is_by(action, args.reason.as_deref()) && $is_it(it, before.effective_time)
        };
        if let Some(recorded) = recorded.filter(is_it) {
            return $crate::cli::orders::change::tell_recorded!(context, $response, $name, before, recorded, false);
        }
        let request = $crate::proto::v1::$request {
            customer_id: args.customer,
            work_order_id: args.work_order,
            effective_time: before.effective_time,
            reason: args.reason.unwrap_or_default(),
            request_id: write.request.id(),
            validate_only: write.plan,
            etag: write.etag(&before),
            strict: write.strict,
        };
        let id = request.request_id.clone();
        let answer = write.answer(&id, connection.contracts().$call(request)).await?;
        $crate::cli::orders::change::tell_change!(context, $name, answer, before, false, write.written())
    }};
}
pub(in crate::cli) use make_reasoned;

#[derive(Debug, Args)]
pub(in crate::cli) struct ChangeWriteArgs {
    /// Only check everything and show what would change.
    #[arg(long)]
    pub plan: bool,
    /// Refuse what would only be warned of.
    #[arg(long)]
    pub strict: bool,
    /// Only if the customer is as it was when this etag was told. Default: as it is read now.
    #[arg(long, value_name = "ETAG")]
    pub etag: Option<String>,
    #[command(flatten)]
    pub request: RequestIdArg,
}

impl ChangeWriteArgs {
    /// The answer of the call; a plan writes nothing, and so its outcome is never unknown.
    pub(in crate::cli) async fn answer<T>(
        &self,
        request_id: &str,
        answer: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, Failure> {
        if self.plan { Ok(answer.await?.into_inner()) } else { write_answer(request_id, answer).await }
    }

    /// The id by which the caller may send a write again; a plan has none.
    pub(in crate::cli) fn given_id(&self) -> Option<&str> {
        self.request.given().filter(|_| !self.plan)
    }

    pub(in crate::cli) fn written(&self) -> Written {
        if self.plan { Written::Plan } else { Written::Now }
    }

    pub(in crate::cli) fn etag(&self, before: &Before) -> String {
        self.etag.clone().unwrap_or_else(|| before.etag.clone())
    }
}

/// An order and its customer as they were read before a change.
#[derive(Debug)]
pub(in crate::cli) struct Before {
    customer: Customer,
    /// The others of the customer, which a plan may concern.
    others: Vec<WorkOrder>,
    /// As it is at `effective_time`, and without one as it is now.
    pub order: WorkOrder,
    /// The state of the contract that `order` was read from.
    etag: String,
    pub effective_time: Option<Timestamp>,
}

impl Before {
    /// The order at the instant from which the change holds: what is planned until then is in it, and what came
    /// later is not.
    pub(in crate::cli) async fn read(
        connection: &Client,
        (customer_id, work_order_id): (&str, &str),
        effective: Option<When>,
        write: &ChangeWriteArgs,
    ) -> Result<Self, Failure> {
        let customer = customers::read(connection, customer_id).await?.customer.unwrap_or_default();
        let read = async |as_of_time| {
            let request = GetWorkOrderRequest {
                customer_id: customer_id.to_owned(),
                work_order_id: work_order_id.to_owned(),
                as_of_time,
                ..Default::default()
            };
            super::read(connection, request).await
        };
        // Days are by the clocks of the host.
        let zone = match effective.filter(|it| it.is_day()) {
            None => Zone::UTC,
            Some(_) => {
                let order = read(None).await?.work_order.unwrap_or_default();
                Places::of(&customer).with_orders([&order]).order(work_order_id)
            }
        };
        let effective_time = effective.map(|it| it.at(zone));
        let answer = read(effective_time).await?;
        let others = if write.plan { super::all(connection, customer_id).await? } else { Vec::new() };
        let order = answer.work_order.unwrap_or_default();
        Ok(Self { customer, others, order, etag: answer.etag, effective_time })
    }

    /// By whose clocks the order dates.
    pub(in crate::cli) fn zone(&self) -> Zone {
        Places::of(&self.customer).with_orders([&self.order]).order(&self.order.work_order_id)
    }

    /// The same with the order as it was before another write.
    pub(in crate::cli) fn of(self, order: WorkOrder) -> Self {
        Self { order, ..self }
    }

    /// Tells what the change made of it; of a renewal nothing was there before.
    pub(in crate::cli) fn tell(&self, screen: &Screen, is_new: bool, changed: Changed<'_>) -> Result<String, Failure> {
        let before: WorkOrder = reflect::without_controls("entitled.v1.WorkOrder", &self.order)?;
        let places = Places::of(&self.customer).with_orders(&self.others).with_orders([&before, changed.after]);
        let changed = Changed { before: (!is_new).then_some(&before), ..changed };
        Ok(order_change::text(&changed, &places, Clock::System.now(), screen)?)
    }
}

/// Writes an answer that has an order, its warnings and its tokens.
macro_rules! tell_change {
    ($context:expr, $name:literal, $answer:expr, $before:expr, $is_new:expr, $written:expr) => {{
        let (context, answer) = ($context, $answer);
        match context.format {
            $crate::cli::Format::Json => context.answer($name, &answer, |_, _| String::new()),
            $crate::cli::Format::Table => {
                let answer = $crate::cli::reflect::without_controls($name, &answer)?;
                let after = answer.work_order.clone().unwrap_or_default();
                let changed = $crate::cli::render::order_change::Changed {
                    before: None,
                    after: &after,
                    effects: answer.effects.as_ref(),
                    warnings: &answer.warnings,
                    revision: &answer.revision,
                    etag: &answer.etag,
                    written: $written,
                };
                $crate::cli::screen::write(&$before.tell(&context.screen, $is_new, changed)?)
                    .map_err($crate::cli::Failure::from)
            }
        }
    }};
}
pub(in crate::cli) use tell_change;

/// Writes what was answered to a write before: its order, and the tokens of now.
macro_rules! tell_recorded {
    ($context:expr, $response:ident, $name:literal, $before:expr, $recorded:expr, $is_new:expr) => {{
        let recorded = $recorded;
        let before = $before.of(recorded.before);
        let answer = $crate::proto::v1::$response {
            work_order: Some(recorded.order),
            revision: recorded.revision,
            etag: recorded.etag,
            ..Default::default()
        };
        let written = $crate::cli::render::order_change::Written::Earlier;
        $crate::cli::orders::change::tell_change!($context, $name, answer, before, $is_new, written)
    }};
}
pub(in crate::cli) use tell_recorded;
