mod list;
mod others;
mod whole_delivery;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::decision_id::decision_id;
use super::paging::{ByteBudget, Bytes};
use super::slices::Slices;
use super::{Beside, Caller, Context, Question, TargetQuestion, View, revision};
use crate::cache::Snapshot;
use crate::engine::{self, Decision, Outcome, TargetAnswer};
use crate::error::{Error, Result};
use crate::telemetry::call::note_decision;

use self::others::Others;

pub use list::EntitlementPage;

/// So often a customer's questions of one batch are answered anew while its contract changes.
const MOST_TRIES: usize = 32;

/// Decisions, and what surrounds them.
#[derive(Debug, Clone)]
pub struct Entitlements {
    context: Context,
}

/// A decision with what identifies it.
#[derive(Debug)]
pub struct CheckAnswer<'a> {
    pub decision: Decision<'a>,
    pub question: &'a Question,
    /// The token of the revision that was judged.
    pub revision: String,
    /// 128 bits in hexadecimal.
    pub decision_id: String,
    /// In the full view, for a question with a severity.
    pub target: Option<TargetAnswer<'a>>,
}

/// What was decided, to be counted once it is told.
#[derive(Debug)]
struct Decided<'a> {
    question: &'a Question,
    outcome: Outcome,
    decision_id: String,
}

