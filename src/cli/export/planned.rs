//! When something of a contract takes effect later.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use prost_types::Timestamp;

use crate::cli::client::Client;
use crate::cli::{Failure, customers, orders, values};
use crate::model::{LATEST, Zone};
use crate::proto::v1::{Customer, WorkOrder};
use crate::service::Clock;

/// So many changes of a document are looked up, the last ones.
const MOST: usize = 20;

/// The instants behind one, in their order; none: behind now. Found from the last one back: each version tells when it took
/// effect.
pub(super) async fn after(
    connection: &Client,
    customer: &Customer,
    orders: &[WorkOrder],
    as_of: Option<Timestamp>,
) -> Result<Vec<String>, Failure> {
    let from = as_of.as_ref().and_then(values::instant).unwrap_or_else(|| Clock::System.now());
    let mut found = BTreeSet::new();
    let customer_id = customer.customer_id.as_str();
    let read = async |at| {
        let answer = customers::read_at(connection, customer_id, Some(at)).await?;
        Ok(answer.customer.and_then(|customer| customer.effective_time))
    };
    collect(from, read, &mut found).await?;
    for order in orders {
        let read = async |at| {
            let order = orders::at(connection, customer_id, &order.work_order_id, Some(at)).await?;
            Ok(order.effective_time)
        };
        collect(from, read, &mut found).await?;
    }
    Ok(found.iter().map(|at| values::show_time(&stamp(*at), Zone::UTC)).collect())
}

/// `effective_time`: when the version in effect at an instant took effect.
async fn collect(
    from: DateTime<Utc>,
    effective_time: impl AsyncFn(Timestamp) -> Result<Option<Timestamp>, Failure>,
    found: &mut BTreeSet<DateTime<Utc>>,
) -> Result<(), Failure> {
    let moment = TimeDelta::microseconds(1);
    let mut at = LATEST.checked_sub_signed(moment);
    for _ in 0..MOST {
        let Some(asked) = at.filter(|at| *at > from) else { break };
        let begun = effective_time(stamp(asked)).await?.as_ref().and_then(values::instant);
        let Some(begun) = begun.filter(|begun| *begun > from) else { break };
        found.insert(begun);
        at = begun.checked_sub_signed(moment);
    }
    Ok(())
}

fn stamp(instant: DateTime<Utc>) -> Timestamp {
    Timestamp {
        seconds: instant.timestamp(),
        nanos: i32::try_from(instant.timestamp_subsec_nanos()).unwrap_or_default(),
    }
}
