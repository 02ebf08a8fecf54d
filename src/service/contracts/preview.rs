//! Judges a command as a write would, and tells what it would do.

use chrono::{DateTime, Utc};

use super::blocks::since;
use super::outcome::ChangeOutcome;
use super::state::ContractState;
use super::version::written;
use super::{Contracts, over, size};
use crate::contract::{ContractCommand, Plan, Timeline};
use crate::error::{Error, Result, Violation};
use crate::funding::ended_blocks;
use crate::ledger::{Block, Book};
use crate::model::{Contract, is_id};
use crate::preview::{
    BlockChange, Change, DecisionChange, Decisions, Effects, OpenHold, Rows, affected_reservations, block_changes,
    dependents, field_changes, granted, item_changes, totals,
};
use crate::service::ledger::{KeptOver, refused};
use crate::service::slices::{Slices, uncut};
use crate::service::unknown_customer;
use crate::store::{Txn, ledger_blocks_in_txn, newest_versions_in_txn, open_holds_in_txn};

/// So many holds are looked at, those that last longest: a new end of a block meets them first.
const MOST_HOLDS: u64 = 50_000;

impl Contracts {
    /// Nothing is written. `violations` are those found in the message.
    pub(super) async fn preview(
        &self,
        command: ContractCommand,
        violations: Vec<Violation>,
        is_strict: bool,
    ) -> Result<ChangeOutcome> {
        let _permit = self.previews.enter().await?;
        let own_time = self.context.clock.now();
        // A text that is no id is not looked up: a database does not take every text.
        let is_id = is_id(command.customer_id());
        let stored = if is_id { self.stored(&command, own_time).await? } else { None };
        let now = stored.as_ref().map_or(own_time, |stored| stored.now);
        let state = stored.as_ref().map(|stored| &stored.state);
        let bytes = command.content()?.bytes.saturating_add(size::of_state(state));
        let judged = uncut(bytes, || self.judge(&command, state, now, violations, is_strict))?;
        let mut judged = judged.ok_or_else(|| unknown_customer(command.customer_id()))?;
        let (effects, kept) = match judged.plan.is_empty() {
            true => Default::default(),
            false => self.effects(&command, &judged.plan, stored.as_ref(), bytes, now).await?,
        };
        judged.warnings.extend(over::warnings(&kept, is_strict)?);
        let outcome = written(&command, judged, state, None);
        Ok(ChangeOutcome { effects: Some(Box::new(effects)), ..outcome })
    }

    /// All that is read of a customer, as of one instant; none if there is no such customer.
    async fn stored(&self, command: &ContractCommand, own_time: DateTime<Utc>) -> Result<Option<Stored>> {
        let customer_id = command.customer_id();
        let read = async |txn: Txn| {
            // As a write: never before what it follows.
            let newest = newest_versions_in_txn(&txn, customer_id).await?.record_time();
            let now = newest.map_or(own_time, |newest| newest.max(own_time));
            let Some(state) = ContractState::load(&txn, command, now).await? else { return Ok(None) };
            let blocks = ledger_blocks_in_txn(&txn, customer_id).await?.map(|found| found.blocks);
            let holds = open_holds_in_txn(&txn, customer_id, now, MOST_HOLDS).await?;
            Ok(Some(Stored { now, state, blocks: blocks.unwrap_or_default(), holds }))
        };
        self.context.store.in_snapshot(read).await
    }

    async fn effects(
        &self,
        command: &ContractCommand,
        plan: &Plan,
        stored: Option<&Stored>,
        bytes: usize,
        now: DateTime<Utc>,
    ) -> Result<(Effects, Vec<KeptOver>)> {
        let state = stored.map(|stored| &stored.state);
        let mut book = Book::new(command.customer_id());
        stored.into_iter().flat_map(|stored| &stored.blocks).for_each(|block| book.add_block(block.clone()));
        let violations = uncut(bytes, || self.blocks(command, plan, state, now).against_shrinking(&book));
        if !violations.is_empty() {
            return Err(Error::Violations(violations));
        }
        let old = state.map_or_else(|| unwritten(plan), |state| state.timeline.clone());
        let recorded = state.and_then(|state| state.stored.since().recorded);
        let change = Change { old: &old, new: &plan.timeline, effective_time: plan.as_of, now, recorded };
        let balances = state.map(|state| state.stored.balances.clone()).unwrap_or_default();
        let decisions = uncut(bytes, || Decisions::new(&self.context.catalog, &change, &balances));
        let Some([old, new]) = decisions.prepared() else { return Ok(Default::default()) };
        let (blocks, kept) = uncut(bytes, || self.block_changes(command, plan, state, book, &change))?;
        let (fields, items, totals, dependents) =
            uncut(bytes, || (field_changes(&change), item_changes(&change), totals(&change), dependents(old, new)));
        let holds = stored.map(|stored| stored.holds.as_slice()).unwrap_or_default();
        let reservations = affected_reservations(&blocks.rows, holds, now);
        let turned = turned(&decisions).await?;
        let effects = Effects {
            effective_time: Some(plan.as_of),
            field_changes: fields,
            items,
            blocks,
            reservations,
            dependents,
            decisions: turned,
            totals,
            questions: decisions.questions,
            products: decisions.products,
        };
        Ok((effects, kept))
    }

    /// `book`: as it is, without the change.
    fn block_changes(
        &self,
        command: &ContractCommand,
        plan: &Plan,
        state: Option<&ContractState>,
        book: Book,
        change: &Change<'_>,
    ) -> Result<(Rows<BlockChange>, Vec<KeptOver>)> {
        let info = |block: &Block| state?.stored.order_infos.get(&block.work_order_id);
        let effective_time = |block: &Block| info(block)?.effective_time;
        let (old, specs) = self.blocks_at(change.old, change.latest());
        let standing = since(change.old, state.map(|state| &state.stored), change.latest());
        let mut specs = book.continued(&specs, |_| standing);
        specs.extend(ended_blocks(&old, &specs, &book, effective_time));
        let before = granted(book, specs, change.now).map_err(refused)?;
        let contract = self.blocks(command, plan, state, change.latest());
        let kept = contract.kept_over(&before, change.latest());
        let after = granted(before.clone(), contract.to_grant(&before), change.now).map_err(refused)?;
        Ok((block_changes(&before, &after), kept))
    }
}

/// What a preview reads.
#[derive(Debug)]
struct Stored {
    /// What counts as now.
    now: DateTime<Utc>,
    state: ContractState,
    /// As far as they have rows.
    blocks: Vec<Block>,
    /// Those that are open.
    holds: Vec<OpenHold>,
}

/// The contract of a customer that is not stored yet: one that has bought nothing.
fn unwritten(plan: &Plan) -> Timeline {
    let customer = plan.contract().customer.clone();
    Timeline::of(Contract { customer, work_orders: Vec::new() })
}

/// Asks every question, and gives way in between.
async fn turned(decisions: &Decisions) -> Result<Rows<DecisionChange>> {
    let (mut found, mut slices) = (Rows::default(), Slices::begin());
    for asked in decisions.asked() {
        slices.next().await;
        if let Some(change) = decisions.turn(&asked)? {
            found.add(change);
        }
    }
    Ok(found)
}
