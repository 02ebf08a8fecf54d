//! How long an answer is good, found slowly: every candidate is judged anew at every transition of
//! any, sums up anew what all others have left, and says all it has to say.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use proptest::prelude::*;
use proptest::sample::Index;

use super::contracts::{LOCATIONS, an_instant, services_of};
use super::crowd::{a_crowd, a_crowd_of, asked};
use super::questions::{details, question};
use super::{CATALOG, answer_with};
use crate::catalog::{Catalog, Edition, EditionSource, Rule};
use crate::engine::clauses::{self, reason};
use crate::engine::context::{Context, Verdict};
use crate::engine::evaluation::{Best, evaluate, rank};
use crate::engine::pool::{Pool, own_available};
use crate::engine::resolve::ResolvedQuery;
use crate::engine::{Prepared, PreparedBalances, Query};
use crate::model::{Balances, Contract, LATEST, Since};

/// Judges every candidate, each with a sum of its own.
fn judge<'a>(resolved: &ResolvedQuery<'a>, at: DateTime<Utc>) -> Option<Best<'a>> {
    let candidates = resolved.prepared.base_candidates().iter().chain(resolved.items);
    let mut best: Option<Best<'a>> = None;
    for mut context in candidates.filter_map(|candidate| Context::new(resolved, at, candidate)) {
        let evaluation = evaluate(&mut context, &Pool::new(resolved, at));
        context.serving = None;
        if best.as_ref().is_none_or(|(other, so_far)| rank(&context, &evaluation) > rank(other, so_far)) {
            best = Some((context, evaluation));
        }
    }
    best
}

/// Everything that is said of the candidate that answers, and what is left to draw from.
fn said(best: &Option<Best<'_>>) -> String {
    let Some((context, evaluation)) = best else { return String::new() };
    let told = context.service.clauses.iter().filter_map(|used| {
        let is_open = evaluation.open & used.bit() != 0;
        let clause = &context.edition.clauses[usize::from(used.row)];
        let is_told = is_open || evaluation.failed & used.bit() != 0;
        is_told.then(|| reason(context, used, clause, is_open)).map(|it| format!("{:?} {:?}", it.metadata, it.remedy))
    });
    let waived = context.service.clauses.iter().filter(|clause| evaluation.waived & clause.bit() != 0);
    let waived: Vec<_> = waived.map(|clause| context.waiver(clause)).collect();
    let given = context.all_items().filter(|_| !context.service.is_base()).filter_map(|item| gives(context, &item));
    let given: Vec<_> = given.collect();
    format!("{evaluation:?} {waived:?} {given:?}\n{}", told.collect::<Vec<_>>().join("\n"))
}

fn gives(context: &Context<'_>, item: &Context<'_>) -> Option<String> {
    let block = item.block()?;
    let is_it = std::ptr::eq(item.candidate, context.candidate);
    let fails = |is_it: fn(Rule) -> bool| {
        let mut asked = item.service.gates.iter().filter(|clause| is_it(clause.rule));
        asked.any(|clause| clauses::judge(item, clause.rule) == Verdict::Fails && !item.is_waived(clause))
    };
    let forbids = fails(Rule::is_of_delivery);
    let given = (item.item.item_id.as_str(), block.reserved, own_available(item), item.forfeit_time(), forbids);
    (is_it || !fails(Rule::keeps_out_of_pool)).then(|| format!("{given:?}"))
}

/// Whatever instant an order, an item or a question names.
fn transitions(resolved: &ResolvedQuery<'_>, at: DateTime<Utc>) -> BTreeSet<DateTime<Utc>> {
    let prepared = resolved.prepared;
    let mut transitions: BTreeSet<_> = prepared.base_transitions().iter().copied().collect();
    transitions.extend(prepared.multi_country_turns());
    for candidate in prepared.all_candidates() {
        transitions.extend(&candidate.transitions);
        transitions
            .extend(candidate.block.and_then(|bought| resolved.balances.of(&bought).release).map(|release| release.at));
        transitions
            .extend(candidate.designations.locations().flat_map(|row| candidate.designations.at(row).transitions()));
        let extensions = candidate.designations.locations().flat_map(|row| candidate.designations.at(row).extensions());
        transitions.extend(extensions.flat_map(|extension| [extension.span.start, extension.span.end]));
    }
    for context in resolved.contexts(at) {
        let in_edition = context.in_edition;
        transitions
            .extend([context.delivery_start, in_edition.preview_end, in_edition.retired_from].into_iter().flatten());
    }
    transitions
}

