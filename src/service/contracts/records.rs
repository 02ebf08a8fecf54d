//! The list of all writes that callers made, newest first.

use chrono::{DateTime, Utc};

use super::Contracts;
use crate::error::{Error, Result, reason};
use crate::service::audit::{AuditRecord, record_of};
use crate::service::caller::ON_BEHALF_OF;
use crate::service::paging::{PagedList, page_token_invalid};
use crate::service::{Bytes, Caller, CustomerScope, Page, unknown_customer};
use crate::store::{AuditFilter, AuditPlace};
use crate::telemetry::call::note_customer;

/// Which records are asked for.
#[derive(Debug, Clone)]
pub struct AuditQuestion {
    /// Absent: of all customers.
    pub customer_id: Option<String>,
    pub work_order_id: Option<String>,
    /// An actor, or the principal of actors.
    pub actor: Option<String>,
    /// The call.
    pub action: Option<String>,
    /// The earliest.
    pub start: Option<DateTime<Utc>>,
    /// Exclusive.
    pub end: Option<DateTime<Utc>>,
    pub page: Page,
}

impl Contracts {
    /// One page of records, newest first, and the next page's token. A page may end before it is full.
    pub async fn audit_records<M: Bytes>(
        &self,
        caller: &Caller,
        question: &AuditQuestion,
        tell: impl Fn(&AuditRecord) -> M,
    ) -> Result<(Vec<M>, String)> {
        self.may_audit(caller, question.customer_id.as_deref()).await?;
        let list = list_of(question);
        let page = &question.page;
        let after = list.after(page)?.map(|place| place_of(place).ok_or_else(page_token_invalid));
        let filter = AuditFilter {
            customer_id: question.customer_id.clone(),
            work_order_id: question.work_order_id.clone(),
            actor: question.actor.clone().map(|actor| (actor.clone(), format!("{actor}{ON_BEHALF_OF}"))),
            method: question.action.clone(),
            start: question.start,
            end: question.end,
            after: after.transpose()?,
        };
        let (found, looked_up_to) = self.context.store.audit_records(&filter, page.limit()).await?;
        let records: Vec<_> = found.into_iter().map(record_of).collect::<Result<_>>()?;
        let place = |last: &AuditRecord| {
            [last.record_time.timestamp_micros().to_string(), last.customer_id.clone(), last.request_id.clone()]
        };
        let (here, next) = list.cut(page, records, place, tell);
        match looked_up_to {
            Some(AuditPlace { record_time, customer_id, request_id }) if next.is_empty() => {
                Ok((here, list.token(&[record_time.to_string(), customer_id, request_id])))
            }
            _ => Ok((here, next)),
        }
    }

    async fn may_audit(&self, caller: &Caller, customer_id: Option<&str>) -> Result<()> {
        match (customer_id, &caller.customers) {
            (None, CustomerScope::All) => Ok(()),
            (None, CustomerScope::Only(_)) => {
                let description = "is required: you may not see the records of all customers";
                Err(Error::invalid("customer_id", reason::FIELD_REQUIRED, description))
            }
            (Some(customer_id), _) => {
                note_customer(customer_id);
                caller.require_customer(customer_id)?;
                let known = self.context.store.revision(customer_id).await?;
                known.map(|_| ()).ok_or_else(|| unknown_customer(customer_id))
            }
        }
    }
}

/// All that is asked for distinguishes the list.
fn list_of(question: &AuditQuestion) -> PagedList {
    let AuditQuestion { customer_id, work_order_id, actor, action, start, end, page: _ } = question;
    let texts = [customer_id, work_order_id, actor, action].map(|text| text.as_deref().unwrap_or_default());
    let times = [start, end].map(|time| time.map(|time| time.to_rfc3339()).unwrap_or_default());
    PagedList::new("audit_records", &[&texts[..], &times.each_ref().map(String::as_str)[..]].concat())
}

fn place_of([record_time, customer_id, request_id]: [String; 3]) -> Option<AuditPlace> {
    Some(AuditPlace { record_time: record_time.parse().ok()?, customer_id, request_id })
}