impl Entitlements {
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// Decides one question and hands the answer to `tell`.
    pub async fn check<T>(
        &self,
        caller: &Caller,
        question: &Question,
        tell: impl FnOnce(&CheckAnswer<'_>) -> T,
    ) -> Result<T> {
        caller.require_customer(&question.customer_id)?;
        let now = self.context.clock.now();
        for _ in 0..MOST_TRIES {
            let snapshot = self.snapshot(question, now).await?;
            if let Beside::Same(snapshot) = self.strictest(snapshot, question, now, &mut Others::default()).await? {
                let (told, decided) = self.answer(&snapshot, question, now, tell)?;
                self.count(&decided);
                return Ok(told);
            }
        }
        Err(Error::NotFreshEnough)
    }

    /// Decides many questions at one instant, each customer at one revision. A question that
    /// addresses nothing, or a customer the caller may not see, spoils no other; a store that cannot answer spoils all.
    ///
    /// Fails if the answers take more bytes than one message may.
    pub async fn check_all<M: Bytes>(
        &self,
        caller: &Caller,
        questions: Vec<Result<Question>>,
        mut tell: impl FnMut(Result<&CheckAnswer<'_>>) -> M,
    ) -> Result<Vec<M>> {
        let now = self.context.clock.now();
        let mut results = Vec::with_capacity(questions.len());
        let mut budget = ByteBudget::default();
        let mut keep = |row: usize, told: M| {
            if !budget.takes(&told) {
                return Err(Error::AnswerTooLarge { fitting: results.len() });
            }
            results.push((row, told));
            Ok(())
        };
        // Each snapshot answers all of its questions and is let go before the next one is read: a batch may ask for
        // many.
        let mut groups: HashMap<_, Vec<(usize, Question)>> = HashMap::new();
        for (row, question) in questions.into_iter().enumerate() {
            let seen = question.and_then(|question| caller.require_customer(&question.customer_id).map(|()| question));
            match seen {
                Ok(question) => {
                    // What was known then is read as of one instant.
                    let instant = question.known_time.and(question.contract_time());
                    let key = (question.customer_id.clone(), question.known_time, instant);
                    groups.entry(key).or_default().push((row, question));
                }
                Err(error) => keep(row, tell(Err(error)))?,
            }
        }
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_unstable_by_key(|group| group.first().map(|(row, _)| *row));
        let mut slices = Slices::begin();
        for group in groups {
            let mut tries = 0..MOST_TRIES;
            let answers = loop {
                let is_last = tries.next().is_none();
                let answers = self.answer_group(&group, is_last, now, &mut slices, &mut tell).await?;
                if let Some(answers) = answers {
                    break answers;
                }
            };
            for (row, told) in answers {
                keep(row, told)?;
            }
        }
        results.sort_unstable_by_key(|(row, _)| *row);
        Ok(results.into_iter().map(|(_, result)| result).collect())
    }

    /// Says which offer answers an incident; with the time it was opened and the token of the
    /// revision that was judged.
    pub async fn response_target<T>(
        &self,
        caller: &Caller,
        question: &TargetQuestion,
        tell: impl FnOnce(&TargetAnswer<'_>) -> T,
    ) -> Result<(T, DateTime<Utc>, String)> {
        caller.require_customer(&question.customer_id)?;
        let now = self.context.clock.now();
        let TargetQuestion { customer_id, open_time, known_time, consistency, .. } = question;
        let snapshot = self.context.snapshot_at(customer_id, *open_time, *known_time, consistency, now).await?;
        let incident = question.incident(now);
        let offers = engine::offers(snapshot.prepared(), &incident);
        let answer = engine::response_target(snapshot.prepared(), &snapshot.balances, &offers, &incident)?;
        let revision = revision::encode(&self.context.epoch, &question.customer_id, snapshot.revision);
        Ok((tell(&answer), incident.open_time, revision))
    }

    fn answer<'a, T>(
        &self,
        snapshot: &Snapshot,
        question: &'a Question,
        now: DateTime<Utc>,
        tell: impl FnOnce(&CheckAnswer<'_>) -> T,
    ) -> Result<(T, Decided<'a>)> {
        let query = question.query();
        let decision = engine::decide(snapshot.prepared(), &snapshot.balances, &query, now)?;
        let decision_id =
            decision_id(question, decision.check_time, snapshot.revision, &decision.edition.id, &self.context.epoch);
        let decided = Decided { question, outcome: decision.outcome, decision_id: decision_id.clone() };
        let revision = revision::encode(&self.context.epoch, &question.customer_id, snapshot.revision);
        let incident = question.incident(decision.check_time).filter(|_| question.view == View::Full);
        let offers =
            incident.as_ref().map(|incident| engine::offers(snapshot.prepared(), incident)).unwrap_or_default();
        let target = match &incident {
            Some(incident) => {
                Some(engine::response_target(snapshot.prepared(), &snapshot.balances, &offers, incident)?)
            }
            None => None,
        };
        Ok((tell(&CheckAnswer { decision, question, revision, decision_id, target }), decided))
    }

    /// An answer that is given counts once; one that is found anew before it is given does not.
    fn count(&self, decided: &Decided<'_>) {
        let Decided { question, outcome, decision_id } = decided;
        self.context.telemetry.metrics.decision(&question.service_id, *outcome);
        note_decision(decision_id, outcome.as_str());
    }

    async fn snapshot(&self, question: &Question, now: DateTime<Utc>) -> Result<Arc<Snapshot>> {
        let Question { customer_id, known_time, consistency, .. } = question;
        self.context.snapshot_at(customer_id, question.contract_time(), *known_time, consistency, now).await
    }

    /// Of a customer's questions the contract as it stands now, or what was known of it.
    async fn group_snapshot(&self, question: &Question, now: DateTime<Utc>) -> Result<Arc<Snapshot>> {
        let Question { customer_id, consistency, .. } = question;
        match question.known_time {
            None => self.context.snapshot(customer_id, consistency, now).await,
            Some(_) => self.snapshot(question, now).await,
        }
    }

    /// The answers to one customer's questions, all at one revision; none if the contract changed meanwhile, unless this is
    /// the last try.
    async fn answer_group<M>(
        &self,
        group: &[(usize, Question)],
        is_last: bool,
        now: DateTime<Utc>,
        slices: &mut Slices,
        tell: &mut impl FnMut(Result<&CheckAnswer<'_>>) -> M,
    ) -> Result<Option<Vec<(usize, M)>>> {
        let Some((_, first)) = group.first() else { return Ok(Some(Vec::new())) };
        let snapshot = match self.group_snapshot(first, now).await {
            Err(error) if spoils_all(&error) => return Err(error),
            other => other,
        };
        let (mut answers, mut all_decided) = (Vec::with_capacity(group.len()), Vec::with_capacity(group.len()));
        let mut others = Others::default();
        for (row, question) in group {
            slices.next().await;
            let told = match &snapshot {
                Ok(snapshot) => match self.snapshot_of(snapshot, question, now, &mut others).await {
                    Ok(Beside::Same(snapshot)) => {
                        let answered = self.answer(&snapshot, question, now, |answer| tell(Ok(answer)));
                        answered.map(|(told, decided)| {
                            all_decided.push(decided);
                            told
                        })
                    }
                    Ok(Beside::Newer(_)) if is_last => return Err(Error::NotFreshEnough),
                    Ok(Beside::Newer(_)) => return Ok(None),
                    Err(error) if spoils_all(&error) => return Err(error),
                    Err(error) => Err(error),
                },
                Err(error) => Err(error.repeated()),
            };
            answers.push((*row, told.unwrap_or_else(|error| tell(Err(error)))));
        }
        all_decided.iter().for_each(|decided| self.count(decided));
        Ok(Some(answers))
    }

    /// The contract that judges one question of a customer of which a snapshot is at hand.
    async fn snapshot_of(
        &self,
        snapshot: &Arc<Snapshot>,
        question: &Question,
        now: DateTime<Utc>,
        others: &mut Others,
    ) -> Result<Beside> {
        let first = match question.contract_time() {
            Some(instant) if question.known_time.is_none() => self.at(snapshot, question, instant, others).await?,
            _ => Beside::Same(Arc::clone(snapshot)),
        };
        match first {
            Beside::Same(first) => self.strictest(first, question, now, others).await,
            newer => Ok(newer),
        }
    }
}

/// Whether the store cannot answer: that concerns every question of a batch.
fn spoils_all(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_) | Error::NotFreshEnough | Error::Overloaded)
}
