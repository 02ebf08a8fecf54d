//! Batches of checks about times at which the contract is another one.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Duration, Utc};
use entitled::engine::Outcome;
use entitled::service::{Caller, CheckAnswer, Entitlements, Question};

use super::changes::*;
use super::many_versions::Reader;
use crate::sample::{DUBLIN, ENGINEERING};
use crate::server::{TestServer, on_both_servers};

on_both_servers!(
    a_batch_that_is_answered_anew_counts_its_decisions_once,
    the_questions_of_a_batch_share_the_contracts_they_need,
);

/// A delivery that begins and ends then; a question about now, if at no time.
fn question(lasting: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Question {
    Question {
        customer_id: "contoso".to_owned(),
        location_id: DUBLIN.to_owned(),
        service_id: ENGINEERING.to_owned(),
        product_id: Some("azure/app-service".to_owned()),
        check_time: lasting.map(|(start, _)| start),
        start_time: lasting.map(|(start, _)| start),
        end_time: lasting.map(|(_, end)| end),
        ..Question::default()
    }
}

async fn outcomes(reader: &Reader, questions: Vec<Question>) -> Vec<Option<Outcome>> {
    let entitlements = Entitlements::new(reader.context.clone());
    let tell = |answer: entitled::error::Result<&CheckAnswer<'_>>| Told(answer.ok().map(|it| it.decision.outcome));
    let told = entitlements.check_all(&Caller::anonymous(), questions.into_iter().map(Ok).collect(), tell).await;
    told.unwrap().into_iter().map(|Told(outcome)| outcome).collect()
}

struct Told(Option<Outcome>);

impl entitled::service::Bytes for Told {
    fn bytes(&self) -> usize {
        1
    }
}

fn priced(price: i64) -> entitled::proto::v1::WorkOrder {
    let mut order = hours_order();
    order.items[0].unit_price = Some(price);
    order
}

async fn a_batch_that_is_answered_anew_counts_its_decisions_once(server: &TestServer) {
    stored(server).await;
    amend(server, priced(4), Some(in_days(20))).await.unwrap();
    let reader = Reader::new(server).await;
    assert_eq!(outcomes(&reader, vec![question(None)]).await, [Some(Outcome::Entitled)]);
    // The cache of the reader does not learn of it.
    amend(server, priced(5), Some(in_days(30))).await.unwrap();
    let later = in_days(60);
    let answered = outcomes(&reader, vec![question(None), question(Some((later, later)))]).await;
    assert_eq!(answered, [Some(Outcome::Entitled); 2]);
    let text = reader.context.telemetry.metrics.as_text().unwrap();
    let counted = text.lines().filter(|line| line.starts_with("entitled_decisions_total{"));
    let counted: f64 = counted.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum();
    assert_eq!(counted, 3.0, "{text}");
}

async fn the_questions_of_a_batch_share_the_contracts_they_need(server: &TestServer) {
    stored(server).await;
    let noon = wednesday() + Duration::weeks(8);
    for minute in [10, 20, 30] {
        amend(server, priced(minute), Some(noon + Duration::minutes(minute))).await.unwrap();
    }
    let reader = Reader::new(server).await;
    let mut counts = Vec::new();
    for questions in [1, 50] {
        let lasting = Some((noon, noon + Duration::hours(1)));
        reader.statements.store(0, Ordering::Relaxed);
        let answered = outcomes(&reader, vec![question(lasting); questions]).await;
        assert!(answered.iter().all(|outcome| *outcome > Some(Outcome::NotEntitled)), "{answered:?}");
        counts.push(reader.statements.load(Ordering::Relaxed));
    }
    // The first batch reads the contract of now, too; each reads those of the three changes once.
    assert!(counts[1] == 3 && counts[0] > 3, "{counts:?}");
}
