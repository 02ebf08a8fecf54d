//! Which version of a document is in effect at an instant, as it was known at another.

use chrono::{DateTime, Duration, Utc};
use entitled::model::{EffectivePeriod, VersionInfo};
use entitled::store::AsOf;

use super::samples::*;
use super::{Fixture, on_both};

on_both!(
    of_two_times_each_selects_for_itself,
    a_change_stands_whatever_the_clock_of_the_reader_says,
    random_versions_are_found_as_a_plain_search_finds_them,
);

fn version(version: i64, record_time: &str, effective_time: Option<&str>) -> VersionInfo {
    let effective_time = effective_time.map(instant);
    VersionInfo { version, record_time: instant(record_time), effective_time, actor: "tester".to_owned() }
}

async fn currency_at(fixture: &Fixture, as_of: AsOf) -> (String, EffectivePeriod) {
    let stored = fixture.store.load_contract("contoso", as_of).await.unwrap().unwrap();
    (stored.contract.work_orders[0].currency.clone(), stored.period)
}

/// A change recorded in June with effect from March, and one recorded in June with effect from September.
async fn of_two_times_each_selects_for_itself(fixture: Fixture) {
    let store = &fixture.store;
    put_customer(store, &customer("contoso", "One"), &version(1, "2026-01-01T00:00:00Z", None)).await.unwrap();
    put_order(store, &order("contoso", "wo", "IDR"), &version(1, "2026-01-01T00:00:00Z", None)).await.unwrap();
    let march = version(2, "2026-06-01T00:00:00Z", Some("2026-03-01T00:00:00Z"));
    put_order(store, &order("contoso", "wo", "USD"), &march).await.unwrap();
    let september = version(3, "2026-06-02T00:00:00Z", Some("2026-09-01T00:00:00Z"));
    put_order(store, &order("contoso", "wo", "EUR"), &september).await.unwrap();

    let (first, second) = (instant("2026-03-01T00:00:00Z"), instant("2026-09-01T00:00:00Z"));
    let moment = Duration::microseconds(1);
    let [before, between, after] = [(None, Some(first)), (Some(first), Some(second)), (Some(second), None)]
        .map(|(from, until)| EffectivePeriod { from, until });
    for (at, currency, period) in [
        (first - moment, "IDR", before),
        (first, "USD", between),
        (second - moment, "USD", between),
        (second, "EUR", after),
    ] {
        assert_eq!(currency_at(&fixture, AsOf::at(at)).await, (currency.to_owned(), period), "{at}");
        assert_eq!(currency_at(&fixture, AsOf::now(at)).await.0, if at < first { "USD" } else { currency }, "{at}");
    }
    let april = AsOf::at(instant("2026-04-15T00:00:00Z"));
    let known = async |time: &str| currency_at(&fixture, april.known(instant(time))).await;
    assert_eq!(known("2026-05-15T00:00:00Z").await, ("IDR".to_owned(), EffectivePeriod::default()));
    assert_eq!(
        known("2026-06-01T12:00:00Z").await,
        ("USD".to_owned(), EffectivePeriod { from: Some(first), until: None })
    );
    assert_eq!(known("2026-07-15T00:00:00Z").await, ("USD".to_owned(), between));
    let listed = store.list_customers("", 10, instant("2026-04-15T00:00:00Z")).await.unwrap();
    assert_eq!(listed.len(), 1);
}

/// What took effect when it was recorded stands for a process whose clock is behind.
async fn a_change_stands_whatever_the_clock_of_the_reader_says(fixture: Fixture) {
    let store = &fixture.store;
    put_customer(store, &customer("contoso", "One"), &version(1, "2026-01-01T00:00:00Z", None)).await.unwrap();
    let changed = version(2, "2026-06-01T00:00:00Z", Some("2026-06-01T00:00:00Z"));
    put_customer(store, &customer("contoso", "Two"), &changed).await.unwrap();
    let behind = instant("2026-05-31T23:59:59Z");
    let name =
        async |as_of| store.load_contract("contoso", as_of).await.unwrap().unwrap().contract.customer.display_name;
    assert_eq!(name(AsOf::now(behind)).await, "Two");
    assert_eq!(name(AsOf::at(behind)).await, "One");
    assert_eq!(store.list_customers("", 10, behind).await.unwrap()[0].0.display_name, "Two");
}

/// Always the same numbers.
struct Draw(u64);

impl Draw {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

fn day(day: u64) -> DateTime<Utc> {
    instant("2026-01-01T00:00:00Z") + Duration::days(day.try_into().unwrap())
}

async fn random_versions_are_found_as_a_plain_search_finds_them(fixture: Fixture) {
    let store = &fixture.store;
    let mut draw = Draw(7);
    put_customer(store, &customer("contoso", "0"), &version(1, "2026-01-01T00:00:00Z", None)).await.unwrap();
    let mut versions = vec![(0, day(0), None)];
    for number in 2..=25 {
        let record_time = day(number * 2);
        let effective_time = (draw.below(8) > 0).then(|| day(draw.below(80)));
        let info =
            VersionInfo { version: number.try_into().unwrap(), record_time, effective_time, actor: String::new() };
        put_customer(store, &customer("contoso", &number.to_string()), &info).await.unwrap();
        versions.push((number, record_time, effective_time));
    }
    for _ in 0..200 {
        let (at, known) = (day(draw.below(90)), day(draw.below(60)));
        let recorded = versions.iter().filter(|(_, record_time, _)| *record_time <= known);
        let in_effect = |at: DateTime<Utc>| {
            recorded.clone().rfind(|(_, _, from)| from.is_none_or(|from| from <= at)).map(|(number, _, _)| *number)
        };
        let stored = store.load_contract("contoso", AsOf::at(at).known(known)).await.unwrap().unwrap();
        assert_eq!(
            stored.contract.customer.display_name,
            in_effect(at).unwrap().to_string(),
            "{at} as known at {known}"
        );
        // It stands as long as it is said to, and then does not.
        let mut next = at;
        while in_effect(next) == in_effect(at) && next < day(100) {
            next += Duration::days(1);
        }
        assert_eq!(stored.period.until, (next < day(100)).then_some(next), "{at} as known at {known}");
        assert!(stored.period.contains(at));
    }
}
