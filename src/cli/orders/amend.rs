mod applied;

use clap::{ArgGroup, Args};

use super::change::{Before, ChangeArgs, tell_change, tell_recorded};
use super::recorded::Recorded;
use crate::cli::{CliContext, Failure, Format, screen, values};
use crate::proto::v1::{AmendWorkOrderRequest, Quantity};

/// Change an order from an instant on; what was true before stays true.
///
/// The order is read, changed as the flags say, and sent back as a whole, if nobody changed it meanwhile.
/// With --item the flags change that item, with --add-item they say what a further one is, otherwise the
/// order itself. Values are written as in a document: `--set end_date=2027-02-28`, `--set unit_price=310.00`;
/// an empty one takes the field away.
/// A planned end stays; `--set state=ACTIVE --set terminate_time=` withdraws it.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled orders amend hm-2026 --customer halden-mills --set end_date=2028-12-31 --plan
  entitled orders amend hm-2026 --customer halden-mills --add-product power-bi --effective 2026-07-01
  entitled orders amend hm-2026 --customer halden-mills --item ede-utrecht --quantity 500h
  entitled orders amend hm-2026 --customer halden-mills --item ede-utrecht --add-location nl-tilburg
  entitled orders amend hm-2026 --customer halden-mills --add-item seats --service workshops --all-locations \\
      --quantity '20 attendees' --set unit_price=450.00
  entitled orders amend hm-2026 --customer halden-mills --add-item more-ede --like ede-utrecht --quantity 100h"
)]
pub(super) struct Amend {
    /// The work order.
    #[arg(value_name = "WORK_ORDER", id = "work-order")]
    work_order: String,
    /// The customer.
    #[arg(long, value_name = "ID")]
    customer: String,
    #[command(flatten)]
    edit: Edit,
    /// Why a block may be left with less than was used and reserved of it.
    #[arg(long, value_name = "TEXT")]
    force: Option<String>,
    #[command(flatten)]
    change: ChangeArgs,
}

/// What is changed.
#[derive(Debug, Args)]
#[command(next_help_heading = "What changes")]
#[command(group = ArgGroup::new("one-item").args(["item", "add_item"]))]
#[group(id = "edit", required = true, multiple = true, args = ["add_item", "set", "quantity", "add_quantity",
    "add_product", "remove_product", "add_exception", "remove_exception", "add_location", "remove_location",
    "remove_item"])]
struct Edit {
    /// Change this item of the order.
    #[arg(long, value_name = "ID")]
    item: Option<String>,
    /// Buy a further item of this id on the order; the other flags say where, for what and how much.
    #[arg(long, value_name = "NEW-ID")]
    add_item: Option<String>,
    /// The service of the further item.
    #[arg(long, value_name = "ID", requires = "add_item")]
    service: Option<String>,
    /// The further item is as this one of the order, but for its events, and bought outright; with --quantity it is no
    /// predefined offering, and where that is counted in another unit it has no price.
    #[arg(long, value_name = "ITEM", requires = "add_item", conflicts_with = "service")]
    like: Option<String>,
    /// The further item is for every location of the order.
    #[arg(long, requires = "add_item", conflicts_with = "add_location")]
    all_locations: bool,
    /// Set a field; may be given again.
    #[arg(long, value_name = "FIELD=VALUE")]
    set: Vec<String>,
    /// The item's quantity: `500h`, `10 credits`.
    #[arg(long, value_name = "QUANTITY", value_parser = values::quantity, allow_hyphen_values = true,
        requires = "one-item")]
    quantity: Option<Quantity>,
    /// So much more than the item has, or with a minus so much less: `100h`, `-20h`. An item of engagements that does
    /// not say has one.
    #[arg(long, value_name = "QUANTITY", value_parser = values::change, allow_hyphen_values = true, requires = "item",
        conflicts_with = "quantity")]
    add_quantity: Option<Quantity>,
    /// A product pattern that the order or the item is for, too; may be given again.
    #[arg(long, value_name = "PATTERN")]
    add_product: Vec<String>,
    /// A product pattern to take away.
    #[arg(long, value_name = "PATTERN")]
    remove_product: Vec<String>,
    /// A product pattern that the order excepts from what it covers, too; may be given again.
    #[arg(long, value_name = "PATTERN", conflicts_with = "one-item")]
    add_exception: Vec<String>,
    /// A product pattern to except no longer.
    #[arg(long, value_name = "PATTERN", conflicts_with = "one-item")]
    remove_exception: Vec<String>,
    /// A location that the order or the item serves, too; may be given again. One of an item is one of its order then.
    #[arg(long, value_name = "ID")]
    add_location: Vec<String>,
    /// A location to take away.
    #[arg(long, value_name = "ID")]
    remove_location: Vec<String>,
    /// An item to take away; may be given again.
    #[arg(long, value_name = "ID", conflicts_with = "item")]
    remove_item: Vec<String>,
}

impl Amend {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let ChangeArgs { effective, write } = self.change;
        let of = (self.customer.as_str(), self.work_order.as_str());
        let before = Before::read(&connection, of, effective, &write).await?;
        let recorded = Recorded::find(&connection, of, before.effective_time, write.given_id()).await?;
        let is_it = |it: &Recorded| {
            let sent = self.edit.applied(&it.before);
            let is_by = it.is_by("AmendWorkOrder", self.force.as_deref());
            is_by && it.holds_from(before.effective_time) && sent.is_ok_and(|sent| it.is_of(&sent))
        };
        if let Some(recorded) = recorded.filter(is_it) {
            return tell_recorded!(
                context,
                AmendWorkOrderResponse,
                "entitled.v1.AmendWorkOrderResponse",
                before,
                recorded,
                false
            );
        }
        let request = AmendWorkOrderRequest {
            work_order: Some(self.edit.applied(&before.order).map_err(Failure::Usage)?),
            effective_time: before.effective_time,
            force_reason: self.force.unwrap_or_default(),
            request_id: write.request.id(),
            validate_only: write.plan,
            etag: write.etag(&before),
            strict: write.strict,
        };
        let id = request.request_id.clone();
        let answer = write.answer(&id, connection.contracts().amend_work_order(request)).await?;
        if let Some(note) = self.edit.unpriced(&before.order) {
            tell_note(context.format, &note);
        }
        tell_change!(context, "entitled.v1.AmendWorkOrderResponse", answer, before, false, write.written())
    }
}

/// Beside the answer, which is on standard output.
fn tell_note(format: Format, note: &str) {
    let text = match format {
        Format::Table => format!("note: {note}"),
        Format::Json => serde_json::json!({ "note": note }).to_string(),
    };
    screen::write_error(&text);
}
