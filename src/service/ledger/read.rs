//! Reads of the ledger.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Ledger;
use crate::error::{Error, Noun, Result, reason};
use crate::ledger::{Block, Book, Command, Entry, Reservation, ReservationState, Setting, apply};
use crate::service::token::{fingerprint, open, seal};
use crate::service::{Caller, Consistency, Page, page_token_invalid, unknown_customer};
use crate::store::{EntryFilter, ReservationFilter};

const BLOCKS_PAGE: &str = "blocks1";
const RESERVATIONS_PAGE: &str = "reservations1";
const ENTRIES_PAGE: &str = "entries1";

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
    pub async fn block(&self, _caller: &Caller, question: &BlockQuestion) -> Result<(Block, DateTime<Utc>, i64)> {
        let BlockQuestion { customer_id, block_id, as_of_time } = question;
        let Blocks { revision, now, blocks } = self.all_blocks(customer_id).await?;
        let Some(mut block) = blocks.iter().find(|block| block.id == *block_id).cloned() else {
            return Err(unknown_block(*block_id));
        };
        let Some(as_of) = as_of_time else { return Ok((block, now, revision)) };
        if *as_of > now {
            return Err(Error::invalid("as_of_time", reason::FIELD_OUT_OF_RANGE, "is in the future"));
        }
        if block.sequence == 0 {
            // Of a contract older than the ledger: nothing was ever recorded of it.
            return Ok((block, *as_of, revision));
        }
        // What is left of a block is what its last entry by then left of it.
        let last = self.context.store.last_entry(customer_id, *block_id, *as_of).await?;
        let last = last.ok_or_else(|| unknown_block(*block_id))?;
        (block.granted, block.used, block.reserved) = (last.totals.granted, last.totals.used, last.totals.reserved);
        (block.sequence, block.head) = (last.sequence, last.hash);
        // And it is judged by the contract of then.
        let known = self.context.snapshot_as_known(customer_id, *as_of, &Consistency::MinimizeLatency).await?;
        if let Some(spec) = known.blocks.iter().find(|spec| spec.id == *block_id) {
            block.renew(spec);
        }
        Ok((block, *as_of, revision))
    }

    /// One page of blocks, the instant they are judged at, the revision, and the next page's token.
    pub async fn blocks(
        &self,
        _caller: &Caller,
        question: &BlocksQuestion,
    ) -> Result<(Vec<Block>, DateTime<Utc>, i64, String)> {
        let BlocksQuestion { customer_id, work_order_id, service_id, page } = question;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let bound = fingerprint(&[customer_id, &text(work_order_id), &text(service_id)]);
        let after = cursor(BLOCKS_PAGE, &page.token, &bound)?;
        let Blocks { revision, now, blocks } = self.all_blocks(customer_id).await?;
        let is_wanted = |block: &&Block| {
            work_order_id.as_ref().is_none_or(|wanted| *wanted == block.work_order_id)
                && service_id.as_ref().is_none_or(|wanted| *wanted == block.service_id)
        };
        let key = |block: &Block| vec![block.work_order_id.clone(), block.item_id.clone(), block.service_id.clone()];
        let rest =
            blocks.iter().filter(is_wanted).filter(|block| after.as_ref().is_none_or(|after| key(block) > *after));
        let mut rest = rest.peekable();
        let here: Vec<Block> = rest.by_ref().take(page.size).cloned().collect();
        let last = here.last().filter(|_| rest.peek().is_some()).map(key);
        Ok((here, now, revision, token(BLOCKS_PAGE, &bound, last)))
    }

    /// A reservation, and the customer's revision.
    pub async fn reservation(
        &self,
        _caller: &Caller,
        customer_id: &str,
        reservation_id: Uuid,
    ) -> Result<(Reservation, i64)> {
        let revision = self.revision(customer_id).await?;
        match self.context.store.reservation(customer_id, reservation_id).await? {
            Some(reservation) => Ok((reservation, revision)),
            None => Err(Error::NotFound { noun: Noun::Reservation, id: reservation_id.to_string(), nearest: None }),
        }
    }

    /// One page of reservations, oldest first, and the next page's token.
    pub async fn reservations(
        &self,
        _caller: &Caller,
        question: &ReservationsQuestion,
    ) -> Result<(Vec<Reservation>, String)> {
        let ReservationsQuestion { customer_id, block_id, state, page } = question;
        let state_name = state.map_or("", ReservationState::as_str);
        let bound = fingerprint(&[customer_id, &text_of(*block_id), state_name]);
        let after = cursor(RESERVATIONS_PAGE, &page.token, &bound)?;
        let after = after.map(|parts| match parts.as_slice() {
            [id] => id.parse().map_err(|_| page_token_invalid()),
            _ => Err(page_token_invalid()),
        });
        let filter = ReservationFilter { block_id: *block_id, state: *state, after: after.transpose()? };
        self.revision(customer_id).await?;
        let (found, looked_up_to) = self.context.store.reservations(customer_id, &filter, limit(page)).await?;
        let (here, last) = cut(found, page, |last| vec![last.id.to_string()]);
        // A page may end before it is full: no more are looked at for one.
        let last = last.or_else(|| looked_up_to.map(|id| vec![id.to_string()]));
        Ok((here, token(RESERVATIONS_PAGE, &bound, last)))
    }

    /// One page of entries, block by block, and the next page's token.
    pub async fn entries(&self, _caller: &Caller, question: &EntriesQuestion) -> Result<(Vec<Entry>, String)> {
        let EntriesQuestion { customer_id, block_id, reservation_id, page } = question;
        let bound = fingerprint(&[customer_id, &text_of(*block_id), &text_of(*reservation_id)]);
        let after = cursor(ENTRIES_PAGE, &page.token, &bound)?;
        let after = after.map(|parts| match parts.as_slice() {
            [block, sequence] => block.parse().ok().zip(sequence.parse().ok()).ok_or_else(page_token_invalid),
            _ => Err(page_token_invalid()),
        });
        let filter = EntryFilter { block_id: *block_id, reservation_id: *reservation_id, after: after.transpose()? };
        self.revision(customer_id).await?;
        let found = self.context.store.entries(customer_id, &filter, limit(page)).await?;
        let (here, last) = cut(found, page, |last: &Entry| vec![last.block_id.to_string(), last.sequence.to_string()]);
        Ok((here, token(ENTRIES_PAGE, &bound, last)))
    }

    /// The blocks that have rows, at the terms the contract gives them now, and those that come
    /// into being with the first write.
    async fn all_blocks(&self, customer_id: &str) -> Result<Blocks> {
        let Some(stored) = self.context.store.ledger_blocks(customer_id).await? else {
            return Err(unknown_customer(customer_id));
        };
        let snapshot = self.context.snapshot(customer_id, &Consistency::AtLeast(stored.revision)).await?;
        let mut book = Book::new(customer_id);
        stored.blocks.into_iter().for_each(|block| book.add_block(block));
        // Tried on a book that is thrown away.
        let written = book.blocks.keys().copied().collect::<std::collections::BTreeSet<_>>();
        let grant = Command::Grant { blocks: snapshot.blocks.clone() };
        let setting = Setting::new(stored.now, None, "");
        apply(&mut book, &grant, &setting, &mut Uuid::now_v7).map_err(super::request::refused)?;
        let mut blocks: Vec<Block> = book.blocks.into_values().collect();
        for block in blocks.iter_mut().filter(|block| !written.contains(&block.id)) {
            (block.sequence, block.head) = (0, crate::ledger::ChainHash::FIRST);
        }
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

/// One more than a page, to see whether there is another.
fn limit(page: &Page) -> u64 {
    u64::try_from(page.size).unwrap_or(u64::MAX).saturating_add(1)
}

/// The page, and where it ends if another follows.
fn cut<T>(mut found: Vec<T>, page: &Page, place: impl Fn(&T) -> Vec<String>) -> (Vec<T>, Option<Vec<String>>) {
    let has_more = found.len() > page.size;
    found.truncate(page.size);
    let last = found.last().filter(|_| has_more).map(place);
    (found, last)
}

/// Where the page before ended.
fn cursor(kind: &str, token: &str, bound: &str) -> Result<Option<Vec<String>>> {
    if token.is_empty() {
        return Ok(None);
    }
    match open(kind, token).unwrap_or_default().split_first() {
        Some((own, place)) if own == bound => Ok(Some(place.to_vec())),
        _ => Err(page_token_invalid()),
    }
}

fn token(kind: &str, bound: &str, last: Option<Vec<String>>) -> String {
    let Some(last) = last else { return String::new() };
    let parts: Vec<&str> = std::iter::once(bound).chain(last.iter().map(String::as_str)).collect();
    seal(kind, &parts)
}
