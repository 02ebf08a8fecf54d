//! Laws that hold for every contract and every question, on random ones.

pub(crate) mod contracts;
mod crowd;
mod laws;
mod model;
mod questions;
mod remedies;
mod seams;
mod slow;
mod time;
mod wider;

use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};

use super::{AS_BOUGHT, Outcome, Prepared, PreparedBalances, Query, decide};
use crate::catalog::{Catalog, Edition, Locale, Service};
use crate::model::Contract;

static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::embedded().unwrap()));

fn edition() -> &'static Edition {
    CATALOG.default_edition()
}

fn service(service_id: &str) -> &'static Service {
    edition().service(service_id).unwrap()
}

fn prepared(contract: &Contract) -> Prepared {
    Prepared::new(Arc::clone(&CATALOG), contract.clone())
}

/// All of an answer but the instants it was asked at and is good until.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    outcome: Outcome,
    codes: Vec<String>,
    reasons: Vec<String>,
    open_conditions: Vec<String>,
    coverage: Option<String>,
}

/// The answer where nothing was used yet, and until when it is good.
fn answer(prepared: &Prepared, query: &Query<'_>) -> (Answer, Option<DateTime<Utc>>) {
    answer_with(prepared, &AS_BOUGHT, query)
}

/// Whatever is asked, and whatever is left, an answer keeps these rules.
fn answer_with(prepared: &Prepared, balances: &PreparedBalances, query: &Query<'_>) -> (Answer, Option<DateTime<Utc>>) {
    let decision = decide(prepared, balances, query, DateTime::UNIX_EPOCH).unwrap_or_else(|error| panic!("{error:?}"));
    let expected = match (decision.reasons.as_slice(), decision.open_conditions.as_slice()) {
        ([], []) => Outcome::Entitled,
        ([], _) => Outcome::Conditional,
        _ => Outcome::NotEntitled,
    };
    assert_eq!(decision.outcome, expected);
    assert_eq!(Some(decision.check_time), query.check_time);
    assert!(decision.valid_until.is_none_or(|end| end > decision.check_time), "{:?}", decision.valid_until);
    for list in [&decision.reasons, &decision.open_conditions] {
        let rows: Vec<_> = list.iter().map(|reason| row_of(&reason.clause.code)).collect();
        assert!(rows.is_sorted_by(|one, other| one < other), "catalogue order: {list:?}");
    }
    for reason in &decision.reasons {
        for locale in [Locale::English, Locale::Indonesian] {
            let message = reason.message(edition(), locale);
            assert!(!message.contains('{'), "a gap: {message}");
        }
    }
    let told = |list: &[super::Reason<'_>]| {
        list.iter().map(|reason| format!("{} {:?} {:?}", reason.clause.code, reason.metadata, reason.remedy)).collect()
    };
    let shown =
        |it: &super::BlockBalance<'_>| format!("{} {:?} {} {}", it.block.id, it.block, it.available, it.expire_time);
    let coverage = decision.coverage.as_ref().map(|coverage| {
        let ids = (&coverage.order.work_order_id, &coverage.item.item_id);
        let base = coverage.base.map(|order| &order.work_order_id);
        format!(
            "{ids:?} base {base:?} {:?} {:?} {:?}",
            coverage.effective,
            coverage.waivers,
            coverage.blocks().iter().map(shown).collect::<Vec<_>>()
        )
    });
    let answer = Answer {
        outcome: decision.outcome,
        codes: decision.reasons.iter().map(|reason| reason.clause.code.clone()).collect(),
        reasons: told(&decision.reasons),
        open_conditions: told(&decision.open_conditions),
        coverage,
    };
    assert_eq!(answer.coverage.is_none(), answer.codes == ["NOT_PURCHASED"]);
    (answer, decision.valid_until)
}

fn row_of(code: &str) -> usize {
    edition().clauses.iter().position(|clause| clause.code == code).unwrap()
}
