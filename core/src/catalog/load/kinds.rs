//! The kinds of a clause are who enforces it: a kind that its rule cannot serve would be a promise that nobody keeps.

use std::collections::HashSet;

use super::source::Mistakes;
use super::table::ReadTable;
use crate::catalog::{Clause, ClauseKind};

/// `told` has the codes of the clauses beside which asides are said: these may be notes, too.
pub(super) fn check(clauses: &[ReadTable<Clause>], told: &HashSet<String>, mistakes: &mut Mistakes<'_>) {
    for row in clauses {
        let Clause { code, kinds, rule, .. } = &row.value;
        let is_told = |kind: &ClauseKind| *kind == ClauseKind::Note && told.contains(code);
        let served: Vec<_> = rule.kinds().collect();
        let named = |kinds: &[ClauseKind]| {
            kinds.iter().map(|kind| format!("\"{}\"", kind.as_str())).collect::<Vec<_>>().join(", ")
        };
        let (name, all) = (rule.name(), named(&served));
        for kind in kinds.iter().filter(|kind| !served.contains(kind) && !is_told(kind)) {
            let kind = kind.as_str();
            let message = format!("the rule `{name}` cannot serve the kind `{kind}`; write `kinds = [{all}]`");
            mistakes.add(row.key("kinds"), message);
        }
        let lacking: Vec<_> =
            served.iter().copied().filter(|kind| rule.needs(*kind) && !kinds.contains(kind)).collect();
        if !lacking.is_empty() {
            let lacking = named(&lacking);
            let message = format!("the rule `{name}` is enforced by {lacking} as well; write `kinds = [{all}]`");
            mistakes.add(row.key("kinds"), message);
        }
    }
}
