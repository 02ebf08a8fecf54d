//! Reads of the ledger.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Ledger;
use super::blocks::bring_up_to_date;
use crate::error::{Error, Noun, Result, reason};
use crate::ledger::{Block, Book, Entry, Reservation, ReservationState};
use crate::service::paging::{PagedList, page_token_invalid};
use crate::service::{Bytes, Caller, Consistency, Page, unknown_customer};
use crate::store::{EntryFilter, ReservationFilter};
use crate::telemetry::call::note_customer;

/// SQLite's clock tells whole milliseconds: the caller's now is not the future for that.
const CLOCK_STEP: TimeDelta = TimeDelta::milliseconds(1);

/// Which block, and as of when.
#[derive(Debug, Clone)]
pub struct BlockQuestion {
    pub customer_id: String,
    pub block_id: Uuid,
    /// Absent: now.
    pub as_of_time: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub struct BlocksQuestion {
    pub customer_id: String,
    pub work_order_id: Option<String>,
    pub service_id: Option<String>,
    pub page: Page,
}

#[derive(Debug, Clone)]
pub struct ReservationsQuestion {
    pub customer_id: String,
    pub block_id: Option<Uuid>,
    pub state: Option<ReservationState>,
    pub page: Page,
}

#[derive(Debug, Clone)]
pub struct EntriesQuestion {
    pub customer_id: String,
    pub block_id: Option<Uuid>,
    pub reservation_id: Option<Uuid>,
    pub work_order_id: Option<String>,
    /// Recorded then or later.
    pub start_time: Option<DateTime<Utc>>,
    /// Recorded before.
    pub end_time: Option<DateTime<Utc>>,
    pub page: Page,
}

/// All of a customer's blocks at one revision.
struct Blocks {
    revision: i64,
    now: DateTime<Utc>,
    /// By work order, item and service.
    blocks: Vec<Block>,
}

impl Ledger {
    /// A block, the instant it is judged at, and the customer's revision.
    pub async fn block(&self, caller: &Caller, question: &BlockQuestion) -> Result<(Block, DateTime<Utc>, i64)> {
        let BlockQuestion { customer_id, block_id, as_of_time } = question;
        note_customer(customer_id);
        caller.require_customer(customer_id)?;
        let Blocks { revision, now, blocks } = self.all_blocks(customer_id).await?;
        let Some(block) = blocks.iter().find(|block| block.id == *block_id).cloned() else {
            return Err(unknown_block(*block_id));
        };
        let Some(as_of) = as_of_time else { return Ok((block, now, revision)) };
        if as_of.signed_duration_since(now) > CLOCK_STEP {
            return Err(Error::invalid("as_of_time", reason::FIELD_OUT_OF_RANGE, "is in the future"));
        }
        let then = self.block_as_of(customer_id, block, *as_of).await?;
        Ok((then.ok_or_else(|| unknown_block(*block_id))?, *as_of, revision))
    }

    /// One page of blocks, each told with the instant it is judged at; the revision, and the next page's token.
    pub async fn blocks<M: Bytes>(
        &self,
        caller: &Caller,
        question: &BlocksQuestion,
        tell: impl Fn(&Block, DateTime<Utc>) -> M,
    ) -> Result<(Vec<M>, i64, String)> {
        let BlocksQuestion { customer_id, work_order_id, service_id, page } = question;
        note_customer(customer_id);
        caller.require_customer(customer_id)?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let list = PagedList::new("blocks", &[customer_id, &text(work_order_id), &text(service_id)]);
        let after: Option<[String; 3]> = list.after(page)?;
        let Blocks { revision, now, blocks } = self.all_blocks(customer_id).await?;
        let is_wanted = |block: &&Block| {
            work_order_id.as_ref().is_none_or(|wanted| *wanted == block.work_order_id)
                && service_id.as_ref().is_none_or(|wanted| *wanted == block.service_id)
        };
        let place = |block: &Block| [block.work_order_id.clone(), block.item_id.clone(), block.service_id.clone()];
        let is_behind = |block: &&Block| after.as_ref().is_none_or(|after| place(block) > *after);
        let rest = blocks.iter().filter(is_wanted).filter(is_behind);
        let (here, next) = list.cut(page, rest, |block| place(block), |block| tell(block, now));
        Ok((here, revision, next))
    }

    /// A reservation, and the customer's revision.
    pub async fn reservation(
        &self,
        caller: &Caller,
        customer_id: &str,
        reservation_id: Uuid,
    ) -> Result<(Reservation, i64)> {
        note_customer(customer_id);
        caller.require_customer(customer_id)?;
        let revision = self.revision(customer_id).await?;
        match self.context.store.reservation(customer_id, reservation_id).await? {
            Some(reservation) => Ok((reservation, revision)),
            None => Err(Error::NotFound { noun: Noun::Reservation, id: reservation_id.to_string(), nearest: None }),
        }
    }

