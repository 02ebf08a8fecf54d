//! Writes reasons and notes to the wire: the clauses of a decision, in words.

use super::enums::write_remedy_kind;
use crate::catalog::Locale;
use crate::engine::{Decision, Note, Reason};
use crate::proto::v1;

pub(crate) fn write_reasons(reasons: &[Reason<'_>], decision: &Decision<'_>, locale: Locale) -> Vec<v1::Reason> {
    reasons.iter().map(|reason| write_reason(reason, decision, locale)).collect()
}

fn write_reason(reason: &Reason<'_>, decision: &Decision<'_>, locale: Locale) -> v1::Reason {
    let Reason { clause, metadata, remedy } = reason;
    v1::Reason {
        code: clause.code.clone(),
        clause: clause.section.clone(),
        message: reason.message(decision.edition, locale),
        metadata: metadata.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        remedy: Some(v1::Remedy {
            kind: write_remedy_kind(remedy.kind).into(),
            work_order_id: remedy.work_order_id.clone(),
            item_id: remedy.item_id.clone(),
            field: remedy.field.to_owned(),
            value: remedy.value.clone(),
            message: reason.remedy_message(decision.edition, locale),
        }),
    }
}

/// A note has no remedy: nothing is to be turned.
pub(crate) fn write_notes(notes: &[Note<'_>], decision: &Decision<'_>, locale: Locale) -> Vec<v1::Reason> {
    let write = |note: &Note<'_>| v1::Reason {
        code: note.clause.code.clone(),
        clause: note.clause.section.clone(),
        message: note.message(decision.edition, locale),
        metadata: note.metadata.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        remedy: None,
    };
    notes.iter().map(write).collect()
}
