use clap::Args;

use super::OrderArgs;
use crate::cli::document::write;
use crate::cli::render::differences;
use crate::cli::{CliContext, Failure, Format, reflect, screen};
use crate::proto::v1::{DiffWorkOrderVersionsRequest, GetWorkOrderRequest, WorkOrder};

/// Show what differs between two versions of an order, field by field.
///
/// Without numbers: the last two recorded, whenever they take effect. A change that begins before others records those
/// anew behind itself: `orders versions` lists them all.
#[derive(Debug, Args)]
#[command(
    verbatim_doc_comment,
    after_help = "Examples:
  entitled orders diff hm-2026 --customer halden-mills
  entitled orders diff hm-2026 --customer halden-mills --old 1 --new 3"
)]
pub(super) struct Diff {
    #[command(flatten)]
    order: OrderArgs,
    /// The older version. Default: the one before the newer.
    #[arg(long, value_name = "NUMBER")]
    old: Option<i64>,
    /// The newer version. Default: the last recorded one.
    #[arg(long, value_name = "NUMBER")]
    new: Option<i64>,
}

impl Diff {
    pub(super) async fn run(self, context: &CliContext) -> Result<(), Failure> {
        let connection = context.connect().await?;
        let OrderArgs { work_order, customer } = self.order;
        let request = DiffWorkOrderVersionsRequest {
            customer_id: customer.clone(),
            work_order_id: work_order.clone(),
            old_version: self.old,
            new_version: self.new,
        };
        let answer = connection.contracts().diff_work_order_versions(request).await?.into_inner();
        if context.format == Format::Json {
            return context.answer("entitled.v1.DiffWorkOrderVersionsResponse", &answer, |_, _| String::new());
        }
        // Both are read whole: a table tells money and times as people write them.
        let version = async |number: i64| -> Result<WorkOrder, Failure> {
            if number == 0 {
                return Ok(WorkOrder::default());
            }
            let (customer_id, work_order_id) = (customer.clone(), work_order.clone());
            let request =
                GetWorkOrderRequest { customer_id, work_order_id, version: Some(number), ..Default::default() };
            let order = super::read(&connection, request).await?.work_order.unwrap_or_default();
            Ok(reflect::without_controls("entitled.v1.WorkOrder", &order)?)
        };
        let (old, new) = (version(answer.old_version).await?, version(answer.new_version).await?);
        let zone = context.places(&connection, &customer).await.with_orders([&new]).order(&new.work_order_id);
        let found = differences::of(&write::order(&old, zone)?, &write::order(&new, zone)?);
        let head = format!("{}: version {} → {}", new.work_order_id, answer.old_version, answer.new_version);
        Ok(screen::write(&format!("{head}\n\n{}", differences::table(&found, &context.screen)))?)
    }
}
