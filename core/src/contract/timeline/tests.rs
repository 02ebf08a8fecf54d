use super::*;
use serde_json::json;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn named(name: &str) -> Contract {
    let customer = json!({"customer_id": "acme", "display_name": name, "locations": []});
    Contract { customer: serde_json::from_value(customer).unwrap(), work_orders: Vec::new() }
}

fn period(from: Option<i64>, name: &str) -> Period {
    Period { from: from.map(at), contract: named(name) }
}

fn name(contract: &Contract) -> &str {
    &contract.customer.display_name
}

#[test]
fn a_period_runs_from_its_first_instant_to_the_next() {
    let timeline = Timeline::new(vec![period(Some(20), "c"), period(None, "a"), period(Some(10), "b")]).unwrap();
    let found = [None, Some(at(9)), Some(at(10)), Some(at(19)), Some(at(20))].map(|instant| name(timeline.at(instant)));
    assert_eq!(found, ["a", "a", "b", "b", "c"]);
    assert_eq!(name(timeline.last()), "c");
    let since = |second| timeline.since(at(second)).map(|period| name(&period.contract)).collect::<Vec<_>>();
    assert_eq!((since(9), since(10), since(20)), (vec!["a", "b", "c"], vec!["b", "c"], vec!["c"]));
    assert_eq!(Timeline::new(Vec::new()), None);
    // One that begins later is asked for what was before: there is nothing else.
    let late = Timeline::new(vec![period(Some(10), "b")]).unwrap();
    assert_eq!(name(late.at(None)), "b");
    assert_eq!(name(late.at(Some(at(9)))), "b");
}

#[test]
fn what_is_put_needs_as_few_versions_as_tell_it() {
    let timeline = Timeline::new(vec![period(None, "a"), period(Some(10), "b"), period(Some(20), "a")]).unwrap();
    let put = |from: Option<i64>, name: &str| {
        let mut timeline = timeline.clone();
        let put = timeline.put_customer(from.map(at), &named(name).customer).unwrap();
        let told: Vec<_> = put
            .versions
            .iter()
            .map(|put| (put.from.map(|from| from.timestamp()), put.document.display_name.clone()))
            .collect();
        told.into_iter().map(|(from, name)| format!("{from:?} {name}")).collect::<Vec<_>>()
    };
    assert_eq!(put(None, "a"), [""; 0]);
    // Also where the plan goes back to what was before.
    assert_eq!(put(None, "x"), ["None x", "Some(10) b", "Some(20) a"]);
    assert_eq!(put(None, "b"), ["None b", "Some(20) a"]);
    assert_eq!(put(Some(10), "x"), ["Some(10) x", "Some(20) a"]);
    assert_eq!(put(Some(15), "x"), ["Some(15) x", "Some(20) a"]);
    assert_eq!(put(Some(30), "x"), ["Some(30) x"]);
}
