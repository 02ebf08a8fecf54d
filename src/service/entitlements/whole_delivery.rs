//! A delivery that lasts while its contract changes.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{Entitlements, Others};
use crate::cache::Snapshot;
use crate::engine::{self, Outcome};
use crate::error::Result;
use crate::service::{Beside, MOST_CHANGES_OF_WORK, Question, renewed, too_many_changes};
use crate::store::AsOf;

impl Entitlements {
    /// The contract that answers: of all that are in effect while the delivery lasts the one that allows the least, and of
    /// equals the first. No part of the work may be forbidden; the ledger takes hours by the same rule.
    pub(super) async fn strictest(
        &self,
        first: Arc<Snapshot>,
        question: &Question,
        now: DateTime<Utc>,
        others: &mut Others,
    ) -> Result<Beside> {
        let Some(end) = question.end_time.filter(|end| changes_before(&first, *end).is_some()) else {
            return Ok(Beside::Same(first));
        };
        let mut outcome = self.outcome(&first, question, now)?;
        let (mut strictest, mut last) = (Arc::clone(&first), Arc::clone(&first));
        let mut changes = 0..MOST_CHANGES_OF_WORK;
        while let Some(instant) = changes_before(&last, end).filter(|_| outcome > Outcome::NotEntitled) {
            if changes.next().is_none() {
                return Err(too_many_changes("delivery.end_time"));
            }
            last = match self.at(&first, question, instant, others).await? {
                Beside::Same(snapshot) => snapshot,
                newer => return Ok(newer),
            };
            let then = self.outcome(&last, question, now)?;
            if then < outcome {
                (strictest, outcome) = (Arc::clone(&last), then);
            }
        }
        Ok(Beside::Same(strictest))
    }

    /// The contract of another instant than that of a snapshot, read once for all questions that share the others.
    pub(super) async fn at(
        &self,
        snapshot: &Arc<Snapshot>,
        question: &Question,
        instant: DateTime<Utc>,
        others: &mut Others,
    ) -> Result<Beside> {
        let known = Some(snapshot).filter(|snapshot| snapshot.documents.period.contains(instant)).cloned();
        if let Some(known) = known.or_else(|| others.at(instant)) {
            return Ok(Beside::Same(known));
        }
        let Question { customer_id, known_time, consistency, .. } = question;
        let read = match known_time {
            None => self.context.snapshot_beside(snapshot, instant).await?,
            // What was left by then, and from when to when it was there, is the same at each instant.
            Some(known_time) => {
                let as_of = AsOf::at(instant).known(*known_time);
                let read = self.context.snapshot_as_known(customer_id, as_of, consistency).await?;
                Beside::Same(renewed(&read.documents, &snapshot.stored_balances, read.revision))
            }
        };
        if let Beside::Same(read) = &read {
            others.keep(read);
        }
        Ok(read)
    }

    fn outcome(&self, snapshot: &Snapshot, question: &Question, now: DateTime<Utc>) -> Result<Outcome> {
        Ok(engine::decide(snapshot.prepared(), &snapshot.balances, &question.query(), now)?.outcome)
    }
}

/// When the contract changes next, if it does so before this instant.
fn changes_before(snapshot: &Snapshot, end: DateTime<Utc>) -> Option<DateTime<Utc>> {
    snapshot.documents.period.until.filter(|until| *until < end)
}