    /// One page of reservations, oldest first, and the next page's token.
    pub async fn reservations<M: Bytes>(
        &self,
        caller: &Caller,
        question: &ReservationsQuestion,
        tell: impl Fn(&Reservation) -> M,
    ) -> Result<(Vec<M>, String)> {
        let ReservationsQuestion { customer_id, block_id, state, page } = question;
        note_customer(customer_id);
        caller.require_customer(customer_id)?;
        let state_name = state.map_or("", ReservationState::as_str);
        let list = PagedList::new("reservations", &[customer_id, &text_of(*block_id), state_name]);
        let after = list.after(page)?.map(|[id]| id.parse().map_err(|_| page_token_invalid()));
        let filter = ReservationFilter { block_id: *block_id, state: *state, after: after.transpose()? };
        self.revision(customer_id).await?;
        let (found, looked_up_to) = self.context.store.reservations(customer_id, &filter, page.limit()).await?;
        let (here, next) = list.cut(page, found, |last| [last.id.to_string()], tell);
        match looked_up_to {
            // A page may end before it is full: no more are looked at for one.
            Some(id) if next.is_empty() => Ok((here, list.token(&[id.to_string()]))),
            _ => Ok((here, next)),
        }
    }

    /// One page of entries, block by block, and the next page's token.
    pub async fn entries<M: Bytes>(
        &self,
        caller: &Caller,
        question: &EntriesQuestion,
        tell: impl Fn(&Entry) -> M,
    ) -> Result<(Vec<M>, String)> {
        let EntriesQuestion { customer_id, block_id, reservation_id, work_order_id, start_time, end_time, page } =
            question;
        note_customer(customer_id);
        caller.require_customer(customer_id)?;
        let time = |time: &Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339()).unwrap_or_default();
        let work_order = work_order_id.as_deref().unwrap_or_default();
        let filters = [&text_of(*block_id), &text_of(*reservation_id), work_order, &time(start_time), &time(end_time)];
        let list = PagedList::new("entries", &[&[customer_id.as_str()], filters.as_slice()].concat());
        let after = list
            .after(page)?
            .map(|[block, sequence]| block.parse().ok().zip(sequence.parse().ok()).ok_or_else(page_token_invalid));
        let filter = EntryFilter {
            block_id: *block_id,
            reservation_id: *reservation_id,
            work_order_id: work_order_id.clone(),
            start_time: *start_time,
            end_time: *end_time,
            after: after.transpose()?,
        };
        self.revision(customer_id).await?;
        let (found, looked_up_to) = self.context.store.entries(customer_id, &filter, page.limit()).await?;
        let place = |last: &Entry| [last.block_id.to_string(), last.sequence.to_string()];
        let (here, next) = list.cut(page, found, place, tell);
        match looked_up_to {
            // A page may end before it is full: no more are looked at for one.
            Some((block_id, sequence)) if next.is_empty() => {
                Ok((here, list.token(&[block_id.to_string(), sequence.to_string()])))
            }
            _ => Ok((here, next)),
        }
    }

    /// The blocks that have rows, at the terms the contract gives them now, and those that come
    /// into being with the first write.
    async fn all_blocks(&self, customer_id: &str) -> Result<Blocks> {
        let Some(stored) = self.context.store.ledger_blocks(customer_id).await? else {
            return Err(unknown_customer(customer_id));
        };
        let snapshot = self.context.snapshot(customer_id, &Consistency::AtLeast(stored.revision), stored.now).await?;
        let mut book = Book::new(customer_id);
        stored.blocks.into_iter().for_each(|block| book.add_block(block));
        bring_up_to_date(&mut book, &snapshot.documents, stored.now)?;
        let mut blocks: Vec<Block> = book.blocks.into_values().collect();
        blocks.sort_by(|one, other| {
            (&one.work_order_id, &one.item_id, &one.service_id).cmp(&(
                &other.work_order_id,
                &other.item_id,
                &other.service_id,
            ))
        });
        Ok(Blocks { revision: stored.revision, now: stored.now, blocks })
    }

    async fn revision(&self, customer_id: &str) -> Result<i64> {
        match self.context.store.revision(customer_id).await? {
            Some(revision) => Ok(revision),
            None => Err(unknown_customer(customer_id)),
        }
    }
}

fn unknown_block(block_id: Uuid) -> Error {
    // Ids that are digests resemble each other by chance alone: no nearest one is told.
    Error::NotFound { noun: Noun::Block, id: block_id.to_string(), nearest: None }
}

fn text_of(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
