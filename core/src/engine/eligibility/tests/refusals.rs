//! What forbids a delivery, and what of a request does not exist or does not fit.

use super::*;

#[test]
fn several_solutions_take_as_many_events_each() {
    let events = |item: &str, service: &str, amount: i64| {
        json!({
            "item_id": item, "service_id": service, "location_ids": ["gb-london"],
            "quantity": {"amount": amount, "unit": "EVENTS"},
        })
    };
    let (aem, retail) = ("azure-event-management", "azure-event-management-retail");
    // What is left does not matter here: one event in all.
    let items = vec![events("aem", aem, 1), events("retail", retail, 1), ede("ede", 10, json!({}))];
    let prepared = prepared(items, json!({}));
    let now = "2026-11-10T10:00:00Z";
    let ids = ["shop", "depot", "bank"].map(str::to_owned);
    let named = |solutions: usize, amount: i64, days: i64| {
        let start = at("2026-06-01T08:00:00Z");
        BlockQuery {
            product: Some(ProductId::new("azure/cognitive-search")),
            service_id: Some(aem),
            quantity: Some(Quantity { amount, unit: Unit::Events }),
            performed: (days > 0).then(|| (start, start + TimeDelta::days(days - 1))),
            solution_ids: &ids[..solutions],
            ..query()
        }
    };
    // Solutions, events asked for, dates of the window (0: none), and whether they are too few.
    let cases = [
        (0, 1, 5, false),
        (0, 2, 6, false),
        (1, 2, 6, false),
        (2, 1, 0, true),
        (2, 2, 0, false),
        (2, 2, 5, false),
        (2, 3, 6, true),
        (2, 4, 6, false),
        (2, i64::MAX, 6, false),
        (3, 8, 11, true),
        (3, 9, 11, false),
    ];
    for (solutions, amount, days, is_too_few) in cases {
        let expected = if is_too_few { "aem AEM_ONE_SOLUTION" } else { "aem" };
        let told = judged(&prepared, &named(solutions, amount, days), now);
        assert_eq!(told, [expected], "{solutions} solutions, {amount} events, {days} dates");
    }
    // Six dates of one solution, for which one event is too short, and both at once.
    assert_eq!(judged(&prepared, &named(1, 1, 6), now), ["aem AEM_DURATION"]);
    assert_eq!(judged(&prepared, &named(2, 1, 6), now), ["aem AEM_DURATION AEM_ONE_SOLUTION"]);
    let told = eligible_blocks(&prepared, &named(2, 3, 6), at(now)).unwrap().remove(0).failed.remove(0);
    assert_eq!(
        (told.rule.row().subject, told.description.as_str()),
        (Subject::Amount, "3 events asked for, 4 needed for 2 solutions")
    );
    let fact = |name: &str| told.metadata.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    assert_eq!(["events_needed", "requested", "solutions"].map(fact), [Some("4"), Some("3"), Some("2")]);
    assert_eq!(fact("events_available"), None, "only the ledger knows");
    // By its id, at the location of its item.
    let id = Some(block_id("acme", "wo-2", "aem", aem));
    let by_id = BlockQuery { block_id: id, location_id: None, product: None, service_id: None, ..named(2, 1, 0) };
    assert_eq!(judged(&prepared, &by_id, now), ["aem AEM_ONE_SOLUTION"]);
    // Nobody else counts solutions.
    let of_retail = |days| BlockQuery { service_id: Some(retail), ..named(2, 1, days) };
    assert_eq!(judged(&prepared, &of_retail(5), now), ["retail"]);
    assert_eq!(judged(&prepared, &of_retail(6), now), ["retail AEM_DURATION"], "days count in both forms");
    let of_engineering = BlockQuery { solution_ids: &ids, ..query() };
    assert_eq!(judged(&prepared, &of_engineering, now), ["ede"]);
}

#[test]
fn what_does_not_exist_or_does_not_fit_is_told() {
    let prepared = prepared(vec![ede("ede", 10, json!({}))], json!({}));
    let id = block_id("acme", "wo-2", "ede", EDE);
    let credits = Some(Quantity { amount: 1, unit: Unit::Credits });
    let cases = [
        ("location unknown", BlockQuery { location_id: Some("nowhere"), ..query() }),
        ("service unknown", BlockQuery { service_id: Some("nothing"), ..query() }),
        ("product family unknown", BlockQuery { product: Some(ProductId::new("nothing")), ..query() }),
        ("block unknown", BlockQuery { block_id: Some(Uuid::nil()), ..query() }),
        ("FIELD_CONFLICT", BlockQuery { block_id: Some(id), service_id: Some("chalk-talks"), ..query() }),
        ("FIELD_REQUIRED", BlockQuery { service_id: None, ..query() }),
        ("UNIT_MISMATCH", BlockQuery { service_id: Some("chalk-talks"), quantity: credits, ..query() }),
        ("NOT_PURCHASED", BlockQuery { service_id: Some("chalk-talks"), quantity: None, ..query() }),
        ("location unknown", BlockQuery { block_id: Some(id), location_id: Some("nowhere"), ..query() }),
    ];
    for (expected, query) in cases {
        assert_eq!(refused(&prepared, &query), expected);
    }
    // The ledger refuses the unit; the rest is judged all the same.
    let elsewhere = BlockQuery {
        quantity: credits,
        product: Some(ProductId::new("windows-server")),
        block_id: Some(id),
        ..query()
    };
    for query in [elsewhere, BlockQuery { block_id: None, ..elsewhere }] {
        assert_eq!(refused(&prepared, &query), "PRODUCT_NOT_ON_ITEM");
    }
    // Advisory support is not kept in blocks, but has its limit.
    let advice = |hours| BlockQuery {
        service_id: Some("advisory-support"),
        quantity: Some(Quantity { amount: hours, unit: Unit::Hours }),
        ..query()
    };
    assert_eq!(refused(&prepared, &advice(7)), "ADVISORY_LIMIT");
    assert_eq!(refused(&prepared, &advice(6)), "UNIT_MISMATCH");
}

#[test]
fn work_over_a_seam_is_recorded_in_two_parts() {
    let items =
        vec![ede("one", 100, json!({"end_date": "2026-05-31"})), ede("two", 100, json!({"start_date": "2026-06-01"}))];
    let prepared = prepared(items, json!({}));
    let performed = |start: &str, end: &str| BlockQuery { performed: Some((at(start), at(end))), ..query() };
    let judged = |query: &BlockQuery<'_>| judged(&prepared, query, "2026-06-10T10:00:00Z");
    let whole = performed("2026-05-29T09:00:00Z", "2026-06-01T10:00:00Z");
    assert_eq!(judged(&whole), ["one FORFEITED", "two WORK_ORDER_NOT_STARTED"]);
    // The part that can be helped is told, whichever lasts longer.
    let told = eligible_blocks(&prepared, &whole, at("2026-06-10T10:00:00Z")).unwrap();
    assert_eq!(told.iter().map(|block| block.begins_in_time).collect::<Vec<_>>(), [true, false]);
    assert_eq!(
        judged(&performed("2026-05-29T09:00:00Z", "2026-05-29T16:30:00Z")),
        ["one", "two WORK_ORDER_NOT_STARTED"]
    );
    assert_eq!(
        judged(&performed("2026-06-01T08:30:00Z", "2026-06-01T10:00:00Z")),
        ["one WORK_ORDER_EXPIRED FORFEITED", "two"]
    );
}
