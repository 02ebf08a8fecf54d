//! The versions of work orders: who changed what, when, and from when on.

use super::Contracts;
use super::read::unknown_order;
use crate::contract::{Difference, changes};
use crate::error::{Error, Noun, Result};
use crate::service::paging::{PagedList, page_token_invalid};
use crate::service::{Bytes, Caller, Consistency, Page};
use crate::store::StoredVersion;

/// Versions that are read at a time: each may have some MiB.
const AT_A_TIME: u64 = 32;
/// Versions of a page are read until they take so many bytes in the store.
const MOST_BYTES: usize = 4 << 20;

/// What differs between two versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDifference {
    /// 0: there is none before the first.
    pub old_version: i64,
    pub new_version: i64,
    pub changes: Vec<Difference>,
}

impl Contracts {
    /// One page of a work order's versions, the last recorded first, each told with what differs from the one before; and
    /// the next page's token.
    pub async fn versions<M: Bytes>(
        &self,
        caller: &Caller,
        customer_id: &str,
        work_order_id: &str,
        page: &Page,
        tell: impl Fn(&StoredVersion, &[Difference]) -> M,
    ) -> Result<(Vec<M>, String)> {
        self.require_order(caller, customer_id, work_order_id).await?;
        let list = PagedList::new("work_order_versions", &[customer_id, work_order_id]);
        let after: Option<[String; 1]> = list.after(page)?;
        let below = after.map(|[last]| last.parse().map_err(|_| page_token_invalid())).transpose()?;
        let (rows, oldest) = self.versions_below(customer_id, work_order_id, below.unwrap_or(i64::MAX), page).await?;
        let older = rows.iter().skip(1).map(Some).chain([oldest.as_ref()]);
        let place = |(version, _): &(&StoredVersion, _)| [version.info.version.to_string()];
        let tell = |(version, older): &(&StoredVersion, Option<&StoredVersion>)| tell(version, &since(*older, version));
        let (here, next) = list.cut(page, rows.iter().zip(older), place, tell);
        match rows.last().filter(|_| next.is_empty() && oldest.is_some()) {
            Some(last) => Ok((here, list.token(&[last.info.version.to_string()]))),
            None => Ok((here, next)),
        }
    }

    /// The versions of a page, as many as there is memory for; and if there are more, the one before them.
    async fn versions_below(
        &self,
        customer_id: &str,
        work_order_id: &str,
        mut below: i64,
        page: &Page,
    ) -> Result<(Vec<StoredVersion>, Option<StoredVersion>)> {
        let (mut rows, mut bytes): (Vec<StoredVersion>, usize) = (Vec::new(), 0);
        // One at least, and the one before it.
        while rows.len() < 2 || (rows.len() <= page.size && bytes <= MOST_BYTES) {
            // An order that is large has few of its versions read at a time.
            let limit = if bytes == 0 { 2 } else { AT_A_TIME };
            let part = self.context.store.versions(customer_id, work_order_id, below, limit).await?;
            let Some(last) = part.last() else { return Ok((rows, None)) };
            below = last.info.version;
            bytes = part.iter().map(|row| row.bytes).fold(bytes, usize::saturating_add);
            rows.extend(part);
        }
        rows.truncate(page.size.saturating_add(1));
        let oldest = rows.pop();
        Ok((rows, oldest))
    }

    /// What differs between two versions. Absent: the last recorded one, and the one before it.
    pub async fn diff(
        &self,
        caller: &Caller,
        customer_id: &str,
        work_order_id: &str,
        old_version: Option<i64>,
        new_version: Option<i64>,
    ) -> Result<VersionDifference> {
        self.require_order(caller, customer_id, work_order_id).await?;
        let new = match new_version {
            Some(version) => self.version(customer_id, work_order_id, version).await?,
            None => self
                .version_below(customer_id, work_order_id, i64::MAX)
                .await?
                .ok_or_else(|| Error::internal("a work order has no version"))?,
        };
        let old = match old_version {
            Some(version) => Some(self.version(customer_id, work_order_id, version).await?),
            None => self.version_below(customer_id, work_order_id, new.info.version).await?,
        };
        Ok(VersionDifference {
            old_version: old.as_ref().map_or(0, |old| old.info.version),
            new_version: new.info.version,
            changes: since(old.as_ref(), &new),
        })
    }

    pub(super) async fn version(&self, customer_id: &str, work_order_id: &str, version: i64) -> Result<StoredVersion> {
        let found = self.version_below(customer_id, work_order_id, version.saturating_add(1)).await?;
        found.filter(|found| found.info.version == version).ok_or_else(|| Error::NotFound {
            noun: Noun::WorkOrderVersion,
            id: version.to_string(),
            nearest: None,
        })
    }

    async fn version_below(&self, customer_id: &str, work_order_id: &str, below: i64) -> Result<Option<StoredVersion>> {
        Ok(self.context.store.versions(customer_id, work_order_id, below, 1).await?.into_iter().next())
    }

    async fn require_order(&self, caller: &Caller, customer_id: &str, work_order_id: &str) -> Result<()> {
        caller.require_customer(customer_id)?;
        let snapshot = self.context.snapshot(customer_id, &Consistency::Full, self.context.clock.now()).await?;
        let contract = snapshot.prepared().contract();
        contract.work_order(work_order_id).map(|_| ()).ok_or_else(|| unknown_order(contract, work_order_id))
    }
}

/// What differs from the version before; nothing, if this is the first.
fn since(older: Option<&StoredVersion>, version: &StoredVersion) -> Vec<Difference> {
    older.map(|older| changes(&older.order, &version.order)).unwrap_or_default()
}
