//! A base package that is counted itself.

use super::*;
use crate::catalog::fixture;
use crate::model::{Balance, Balances, Quantity, Since, Unit};

fn catalog() -> Catalog {
    let package =
        fixture::service("account", "BASE", &["NO_TIME_LEFT"], "unit = 'HOURS'\npurchase.quantity = 'required'");
    let hotline = fixture::service("hotline", "BASE", &[], "");
    fixture::catalog(vec![fixture::text("own", "", &(package + &hotline))])
}

fn package(amount: i64) -> Value {
    item("account", hours(amount))
}

fn asking(amount: i64) -> Query<'static> {
    Query { quantity: Some(Quantity { amount, unit: Unit::Hours }), ..question("account") }
}

#[test]
fn two_packages_give_together() {
    let orders = vec![order("wo-1", "own", vec![package(2)]), order("wo-2", "own", vec![package(3)])];
    let prepared = prepared(catalog(), orders);
    assert_eq!(codes(&prepared, &asking(5)), NOTHING);
    assert_eq!(codes(&prepared, &asking(6)), ["NO_TIME_LEFT"]);
    let query = asking(5);
    let decision = decide(&prepared, &AS_BOUGHT, &query, DateTime::UNIX_EPOCH).unwrap();
    let blocks = decision.coverage.unwrap().blocks();
    assert_eq!(blocks.iter().map(|block| block.available).sum::<i64>(), 300);
    assert_eq!(blocks.len(), 2);
}

#[test]
fn the_ledger_takes_from_it_by_service_and_by_block() {
    let prepared = prepared(catalog(), vec![order("wo-1", "own", vec![package(2)])]);
    let by_service = BlockQuery {
        location_id: Some("gb-london"),
        product: Some(ProductId::new("press")),
        service_id: Some("account"),
        quantity: Some(Quantity { amount: 1, unit: Unit::Hours }),
        ..BlockQuery::default()
    };
    let by_block = BlockQuery { block_id: Some(blocks_of(&prepared)[0].id), ..BlockQuery::default() };
    for query in [by_service, by_block] {
        let blocks = eligible_blocks(&prepared, &query, instant(NOW)).unwrap();
        assert_eq!(blocks.len(), 1, "{query:?}");
        let block = &blocks[0];
        assert_eq!((block.spec.as_ref().unwrap().granted, block.counts), (120, true), "{query:?}");
        assert!(block.failed.is_empty(), "{:?}", block.failed);
    }
}

/// What the package has left is its own: services that come with it are not drawn from it.
#[test]
fn what_comes_with_it_is_not_counted_by_it() {
    let prepared = prepared(catalog(), vec![order("wo-1", "own", vec![package(2)])]);
    let id = blocks_of(&prepared)[0].id;
    let used = Balances::from([(id, Balance { granted: 120, used: 120, ..Balance::default() })]);
    let balances = prepared.balances(&used, |_, _| Since::default());
    let (own, other) = (question("account"), question("hotline"));
    let refused = decide(&prepared, &balances, &own, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(refused.reasons[0].clause.code, "NO_TIME_LEFT");
    let decision = decide(&prepared, &balances, &other, DateTime::UNIX_EPOCH).unwrap();
    assert_eq!(decision.outcome, Outcome::Entitled);
    assert!(decision.coverage.unwrap().blocks().is_empty());
}

#[test]
fn a_number_of_what_comes_with_it_is_refused() {
    let hotline = fixture::service("hotline", "BASE", &[], "unit = 'HOURS'\npurchase.quantity = 'one'");
    let error = fixture::load(fixture::text("own", "", &(fixture::account() + &hotline))).unwrap_err();
    let begin = "`hotline` comes with the base package and is bought by nobody";
    assert!(error.mistakes[0].message.starts_with(begin), "{error}");
}
