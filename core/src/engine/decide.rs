use chrono::{DateTime, Utc};

use super::balances::PreparedBalances;
use super::clauses::{not_purchased, reason};
use super::coverage::coverage;
use super::decision::{Decision, Note, Outcome, Reason};
use super::evaluation::judge;
use super::note::{self, NoteContext};
use super::pool::Pool;
use super::prepared::Prepared;
use super::query::Query;
use super::resolve::ResolvedQuery;
use super::validity::valid_until;
use crate::catalog::Rule;
use crate::error::{Error, Result};

/// Decides one question about a contract of which so much is left.
///
/// Fails only if the question addresses something that does not exist, or asks for a
/// quantity the service is not counted in.
pub fn decide<'a>(
    prepared: &'a Prepared,
    balances: &'a PreparedBalances,
    query: &'a Query<'a>,
    now: DateTime<Utc>,
) -> Result<Decision<'a>> {
    let resolved = ResolvedQuery::new(prepared, balances, query)?;
    let at = query.check_time.unwrap_or(now);
    let pool = Pool::new(&resolved, at);
    let Some(best) = judge(&resolved, at, &pool) else { return decide_without_candidate(prepared, &resolved, at) };
    let valid_until = sooner(valid_until(&resolved, &best, pool), change_of_contract(prepared, query));
    let (context, evaluation) = best;
    let tell = |set: u128, is_open: bool| -> Vec<Reason<'a>> {
        let picked = context.service.clauses.iter().filter(|clause| set & clause.bit() != 0);
        let clauses = picked.filter_map(|used| Some((used, context.edition.clauses.get(usize::from(used.row))?)));
        clauses.map(|(used, clause)| reason(&context, used, clause, is_open)).collect()
    };
    Ok(Decision {
        outcome: evaluation.outcome(),
        reasons: tell(evaluation.failed, false),
        open_conditions: tell(evaluation.open, true),
        notes: notes_if_asked(
            query,
            &NoteContext {
                edition: context.edition,
                service: context.service,
                location: context.location,
                query,
                context: Some(&context),
            },
        ),
        coverage: Some(coverage(&context, evaluation.waived)),
        valid_until,
        edition: context.edition,
        service: context.service,
        check_time: at,
    })
}

/// When the contract is another one. A delivery is judged by the contracts it lasts through, whenever that is asked.
fn change_of_contract(prepared: &Prepared, query: &Query<'_>) -> Option<DateTime<Utc>> {
    prepared.end().filter(|_| query.delivery.start_time.is_none())
}

fn sooner(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn decide_without_candidate<'a>(
    prepared: &Prepared,
    resolved: &ResolvedQuery<'a>,
    at: DateTime<Utc>,
) -> Result<Decision<'a>> {
    let ResolvedQuery { query, location, .. } = *resolved;
    let (edition, service) = (resolved.in_edition.edition, resolved.in_edition.service);
    let clause = edition.clauses.iter().find(|clause| clause.rule == Rule::Purchased);
    let clause = clause
        .ok_or_else(|| Error::Internal(format!("edition `{}` has no clause for what nobody bought", edition.id)))?;
    Ok(Decision {
        outcome: Outcome::NotEntitled,
        reasons: vec![not_purchased(clause, edition, service, &location.location_id)],
        open_conditions: Vec::new(),
        notes: notes_if_asked(query, &NoteContext { edition, service, location, query, context: None }),
        coverage: None,
        valid_until: change_of_contract(prepared, query),
        edition,
        service,
        check_time: at,
    })
}

fn notes_if_asked<'a>(query: &Query<'_>, subject: &NoteContext<'a, '_>) -> Vec<Note<'a>> {
    if query.with_notes { note::notes(subject) } else { Vec::new() }
}
