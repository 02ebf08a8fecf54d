//! Customers and work orders as they are, one by one and by pages.

use super::{Contracts, Written};
use crate::error::{Error, Noun, Result, nearest};
use crate::model::{Customer, VersionInfo, WorkOrder};
use crate::service::token::{fingerprint, open, seal};
use crate::service::{Caller, Consistency, Page, entitlements};

const CUSTOMERS_PAGE: &str = "customers1";
const ORDERS_PAGE: &str = "orders1";

impl Contracts {
    pub async fn customer(&self, _caller: &Caller, customer_id: &str) -> Result<Written> {
        let snapshot = self.context.snapshot(customer_id, &Consistency::Full).await?;
        Ok(Written {
            revision: snapshot.revision(),
            contract_version: snapshot.contract_version,
            changes: Vec::new(),
            customer_id: customer_id.to_owned(),
            customer: Some(snapshot.prepared.contract().customer.clone()),
            customer_info: Some(snapshot.customer_info.clone()),
            work_orders: Vec::new(),
        })
    }

    pub async fn work_order(&self, caller: &Caller, customer_id: &str, work_order_id: &str) -> Result<Written> {
        let snapshot = self.context.snapshot(customer_id, &Consistency::Full).await?;
        let contract = snapshot.prepared.contract();
        let Some(order) = contract.work_order(work_order_id) else {
            let known = contract.work_orders.iter().map(|order| order.work_order_id.as_str());
            let nearest = nearest(work_order_id, known);
            return Err(Error::NotFound { noun: Noun::WorkOrder, id: work_order_id.to_owned(), nearest });
        };
        let info = snapshot.order_infos.get(work_order_id).cloned();
        let mut written = self.customer(caller, customer_id).await?;
        written.revision = snapshot.revision();
        written.work_orders = vec![(order.clone(), info)];
        Ok(written)
    }

    /// Customers by id, and the token of the next page.
    pub async fn customers(&self, _caller: &Caller, page: &Page) -> Result<(Vec<(Customer, VersionInfo)>, String)> {
        let after = cursor(CUSTOMERS_PAGE, &page.token, "")?;
        let limit = u64::try_from(page.size).unwrap_or(u64::MAX).saturating_add(1);
        let mut customers = self.context.store.list_customers(after.as_deref(), limit).await?;
        let has_more = customers.len() > page.size;
        customers.truncate(page.size);
        let last = customers.last().filter(|_| has_more).map(|(customer, _)| customer.customer_id.as_str());
        let next = last.map(|last| seal(CUSTOMERS_PAGE, &["", last])).unwrap_or_default();
        Ok((customers, next))
    }

    /// Work orders by id, and the token of the next page.
    pub async fn work_orders(
        &self,
        _caller: &Caller,
        customer_id: &str,
        page: &Page,
    ) -> Result<(Vec<(WorkOrder, Option<VersionInfo>)>, String)> {
        let snapshot = self.context.snapshot(customer_id, &Consistency::Full).await?;
        let bound = fingerprint(&[customer_id]);
        let after = cursor(ORDERS_PAGE, &page.token, &bound)?.unwrap_or_default();
        let contract = snapshot.prepared.contract();
        let mut rest = contract.work_orders.iter().filter(|order| order.work_order_id > after).peekable();
        let orders: Vec<_> = rest
            .by_ref()
            .take(page.size)
            .map(|order| (order.clone(), snapshot.order_infos.get(&order.work_order_id).cloned()))
            .collect();
        let last = orders.last().filter(|_| rest.peek().is_some()).map(|(order, _)| order.work_order_id.as_str());
        let next = last.map(|last| seal(ORDERS_PAGE, &[&bound, last])).unwrap_or_default();
        Ok((orders, next))
    }
}

/// The last id of the page before.
fn cursor(kind: &str, token: &str, bound: &str) -> Result<Option<String>> {
    if token.is_empty() {
        return Ok(None);
    }
    match open(kind, token).unwrap_or_default().as_slice() {
        [own, last] if own == bound => Ok(Some(last.clone())),
        _ => Err(entitlements::page_token_invalid()),
    }
}
