use proptest::collection::btree_map;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::json;

use super::*;

fn merge(base: &Value, changed: &Value, planned: &Value) -> Value {
    Merge::default().value("", "", base, changed, planned)
}

fn merged(base: Value, changed: Value, planned: Value) -> Value {
    merge(&base, &changed, &planned)
}

/// What does not agree, as `field winner`.
fn conflicts(base: Value, changed: Value, planned: Value) -> Vec<String> {
    let mut merge = Merge::default();
    merge.value("", "", &base, &changed, &planned);
    merge.conflicts.iter().map(|Conflict { field, winner }| format!("{field} {winner:?}")).collect()
}

#[test]
fn fields_follow_whoever_changed_them_and_the_plan_if_both_did() {
    assert_eq!(
        merged(
            json!({"a": 1, "b": 1, "c": 1, "d": 1}),
            json!({"a": 2, "b": 1, "c": 2}),
            json!({"a": 1, "b": 3, "c": 3, "d": 1})
        ),
        json!({"a": 2, "b": 3, "c": 3})
    );
    // Added by one of them, or by both.
    assert_eq!(merged(json!({}), json!({"a": 1, "b": 1}), json!({"b": 2, "c": 2})), json!({"a": 1, "b": 2, "c": 2}));
    // Taken away by the change, and changed by the plan.
    assert_eq!(merged(json!({"a": 1}), json!({}), json!({"a": 2})), json!({"a": 2}));
    assert_eq!(merged(json!({"a": 1}), json!({"a": 2}), json!({})), json!({}));
    // A number and its unit belong together.
    let quantity = |amount: i64, unit: &str| json!({"quantity": {"amount": amount, "unit": unit}});
    assert_eq!(merged(quantity(1, "HOURS"), quantity(1, "DAYS"), quantity(2, "HOURS")), quantity(2, "HOURS"));
}

#[test]
fn entries_are_known_by_their_ids() {
    let items = |list: Value| json!({"items": list});
    let item = |id: &str, price: i64| json!({"item_id": id, "unit_price": price});
    // One is dearer by the change, one is planned, one is taken away.
    assert_eq!(
        merged(
            items(json!([item("a", 1), item("b", 1)])),
            items(json!([item("a", 2)])),
            items(json!([item("a", 1), item("b", 1), item("c", 1)])),
        ),
        items(json!([item("a", 2), item("c", 1)]))
    );
    // The plan changed what the change takes away, and took away what it changes: both are gone.
    let crossed = || {
        let both = items(json!([item("a", 1), item("b", 1)]));
        (both, items(json!([item("b", 2)])), items(json!([item("a", 3), item("c", 1)])))
    };
    let (base, changed, planned) = crossed();
    assert_eq!(merged(base, changed, planned), items(json!([item("c", 1)])));
    let (base, changed, planned) = crossed();
    assert_eq!(conflicts(base, changed, planned), ["items[a].unit_price Change", "items[b] Plan"]);
    let waivers = |list: Value| json!({"waivers": list});
    let waiver = |reference: &str| json!({"code": "X", "reference": reference});
    assert_eq!(
        merged(json!({}), waivers(json!([waiver("1")])), waivers(json!([waiver("2")]))),
        waivers(json!([waiver("2"), waiver("1")]))
    );
    // The order of the change counts, unless the plan has one of its own.
    assert_eq!(
        merged(
            items(json!([item("a", 1), item("b", 1)])),
            items(json!([item("b", 1), item("a", 1)])),
            items(json!([item("a", 2), item("b", 1)]))
        ),
        items(json!([item("b", 1), item("a", 2)]))
    );
    // Entries that are there twice, or have no id, stay as planned.
    let twice = items(json!([item("a", 1), item("a", 2)]));
    assert_eq!(merged(items(json!([])), items(json!([item("a", 1)])), twice.clone()), twice);
}

#[test]
fn what_does_not_agree_is_told_by_its_path() {
    let order = |allowance: i64, items: Value| json!({"allowance": allowance, "items": items});
    let item = |id: &str, price: i64, waivers: Value| json!({"item_id": id, "unit_price": price, "waivers": waivers});
    let waiver = |by: &str| json!({"code": "X", "reference": "1", "granted_by": by});
    let none = || json!([]);
    // Who agrees, or speaks of other fields, is not told.
    let base = || order(1, json!([item("a", 1, none())]));
    assert_eq!(conflicts(base(), order(2, json!([item("a", 1, none())])), base()), [""; 0]);
    assert_eq!(conflicts(base(), order(2, none()), order(2, json!([item("a", 1, none())]))), [""; 0]);
    // Both changed it.
    let both = conflicts(base(), order(2, json!([item("a", 2, none())])), order(3, json!([item("a", 3, none())])));
    assert_eq!(both, ["allowance Plan", "items[a].unit_price Plan"]);
    // Of an entry in an entry.
    let with = |waivers: Value| order(1, json!([item("a", 1, waivers)]));
    let revoked = conflicts(with(json!([waiver("ada")])), with(none()), with(json!([waiver("bob")])));
    assert_eq!(revoked, ["items[a].waivers[X 1].granted_by Change"]);
    // What the plan adds to an entry that is gone is gone with it.
    let added = conflicts(with(none()), order(1, none()), with(json!([waiver("bob")])));
    assert_eq!(added, ["items[a].waivers[X 1] Change"]);
}