fn valid_until(
    prepared: &Prepared,
    balances: &PreparedBalances,
    query: &Query<'_>,
    at: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let resolved = ResolvedQuery::new(prepared, balances, query).unwrap();
    let best = judge(&resolved, at);
    let now = said(&best);
    let mut later =
        transitions(&resolved, at).into_iter().filter(|transition| *transition > at && *transition < LATEST);
    later.find(|transition| best.is_some() && said(&judge(&resolved, *transition)) != now)
}

fn check(
    catalog: &Arc<Catalog>,
    (contract, balances, service_id): &(Contract, Balances, &'static str),
    details: &Query<'static>,
    at: DateTime<Utc>,
    picks: &[(Index, Index)],
) -> Result<(), TestCaseError> {
    let prepared = Prepared::new(Arc::clone(catalog), contract.clone());
    let balances = prepared.balances(balances, |_, _| Since::default());
    let services: Vec<_> = services_of(contract).into_iter().collect();
    for (place, service) in picks {
        let (location, ..) = LOCATIONS[place.index(LOCATIONS.len())];
        let query = question(location, asked(service_id, &services, *service), details, at);
        let (told, until) = answer_with(&prepared, &balances, &query);
        prop_assert_eq!(until, valid_until(&prepared, &balances, &query, at), "{:?}\n{:#?}", query, told);
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_answer_is_good_as_long_as_every_transition_of_anybody_says(
        crowd in a_crowd(), details in details(), at in an_instant(), picks in any::<[(Index, Index); 3]>(),
    ) {
        check(&CATALOG, &crowd, &details, at, &picks)?;
    }

    /// Where one edition sells by the piece what is a base service in another, base items and
    /// counted ones answer side by side.
    #[test]
    fn so_it_is_where_editions_disagree_on_what_is_a_base_service(
        (mut contract, balances, service_id) in a_crowd_of(Just(MIXED)), details in details(), at in an_instant(),
        is_other in any::<[bool; 5]>(), picks in any::<[(Index, Index); 3]>(),
    ) {
        for (order, _) in contract.work_orders.iter_mut().zip(is_other).filter(|(_, is_other)| *is_other) {
            order.edition_id = "other".to_owned();
        }
        check(&MIXED_CATALOG, &(contract, balances, service_id), &details, at, &picks)?;
    }
}

const MIXED: &str = "on-demand-education";

static MIXED_CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| {
    let mut source = EditionSource::unified_enterprise_2023();
    let old = "group = \"education\"\nplan = \"BASE\"\ndelivery_modes = [\"REMOTE\"]\n\
               clauses = [\"@contract\", \"SCHEDULE_SUBJECT_TO_RESOURCES\", \"@proactive\", { code = \"ONSITE_NOT_INCLUDED\", waivable = false }]";
    let new = "group = \"education\"\nplan = \"ADD_ON\"\nunit = \"ENGAGEMENTS\"\npurchase = { quantity = \"one\" }\n\
               clauses = [\"@contract\", \"@beside-base\", \"@proactive\", \"QUANTITY_EXHAUSTED\"]";
    let mut changes = 0;
    for (_, text) in &mut source.files {
        changes += text.matches(old).count();
        *text = text.replace(old, new).replace("id = \"unified-enterprise-2023\"", "id = \"other\"");
    }
    assert_eq!(changes, 1);
    let own = Edition::load(&EditionSource::unified_enterprise_2023()).unwrap();
    let other = Edition::load(&source).unwrap_or_else(|error| panic!("{error}"));
    Arc::new(Catalog::new(vec![own, other]).unwrap())
});
