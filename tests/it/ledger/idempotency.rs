//! R01–R05, R07: once, however often it is asked for.

use entitled::proto::v1;
use tokio::task::JoinSet;

use super::on_both;
use super::samples::*;
use crate::server::Backend;

on_both!(
    a_repetition_gets_the_first_answer,
    many_at_once_have_one_effect,
    another_request_under_the_same_id_is_refused,
    a_request_id_belongs_to_its_customer,
    what_was_refused_is_judged_anew,
    repetitions_may_say_the_same_in_other_words,
    a_request_id_is_the_same_in_capitals,
);

async fn a_repetition_gets_the_first_answer(house: House) {
    let mut ledger = house.server.ledger();
    let request = consume(1);
    let first = ledger.consume_units(request.clone()).await.unwrap().into_inner();
    assert!(!first.replayed);
    ledger.consume_units(consume(1)).await.unwrap();
    for _ in 0..100 {
        let again = ledger.consume_units(request.clone()).await.unwrap().into_inner();
        assert!(again.replayed);
        assert_eq!(v1::ConsumeUnitsResponse { replayed: false, ..again }, first);
    }
    assert_eq!(house.block(&ede("contoso", 0)).await, left(120, 0));
    house.stop().await;
}

async fn many_at_once_have_one_effect(house: House) {
    let other = match house.backend {
        // One file, one process.
        Backend::Sqlite => None,
        Backend::Postgres => Some(house.server.start_beside().await),
    };
    let request = consume(1);
    let mut callers = JoinSet::new();
    for caller in 0..64 {
        let mut ledger = match &other {
            Some(other) if caller % 2 == 0 => other.ledger(),
            _ => house.server.ledger(),
        };
        let request = request.clone();
        callers.spawn(async move { ledger.consume_units(request).await.unwrap().into_inner() });
    }
    let answers = callers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(
        answers.iter().all(|answer| answer.entries == answers[0].entries && answer.balances == answers[0].balances)
    );
    assert_eq!(house.block(&ede("contoso", 0)).await, left(60, 0));
    if let Some(other) = other {
        other.stop().await;
    }
    house.stop().await;
}

async fn another_request_under_the_same_id_is_refused(house: House) {
    let mut ledger = house.server.ledger();
    let request = consume(1);
    ledger.consume_units(request.clone()).await.unwrap();
    let reused = invalid("REQUEST_ID_REUSED");
    let other_amount = v1::ConsumeUnitsRequest { quantity: hours(2), ..request.clone() };
    assert_eq!(refused(ledger.consume_units(other_amount).await), reused);
    let other_note = v1::ConsumeUnitsRequest { note: "case 7".into(), ..request.clone() };
    assert_eq!(refused(ledger.consume_units(other_note).await), reused);
    let other_method = v1::ReserveUnitsRequest { request_id: request.request_id.clone(), ..reserve(1) };
    assert_eq!(refused(ledger.reserve_units(other_method).await), reused);
    // Also if the first of them is on its way still.
    let (one, two) = (consume(1), consume(2));
    let two = v1::ConsumeUnitsRequest { request_id: one.request_id.clone(), ..two };
    let (mut first, mut second) = (house.server.ledger(), house.server.ledger());
    let (one, two) = tokio::join!(first.consume_units(one), second.consume_units(two));
    let (good, bad): (Vec<_>, Vec<_>) = [one, two].into_iter().partition(Result::is_ok);
    assert_eq!((good.len(), bad.into_iter().map(refused).collect::<Vec<_>>()), (1, vec![reused]));
    house.stop().await;
}

async fn a_request_id_belongs_to_its_customer(house: House) {
    house.put_customer("fabrikam", &[100]).await;
    let mut ledger = house.server.ledger();
    let request = consume(1);
    let others =
        v1::ConsumeUnitsRequest { customer_id: "fabrikam".into(), block_id: ede("fabrikam", 0), ..request.clone() };
    assert!(!ledger.consume_units(request).await.unwrap().into_inner().replayed);
    assert!(!ledger.consume_units(others).await.unwrap().into_inner().replayed);
    house.stop().await;
}

async fn what_was_refused_is_judged_anew(house: House) {
    let mut ledger = house.server.ledger();
    let request = consume(101);
    let exhausted = forbidden("HOURS_EXHAUSTED");
    assert_eq!(refused(ledger.consume_units(request.clone()).await), exhausted);
    assert_eq!(refused(ledger.consume_units(request.clone()).await), exhausted);
    assert_eq!(house.count("SELECT COUNT(*) FROM entry WHERE kind <> 'GRANT'").await, 0);
    assert_eq!(house.count("SELECT COUNT(*) FROM request WHERE method = 'ConsumeUnits'").await, 0);
    ledger.adjust_block(adjust(1)).await.unwrap();
    assert!(!ledger.consume_units(request.clone()).await.unwrap().into_inner().replayed);
    assert!(ledger.consume_units(request).await.unwrap().into_inner().replayed);
    house.stop().await;
}

async fn repetitions_may_say_the_same_in_other_words(house: House) {
    let mut ledger = house.server.ledger();
    let request = consume(1);
    ledger.consume_units(request.clone()).await.unwrap();
    let minutes = v1::ConsumeUnitsRequest { quantity: quantity(60, v1::Unit::Minutes), ..request.clone() };
    assert!(ledger.consume_units(minutes).await.unwrap().into_inner().replayed);
    let capitals = v1::ConsumeUnitsRequest { block_id: request.block_id.to_uppercase(), ..request.clone() };
    assert_ne!(capitals, request);
    assert!(ledger.consume_units(capitals).await.unwrap().into_inner().replayed);
    house.stop().await;
}

async fn a_request_id_is_the_same_in_capitals(house: House) {
    let mut ledger = house.server.ledger();
    let request = consume(1);
    let first = ledger.consume_units(request.clone()).await.unwrap().into_inner();
    assert_eq!(first.entries[0].request_id, request.request_id);
    let capitals = request.request_id.to_uppercase();
    assert_ne!(capitals, request.request_id);
    let again = v1::ConsumeUnitsRequest { request_id: capitals.clone(), ..request };
    assert!(ledger.consume_units(again).await.unwrap().into_inner().replayed);
    let other = v1::ConsumeUnitsRequest { request_id: capitals, ..consume(2) };
    assert_eq!(refused(ledger.consume_units(other).await), invalid("REQUEST_ID_REUSED"));
    assert_eq!(house.block(&ede("contoso", 0)).await, left(60, 0));
    house.stop().await;
}
