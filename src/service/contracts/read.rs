//! Reads customers and work orders as they are now or at another instant, one by one and by pages.

use chrono::{DateTime, Utc};

use super::Contracts;
use crate::error::{Error, Noun, Result};
use crate::model::{Contract, Customer, VersionInfo, WorkOrder};
use crate::service::paging::PagedList;
use crate::service::{Bytes, Caller, Consistency, CustomerScope, Page};
use crate::store::{AsOf, StoredVersion};
use crate::suggest::nearest;

/// Which work order, and in which state.
#[derive(Debug, Clone, Default)]
pub struct WorkOrderQuestion {
    pub customer_id: String,
    pub work_order_id: String,
    /// Absent: the one in effect.
    pub version: Option<i64>,
    pub known_time: Option<DateTime<Utc>>,
    /// Absent: now.
    pub as_of_time: Option<DateTime<Utc>>,
}

/// A document, how it was recorded, and the contract it is part of.
#[derive(Debug, Clone)]
pub struct Found<T> {
    pub document: T,
    pub info: Option<VersionInfo>,
    /// The customer's.
    pub revision: i64,
    pub contract_version: i64,
}

impl Contracts {
    /// As of an instant; none: now.
    pub async fn customer(
        &self,
        caller: &Caller,
        customer_id: &str,
        as_of_time: Option<DateTime<Utc>>,
    ) -> Result<Found<Customer>> {
        caller.require_customer(customer_id)?;
        let now = self.context.clock.now();
        let snapshot = self.context.snapshot_at(customer_id, as_of_time, None, &Consistency::Full, now).await?;
        Ok(Found {
            document: snapshot.prepared().contract().customer.clone(),
            info: Some(snapshot.documents.customer_info.clone()),
            revision: snapshot.revision,
            contract_version: snapshot.documents.contract_version,
        })
    }

    pub async fn work_order(&self, caller: &Caller, question: &WorkOrderQuestion) -> Result<Found<WorkOrder>> {
        let WorkOrderQuestion { customer_id, work_order_id, version, known_time, as_of_time } = question;
        caller.require_customer(customer_id)?;
        let (full, now) = (Consistency::Full, self.context.clock.now());
        let snapshot = match known_time {
            None => self.context.snapshot_at(customer_id, *as_of_time, None, &full, now).await?,
            Some(known_time) => {
                let as_of = as_of_time.map_or(AsOf::now(now), AsOf::at).known(*known_time);
                self.context.snapshot_as_known(customer_id, as_of, &full).await?
            }
        };
        let contract = snapshot.prepared().contract();
        let Some(order) = contract.work_order(work_order_id) else {
            return Err(unknown_order(contract, work_order_id));
        };
        let (document, info) = match version {
            None => (order.clone(), snapshot.documents.order_infos.get(work_order_id).cloned()),
            Some(version) => {
                let StoredVersion { order, info, .. } = self.version(customer_id, work_order_id, *version).await?;
                (order, Some(info))
            }
        };
        Ok(Found { document, info, revision: snapshot.revision, contract_version: snapshot.documents.contract_version })
    }

    /// The customers that the caller may see, by id, and the token of the next page.
    pub async fn customers<M: Bytes>(
        &self,
        caller: &Caller,
        page: &Page,
        tell: impl Fn(&Customer, &VersionInfo) -> M,
    ) -> Result<(Vec<M>, String)> {
        let list = PagedList::new("customers", &[]);
        let [after] = list.after(page)?.unwrap_or_default();
        let (store, now) = (&self.context.store, self.context.clock.now());
        let customers = match &caller.customers {
            CustomerScope::All => store.list_customers(&after, page.limit(), now).await?,
            CustomerScope::Only(ids) => store.list_customers_among(ids, &after, page.limit(), now).await?,
        };
        let place = |(customer, _): &(Customer, VersionInfo)| [customer.customer_id.clone()];
        Ok(list.cut(page, customers, place, |(customer, info)| tell(customer, info)))
    }

    /// Work orders by id, and the token of the next page.
    pub async fn work_orders<M: Bytes>(
        &self,
        caller: &Caller,
        customer_id: &str,
        page: &Page,
        tell: impl Fn(&WorkOrder, Option<&VersionInfo>) -> M,
    ) -> Result<(Vec<M>, String)> {
        caller.require_customer(customer_id)?;
        let snapshot = self.context.snapshot(customer_id, &Consistency::Full, self.context.clock.now()).await?;
        let list = PagedList::new("work_orders", &[customer_id]);
        let [after] = list.after(page)?.unwrap_or_default();
        let orders = &snapshot.prepared().contract().work_orders;
        let rest = orders.iter().filter(|order| order.work_order_id > after);
        let infos = &snapshot.documents.order_infos;
        let tell = |order: &&WorkOrder| tell(order, infos.get(&order.work_order_id));
        Ok(list.cut(page, rest, |order| [order.work_order_id.clone()], tell))
    }
}

pub(super) fn unknown_order(contract: &Contract, work_order_id: &str) -> Error {
    let ids = contract.work_orders.iter().map(|order| order.work_order_id.as_str());
    Error::NotFound { noun: Noun::WorkOrder, id: work_order_id.to_owned(), nearest: nearest(work_order_id, ids) }
}