#[test]
fn lists_of_texts_are_sets() {
    let list = |list: &[&str]| json!({"location_ids": list});
    assert_eq!(merged(list(&["a", "b"]), list(&["a", "c"]), list(&["a", "b", "d"])), list(&["a", "d", "c"]));
    assert_eq!(merged(list(&["a"]), json!({}), list(&["a", "d"])), list(&["d"]));
    assert_eq!(merged(list(&["a"]), list(&["a", "b"]), json!({})), list(&["b"]));
}

fn a_document() -> impl Strategy<Value = Value> {
    let set = || subsequence(vec!["p", "q", "r"], 0..=3);
    let item = (option::of(0..3i64), set()).prop_map(|(price, products)| (price, products));
    let items = btree_map(subsequence(vec!["a", "b", "c"], 1), item, 0..=3);
    (option::of(0..3i64), option::of(0..3i64), set(), items).prop_map(|(x, y, set, items)| {
        let items: Vec<_> = items
            .into_iter()
            .map(|(id, (price, products))| json!({"item_id": id[0], "unit_price": price, "product_ids": products}))
            .collect();
        json!({"x": x, "y": y, "licenses": set, "items": items})
    })
}

/// The fields of a document by path; a text in a set is a field that is there or not, and so is an item.
fn flat(document: &Value) -> std::collections::BTreeMap<String, Value> {
    let mut found = std::collections::BTreeMap::new();
    let mut set = |path: &str, list: &Value| {
        for text in list.as_array().unwrap_or(&Vec::new()) {
            found.insert(format!("{path}/{}", text.as_str().unwrap()), json!(true));
        }
    };
    set("licenses", &document["licenses"]);
    let items = document["items"].as_array().cloned().unwrap_or_default();
    for item in &items {
        set(&format!("items/{}", item["item_id"].as_str().unwrap()), &item["product_ids"]);
    }
    for item in &items {
        let path = format!("items/{}", item["item_id"].as_str().unwrap());
        found.insert(format!("{path}/price"), item["unit_price"].clone());
        found.insert(path, json!(true));
    }
    found.insert("x".to_owned(), document["x"].clone());
    found.insert("y".to_owned(), document["y"].clone());
    found.retain(|_, value| !value.is_null());
    found
}

proptest! {
    #[test]
    fn who_changed_nothing_has_nothing_to_say(base in a_document(), other in a_document()) {
        prop_assert_eq!(merge(&base, &base, &other), other.clone());
        prop_assert_eq!(merge(&base, &other, &base), other.clone());
        prop_assert_eq!(merge(&base, &other, &other), other);
    }

    #[test]
    fn each_field_follows_the_plan_where_the_plan_changed_it(
        base in a_document(), changed in a_document(), planned in a_document()
    ) {
        let found = flat(&merge(&base, &changed, &planned));
        let [base, changed, planned] = [&base, &changed, &planned].map(flat);
        let item_of = |path: &str| path.starts_with("items/").then(|| path.splitn(3, '/').take(2).collect::<Vec<_>>().join("/"));
        for path in base.keys().chain(changed.keys()).chain(planned.keys()) {
            let item = item_of(path);
            if let Some(item) = &item {
                let [was, is_changed, is_planned] =
                    [&base, &changed, &planned].map(|document| document.contains_key(item));
                // What one of them took away is gone, and what one of them added is there.
                if was && !(is_changed && is_planned) {
                    prop_assert_eq!(found.get(path), None, "{}", path);
                    continue;
                }
                if !is_changed || !is_planned {
                    let added = if is_changed { &changed } else { &planned };
                    prop_assert_eq!(found.get(path), added.get(path), "{}", path);
                    continue;
                }
            }
            let expected = if planned.get(path) == base.get(path) { changed.get(path) } else { planned.get(path) };
            prop_assert_eq!(found.get(path), expected, "{}", path);
        }
    }
}
