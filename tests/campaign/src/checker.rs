//! Holds what was answered against what the tables have.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use crate::answer::Answer;
use crate::history::Record;

/// How many ids of a finding are told.
const TOLD: usize = 3;

/// What must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Acknowledged, and absent.
    Lost,
    /// There twice, or in another amount, or acknowledged as new twice.
    Doubled,
    /// Refused, and there.
    Refused,
    /// There, and never sent.
    Foreign,
    /// An answer outside of docs/ERRORS.md.
    Unclassified,
    /// Never settled by repetitions.
    Unsettled,
    /// Sums or chains that do not fit.
    Misfit,
    /// A hold that ended before its time, or did not end.
    Hold,
    /// No answer within the time any call may take.
    Late,
    /// Health told something else than what was.
    Readiness,
    /// It took too long until a write was done again.
    Recovery,
    Panic,
    /// The process ended when it should not, or in another way.
    Exit,
    /// A round that could not be played to its end.
    Broken,
}

/// One kind of it, with the request ids concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub kind: Kind,
    pub what: String,
    pub request_ids: Vec<String>,
}

impl Finding {
    pub(crate) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), request_ids: Vec::new() }
    }

    /// How many cases it stands for.
    pub(crate) fn count(&self) -> usize {
        self.request_ids.len().max(1)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.what)?;
        match self.request_ids.as_slice() {
            [] => Ok(()),
            ids => {
                let first: Vec<&str> = ids.iter().take(TOLD).map(String::as_str).collect();
                let more = if ids.len() > TOLD { ", …" } else { "" };
                write!(f, "; {} of them: {}{more}", ids.len(), first.join(", "))
            }
        }
    }
}

/// The entries of one kind that one request made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub kind: String,
    pub count: i64,
    pub amount: i64,
}

/// By request id.
pub(crate) type Rows = HashMap<String, Vec<Row>>;

/// Every contradiction between answers and rows, one finding a kind and cause.
pub(crate) fn judge(records: &[Record], rows: &Rows) -> Vec<Finding> {
    let mut cases: BTreeMap<(Kind, String), Vec<String>> = BTreeMap::new();
    for record in records {
        let request_id = record.write.request_id();
        let found = rows.get(request_id).map(Vec::as_slice).unwrap_or_default();
        for (kind, what) in judge_one(record, found) {
            cases.entry((kind, what)).or_default().push(request_id.to_owned());
        }
    }
    let sent: HashSet<&str> = records.iter().map(|record| record.write.request_id()).collect();
    let foreign = rows.keys().filter(|request_id| !sent.contains(request_id.as_str()));
    for request_id in foreign {
        cases.entry((Kind::Foreign, "nobody sent it".to_owned())).or_default().push(request_id.clone());
    }
    let findings = cases.into_iter().map(|((kind, what), mut request_ids)| {
        request_ids.sort();
        Finding { kind, what, request_ids }
    });
    findings.collect()
}

fn judge_one(record: &Record, rows: &[Row]) -> Vec<(Kind, String)> {
    let (kind, amount) = record.write.effect();
    let effect = rows.iter().find(|row| row.kind == kind);
    let mut found = Vec::new();
    if record.is_acknowledged() && effect.is_none() {
        found.push((Kind::Lost, format!("{kind} was answered OK")));
    }
    if record.is_refused() && !rows.is_empty() {
        let text = record.answers.last().map(|answer| format!("{answer:?}")).unwrap_or_default();
        found.push((Kind::Refused, format!("{kind} was answered {text}")));
    }
    if rows.iter().any(|row| row.count > 1) {
        found.push((Kind::Doubled, format!("{kind} is there more than once")));
    }
    if let (Some(amount), Some(row)) = (amount, effect)
        && row.count == 1
        && row.amount != amount
    {
        found.push((Kind::Doubled, format!("{kind} has another amount than asked for")));
    }
    if is_done_twice(&record.answers) {
        found.push((Kind::Doubled, format!("{kind} was told as new twice, or by other entries")));
    }
    if record.is_open() {
        found.push((Kind::Unsettled, format!("{kind} stays open")));
    }
    let unclassified = record.answers.iter().filter_map(|answer| match answer {
        Answer::Unclassified(text) => Some((Kind::Unclassified, text.clone())),
        _ => None,
    });
    found.extend(unclassified.take(1));
    found
}

/// All good answers to one id are the first one.
fn is_done_twice(answers: &[Answer]) -> bool {
    let done: Vec<_> = answers
        .iter()
        .filter_map(|answer| match answer {
            Answer::Done { replayed, entries } => Some((*replayed, entries)),
            _ => None,
        })
        .collect();
    let firsts = done.iter().filter(|(replayed, _)| !replayed).count();
    firsts > 1 || done.windows(2).any(|pair| matches!(pair, [(_, one), (_, next)] if one != next))
}

