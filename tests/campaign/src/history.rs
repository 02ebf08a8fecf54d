//! What was sent, kept before it is sent, and what was answered.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use entitled::proto::v1;

use crate::answer::Answer;

/// A write of the ledger, to be sent again word for word.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Consume(v1::ConsumeUnitsRequest),
    Reserve(v1::ReserveUnitsRequest),
    Commit(v1::CommitReservationRequest),
    Release(v1::ReleaseReservationRequest),
}

impl Write {
    pub(crate) fn request_id(&self) -> &str {
        match self {
            Self::Consume(request) => &request.request_id,
            Self::Reserve(request) => &request.request_id,
            Self::Commit(request) => &request.request_id,
            Self::Release(request) => &request.request_id,
        }
    }

    /// The entry it makes, and of how many minutes; none where only the server knows what is held.
    pub(crate) fn effect(&self) -> (&'static str, Option<i64>) {
        let minutes = |quantity: &Option<v1::Quantity>| quantity.as_ref().map(|quantity| quantity.amount);
        match self {
            Self::Consume(request) => ("CONSUME", minutes(&request.quantity)),
            Self::Reserve(request) => ("RESERVE", minutes(&request.quantity)),
            Self::Commit(request) => ("COMMIT", minutes(&request.quantity)),
            Self::Release(_) => ("RELEASE", None),
        }
    }
}

/// All that is known of one request id.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub write: Write,
    pub answers: Vec<Answer>,
    /// Attempts that were never answered, not even by an end of the connection.
    pub pending: u32,
    /// Whether the last answer is one to an attempt that began when all others had ended.
    pub is_settled: bool,
}

impl Record {
    fn new(write: &Write) -> Self {
        Self { write: write.clone(), answers: Vec::new(), pending: 0, is_settled: false }
    }

    pub(crate) fn is_acknowledged(&self) -> bool {
        self.answers.iter().any(|answer| matches!(answer, Answer::Done { .. }))
    }

    /// Whether every attempt was surely not carried out, or the last word, long after all others, is a judgement.
    pub(crate) fn is_refused(&self) -> bool {
        let is_refusal = |answer: &Answer| matches!(answer, Answer::Refused { .. });
        let all = self.pending == 0 && self.answers.iter().all(is_refusal);
        let at_last = self.is_settled && self.answers.last().is_some_and(|last| is_refusal(last) && last.is_final());
        !self.is_acknowledged() && (all || at_last)
    }

    /// Whether it has to be repeated to know.
    pub(crate) fn is_open(&self) -> bool {
        !self.is_acknowledged() && !self.is_refused()
    }
}

/// By request id.
#[derive(Debug, Default)]
pub(crate) struct History {
    records: Mutex<HashMap<String, Record>>,
}

impl History {
    fn records(&self) -> MutexGuard<'_, HashMap<String, Record>> {
        // A record is changed by single steps that cannot fail.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before it is sent.
    pub(crate) fn asked(&self, write: &Write) {
        let mut records = self.records();
        let record = records.entry(write.request_id().to_owned()).or_insert_with(|| Record::new(write));
        record.pending = record.pending.saturating_add(1);
    }

    pub(crate) fn answered(&self, request_id: &str, answer: &Answer) {
        if let Some(record) = self.records().get_mut(request_id) {
            record.pending = record.pending.saturating_sub(1);
            record.answers.push(answer.clone());
        }
    }

    /// Its last answer is the last word.
    pub(crate) fn settled(&self, request_id: &str) {
        if let Some(record) = self.records().get_mut(request_id) {
            record.is_settled = true;
        }
    }

    /// What has to be repeated.
    pub(crate) fn open(&self) -> Vec<Write> {
        self.records().values().filter(|record| record.is_open()).map(|record| record.write.clone()).collect()
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.records().values().filter(|record| record.is_acknowledged()).count()
    }

    /// Everything, in the order of the ids.
    pub(crate) fn take(&self) -> Vec<Record> {
        let mut all: Vec<Record> = self.records().drain().map(|(_, record)| record).collect();
        all.sort_by(|one, other| one.write.request_id().cmp(other.write.request_id()));
        all
    }
}
