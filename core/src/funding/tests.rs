//! A check and the ledger say the same of a delivery.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::Index;
use uuid::Uuid;

use super::sources_of_take;
use crate::catalog::Catalog;
use crate::engine::properties::contracts::{LOCATIONS, a_contract, an_instant};
use crate::engine::{Delivery, Outcome, Prepared, PreparedBalances, Query, blocks_of, decide};
use crate::error::Error;
use crate::ledger::{ApplyContext, Block, Book, Command, Performed, Refusal, Take, Target, apply};
use crate::model::{Balance, Balances, Contract, Funding, LATEST, Life, ProductId, Quantity, Since};

static CATALOG: LazyLock<Arc<Catalog>> = LazyLock::new(|| Arc::new(Catalog::embedded().unwrap()));

proptest! {
    /// With these exceptions, and no others:
    ///
    /// 1. What is over is `FORFEITED` in the ledger; where the base has ended, `FORFEITED` may stand
    ///    beside it, and so it may beside all else of what the flex allowance paid.
    /// 2. Events and licences are judged by checks alone.
    #[test]
    fn a_check_and_the_ledger_say_the_same(
        contract in a_contract(), at in an_instant(), amount in 1..200_i64, used in 0..100_i64, pick in any::<Index>(),
        is_past in any::<bool>(), is_over in any::<bool>(),
    ) {
        let window = is_past.then(|| Performed { start: at, end: at + TimeDelta::hours(1) });
        let product = ["azure", "azure/app-service", "windows-server"][pick.index(3)];
        let (prepared, balances, book) = world(&contract, used, is_over);
        for service_id in counted(&contract) {
            let unit = CATALOG.default_edition().service(&service_id).unwrap().unit.unwrap();
            let quantity = Quantity { amount, unit };
            for (location_id, ..) in *LOCATIONS {
                let (start_time, end_time) = window.map(|window| (window.start, window.end)).unzip();
                let delivery = Delivery { start_time, end_time, ..Delivery::default() };
                let query = Query {
                    location_id, service_id: &service_id, product: Some(ProductId::new(product)), quantity: Some(quantity),
                    check_time: Some(at), delivery, ..Query::default()
                };
                let decision = decide(&prepared, &balances, &query, at).unwrap();
                let checked: BTreeSet<_> = decision.reasons.iter().map(|reason| reason.clause.code.as_str()).collect();
                let target = Target {
                    block_id: None, location_id: Some(location_id.to_owned()), product_id: Some(product.to_owned()),
                    service_id: Some(service_id.clone()), mode: None,
                };
                let take = Take { target, quantity, performed: window, solution_ids: Vec::new(), note: String::new() };
                let taken = consume(&prepared, &book, take, end_time.unwrap_or(at));
                prop_assert_eq!(taken.is_empty(), decision.outcome != Outcome::NotEntitled, "{:?} {:?}", taken, checked);
                let taken: BTreeSet<_> = taken.iter().map(String::as_str).collect();
                let (mut taken, checked) = (normal(taken), normal(checked));
                if is_flex(&contract, &service_id) && !checked.contains("FORFEITED") {
                    taken.remove("FORFEITED");
                }
                prop_assert_eq!(taken, checked, "{} at {}", service_id, location_id);
            }
        }
    }
}

fn normal(codes: BTreeSet<&str>) -> BTreeSet<&str> {
    let over = |code| if matches!(code, "WORK_ORDER_EXPIRED" | "WORK_ORDER_TERMINATED") { "FORFEITED" } else { code };
    let mut codes: BTreeSet<_> = codes.into_iter().map(over).collect();
    if codes.iter().any(|code| code.starts_with("BASE_")) {
        codes.remove("FORFEITED");
    }
    codes
}

fn is_flex(contract: &Contract, service_id: &str) -> bool {
    let mut items = contract.work_orders.iter().flat_map(|order| &order.items);
    items.any(|item| item.service_id == service_id && item.funding != Funding::Purchased)
}

fn counted(contract: &Contract) -> BTreeSet<String> {
    let items = contract.work_orders.iter().flat_map(|order| &order.items);
    let counted = items.filter(|item| {
        let service = CATALOG.default_edition().service(&item.service_id).unwrap();
        service.unit.is_some() && service.event.is_none()
    });
    counted.map(|item| item.service_id.clone()).collect()
}

/// The contract as it is decided on and the ledger as it is kept: of each block so much was used. `is_over`: every other
/// one began long ago and has ended the day before the contract lets it begin.
fn world(contract: &Contract, used: i64, is_over: bool) -> (Prepared, PreparedBalances, Book) {
    let mut book = Book::new("acme");
    let prepared = Prepared::new(Arc::clone(&CATALOG), contract.clone());
    for (row, spec) in blocks_of(&prepared).into_iter().enumerate() {
        let used = used.min(spec.granted);
        let mut block = Block { contracted: spec.granted, granted: spec.granted, used, ..Block::new(&spec) };
        if is_over && row % 2 == 0 {
            (block.start, block.end) = (DateTime::UNIX_EPOCH, spec.start - TimeDelta::days(1));
        }
        book.add_block(block);
    }
    let balance = |block: &Block| Balance {
        granted: block.granted,
        used: block.used,
        life: Some(Life { start: block.start, end: block.end }),
        ..Balance::default()
    };
    let balances: Balances = book.blocks.iter().map(|(id, block)| (*id, balance(block))).collect();
    let since = Since { effective: None, recorded: Some(LATEST) };
    let balances = prepared.balances(&balances, |_, _| since);
    (prepared, balances, book)
}

/// The codes that speak against it; none: it is done.
fn consume(prepared: &Prepared, book: &Book, take: Take, now: DateTime<Utc>) -> Vec<String> {
    let quantity = take.quantity;
    let sources = match sources_of_take(prepared, &take, now) {
        Ok(sources) => sources,
        Err(Error::Violations(told)) => return told.into_iter().map(|violation| violation.reason).collect(),
        Err(error) => panic!("{error}"),
    };
    let context = ApplyContext { sources: &sources, ..ApplyContext::new(now, None, "ada") };
    match apply(&mut book.clone(), &Command::Consume(take), &context, &mut Uuid::now_v7) {
        Ok(applied) => {
            let taken: i64 = applied.entries.iter().map(|entry| entry.amount).sum();
            assert_eq!(Some(taken), quantity.in_base_unit());
            Vec::new()
        }
        Err(Refusal::Against(violations)) => violations.into_iter().map(|violation| violation.reason).collect(),
        Err(refusal) => panic!("{refusal}"),
    }
}
