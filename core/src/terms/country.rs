//! In how many countries a contract is served.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::span::Span;

/// When what is in force begins and ceases to lie in more than one country, in turn (2.4).
pub fn multi_country_turns<'a>(in_force: impl Iterator<Item = (Span, BTreeSet<&'a str>)>) -> Vec<DateTime<Utc>> {
    let mut edges: BTreeMap<DateTime<Utc>, Vec<(i64, &'a str)>> = BTreeMap::new();
    for (span, countries) in in_force {
        for country in countries {
            edges.entry(span.start).or_default().push((1, country));
            edges.entry(span.end).or_default().push((-1, country));
        }
    }
    let mut served: BTreeMap<&str, i64> = BTreeMap::new();
    let mut turns = Vec::new();
    let mut was_multi = false;
    for (instant, changes) in edges {
        for (change, country) in changes {
            let orders = served.entry(country).or_default();
            *orders = orders.saturating_add(change);
        }
        served.retain(|_, orders| *orders > 0);
        let is_multi = served.len() > 1;
        if is_multi != was_multi {
            turns.push(instant);
            was_multi = is_multi;
        }
    }
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(day * 86_400, 0).unwrap()
    }

    fn order(start: i64, end: i64, countries: &[&'static str]) -> (Span, BTreeSet<&'static str>) {
        (Span { start: day(start), end: day(end) }, countries.iter().copied().collect())
    }

    #[test]
    fn two_countries_at_one_instant_are_several() {
        let turns = |orders: Vec<_>| multi_country_turns(orders.into_iter());
        assert!(turns(vec![order(0, 10, &["GB", "GB"])]).is_empty());
        assert_eq!(turns(vec![order(0, 10, &["GB", "JP"])]), [day(0), day(10)]);
        assert!(turns(vec![order(0, 10, &["GB"]), order(10, 20, &["JP"])]).is_empty());
        assert_eq!(turns(vec![order(0, 10, &["GB"]), order(9, 20, &["JP"])]), [day(9), day(10)]);
        let seam = vec![order(0, 10, &["GB"]), order(0, 5, &["JP"]), order(5, 9, &["IE"])];
        assert_eq!(turns(seam), [day(0), day(9)]);
    }
}
