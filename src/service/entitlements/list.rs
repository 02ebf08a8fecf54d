//! Lists of what a customer has and has not.

use chrono::{DateTime, Utc};

use super::Entitlements;
use crate::cache::Snapshot;
use crate::engine::{self, Decision, ListQuery, Outcome};
use crate::error::{Error, Noun, Result, reason};
use crate::model::ProductId;
use crate::service::paging::{ByteBudget, Bytes, PagedList, page_token_invalid};
use crate::service::slices::Slices;
use crate::service::{Caller, ListQuestion, View, revision};
use crate::suggest::{hint, nearest, nearest_of_kin, nearest_slip};

/// One page of a list.
#[derive(Debug)]
pub struct EntitlementPage<T> {
    pub rows: Vec<T>,
    pub next_page_token: String,
    pub revision: String,
    pub check_time: DateTime<Utc>,
}

impl Entitlements {
    /// One page of what a customer has and has not. Later pages are judged at the instant of
    /// the first.
    pub async fn list<M: Bytes>(
        &self,
        caller: &Caller,
        question: &ListQuestion,
        mut tell: impl FnMut(&str, &Decision<'_>) -> M,
    ) -> Result<EntitlementPage<M>> {
        caller.require_customer(&question.customer_id)?;
        let now = self.context.clock.now();
        let list = list_of(question);
        let after = list.after(&question.page)?.map(ListPosition::read).transpose()?;
        let ListQuestion { customer_id, known_time, consistency, .. } = question;
        let instant = after.as_ref().map(|after| after.check_time).or(question.check_time);
        let snapshot = self.context.snapshot_at(customer_id, instant, *known_time, consistency, now).await?;
        let prepared = snapshot.prepared();
        self.addressed(&snapshot, question)?;
        let now = instant.unwrap_or(now);
        let query = ListQuery {
            location_id: question.location_id.as_deref(),
            product: question.product_id.as_deref().map(ProductId::new),
            check_time: Some(now),
            group: question.group.as_deref(),
            outcome: question.outcome,
            with_notes: question.view == View::Full,
        };
        let rows = engine::rows(prepared, &query);
        let start = match &after {
            None => 0,
            Some(after) => after.position(&rows).ok_or_else(page_token_invalid)?,
        };
        let (mut results, mut budget) = (Vec::new(), ByteBudget::default());
        let mut next_page_token = String::new();
        let mut slices = Slices::begin();
        for row in rows.iter().skip(start) {
            slices.next().await;
            let row_query = row.question(&query);
            let decision = engine::decide(prepared, &snapshot.balances, &row_query, now)?;
            if question.outcome.is_some_and(|only| only != decision.outcome) {
                continue;
            }
            let has_room = results.len() < question.page.size;
            let told = has_room.then(|| tell(row.location_id, &decision)).filter(|told| budget.takes(told));
            let Some(told) = told else {
                next_page_token = list.token(&ListPosition::write(now, row));
                break;
            };
            results.push(told);
        }
        let revision = revision::encode(&self.context.epoch, &question.customer_id, snapshot.revision);
        Ok(EntitlementPage { rows: results, next_page_token, revision, check_time: now })
    }

    /// Location, family and group of a list exist.
    fn addressed(&self, snapshot: &Snapshot, question: &ListQuestion) -> Result<()> {
        let catalog = &self.context.catalog;
        if let Some(id) = &question.location_id
            && snapshot.prepared().location(id).is_none()
        {
            let names = snapshot.prepared().contract().customer.locations.iter().map(|it| it.location_id.as_str());
            return Err(Error::NotFound { noun: Noun::Location, id: id.clone(), nearest: nearest_of_kin(id, names) });
        }
        if let Some(product) = question.product_id.as_deref().map(ProductId::new)
            && !catalog.knows_family(product)
        {
            let names =
                catalog.editions().iter().flat_map(|edition| &edition.families).map(|family| family.id.as_str());
            let nearest = nearest_slip(product.family, names);
            return Err(Error::NotFound { noun: Noun::ProductFamily, id: product.family.to_owned(), nearest });
        }
        if let Some(group) = &question.group
            && !catalog.editions().iter().any(|edition| edition.group(group).is_some())
        {
            let names = catalog.editions().iter().flat_map(|edition| &edition.groups).map(|group| group.id.as_str());
            let hint = hint(nearest(group, names).as_deref());
            return Err(Error::invalid("group", reason::REFERENCE_UNKNOWN, format!("unknown group `{group}`{hint}")));
        }
        Ok(())
    }
}

/// Where a page begins.
struct ListPosition {
    check_time: DateTime<Utc>,
    location_id: String,
    service_id: String,
}

impl ListPosition {
    fn write(check_time: DateTime<Utc>, row: &engine::ListRow<'_>) -> [String; 3] {
        [check_time.to_rfc3339(), row.location_id.to_owned(), row.service_id.to_owned()]
    }

    fn read([check_time, location_id, service_id]: [String; 3]) -> Result<Self> {
        let check_time = check_time.parse().map_err(|_| page_token_invalid())?;
        Ok(Self { check_time, location_id, service_id })
    }

    fn position(&self, rows: &[engine::ListRow<'_>]) -> Option<usize> {
        rows.iter().position(|row| row.location_id == self.location_id && row.service_id == self.service_id)
    }
}

fn list_of(question: &ListQuestion) -> PagedList {
    let outcome = match question.outcome {
        None => "",
        Some(Outcome::Entitled) => "entitled",
        Some(Outcome::Conditional) => "conditional",
        Some(Outcome::NotEntitled) => "not-entitled",
    };
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut time = question.check_time.map(|time| time.to_rfc3339()).unwrap_or_default();
    if let Some(known_time) = question.known_time {
        time = format!("{time} as known at {}", known_time.to_rfc3339());
    }
    let (location_id, product_id, group) =
        (text(&question.location_id), text(&question.product_id), text(&question.group));
    PagedList::new("entitlements", &[&question.customer_id, &location_id, &product_id, &group, outcome, &time])
}