#[cfg(test)]
mod tests {
    use entitled::proto::v1;
    use tonic::Code;

    use super::*;
    use crate::history::{History, Write};

    fn consume(request_id: &str) -> Write {
        let quantity = Some(v1::Quantity { amount: 5, unit: v1::Unit::Minutes.into() });
        Write::Consume(v1::ConsumeUnitsRequest { quantity, request_id: request_id.to_owned(), ..Default::default() })
    }

    fn done(replayed: bool) -> Answer {
        Answer::Done { replayed, entries: vec!["entry".to_owned()] }
    }

    fn refused() -> Answer {
        Answer::Refused { code: Code::Unavailable, text: "UNAVAILABLE STORE_UNAVAILABLE".to_owned() }
    }

    fn open() -> Answer {
        Answer::Open("no answer".to_owned())
    }

    /// A history of one id and these answers, against so many rows of so many minutes in all.
    fn verdict(answers: &[Answer], count: i64, amount: i64) -> Vec<Kind> {
        let history = History::default();
        for answer in answers {
            history.asked(&consume("one"));
            history.answered("one", answer);
        }
        let rows = match count {
            0 => Rows::new(),
            _ => Rows::from([("one".to_owned(), vec![Row { kind: "CONSUME".to_owned(), count, amount }])]),
        };
        judge(&history.take(), &rows).into_iter().map(|finding| finding.kind).collect()
    }

    #[test]
    fn what_fits_is_no_finding() {
        assert_eq!(verdict(&[done(false)], 1, 5), []);
        assert_eq!(verdict(&[open(), done(true), done(true)], 1, 5), []);
        assert_eq!(verdict(&[refused(), done(false)], 1, 5), []);
        assert_eq!(verdict(&[refused(), refused()], 0, 0), []);
    }

    #[test]
    fn a_lost_write_is_found() {
        assert_eq!(verdict(&[done(false)], 0, 0), [Kind::Lost]);
        assert_eq!(verdict(&[open(), done(true)], 0, 0), [Kind::Lost]);
    }

    #[test]
    fn a_doubled_write_is_found() {
        assert_eq!(verdict(&[done(false)], 2, 10), [Kind::Doubled]);
        assert_eq!(verdict(&[done(false)], 1, 10), [Kind::Doubled]);
        assert_eq!(verdict(&[done(false), done(false)], 1, 5), [Kind::Doubled]);
        let other = Answer::Done { replayed: true, entries: vec!["another".to_owned()] };
        assert_eq!(verdict(&[done(false), other], 1, 5), [Kind::Doubled]);
        assert_eq!(verdict(&[refused()], 2, 10), [Kind::Doubled, Kind::Refused]);
    }

    #[test]
    fn a_refused_write_that_is_there_is_found() {
        assert_eq!(verdict(&[refused()], 1, 5), [Kind::Refused]);
        assert_eq!(verdict(&[refused(), refused()], 1, 5), [Kind::Refused]);
        // One attempt may have been carried out.
        assert_eq!(verdict(&[open(), refused()], 1, 5), [Kind::Unsettled]);
    }

    #[test]
    fn a_judgement_settles_what_was_open() {
        let judged = Answer::Refused { code: Code::FailedPrecondition, text: "HOURS_EXHAUSTED".to_owned() };
        for (count, expected) in [(0, vec![]), (1, vec![Kind::Refused])] {
            let history = History::default();
            for answer in [open(), judged.clone()] {
                history.asked(&consume("one"));
                history.answered("one", &answer);
            }
            history.settled("one");
            let rows = vec![Row { kind: "CONSUME".to_owned(), count, amount: 5 * count }];
            let rows = if count == 0 { Rows::new() } else { Rows::from([("one".to_owned(), rows)]) };
            let found: Vec<Kind> = judge(&history.take(), &rows).into_iter().map(|finding| finding.kind).collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn an_attempt_without_an_end_is_open() {
        let history = History::default();
        history.asked(&consume("one"));
        let found: Vec<Kind> = judge(&history.take(), &Rows::new()).into_iter().map(|finding| finding.kind).collect();
        assert_eq!(found, [Kind::Unsettled]);
    }

    #[test]
    fn what_nobody_sent_and_what_nobody_published_are_found() {
        let rows = Rows::from([("other".to_owned(), vec![Row { kind: "CONSUME".to_owned(), count: 1, amount: 5 }])]);
        assert_eq!(judge(&[], &rows).first().map(|finding| finding.kind), Some(Kind::Foreign));
        let text = Answer::Unclassified("INTERNAL INTERNAL".to_owned());
        assert_eq!(verdict(&[text, done(false)], 1, 5), [Kind::Unclassified]);
    }
}
