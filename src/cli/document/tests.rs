use super::*;
use crate::proto::v1::{ContactRole, Unit, WorkOrderState};

const GOOD: &str = r#"# a comment
customer:
  customer_id: contoso
  locations:
    - {location_id: gb-london, country: NO, holidays: [2026-12-25, "2026-12-28"]}
  contacts:
    - contact_id: ada
      roles: [SUPPORT_ADMINISTRATOR, CONTACT_ROLE_REACTIVE_CONTACT]
work_orders:
  - work_order_id: wo-1
    start_date: 2026-02-01
    state: TERMINATED
    terminate_time: 2026-06-01T12:00:00+02:00
    flex_allowance: "5000000"
    base_work_order_id: ~
    items:
      - item_id: base
        all_locations: true
      - item_id: ede
        quantity: 400h
        priority: 2
        unit_price: 25000
      - item_id: credits
        quantity:
          amount: 10
          unit: CREDITS
"#;

fn mistakes(text: &str) -> Vec<(usize, String, String)> {
    let mistakes = read(text).unwrap_err().into_iter();
    mistakes.map(|m| (m.line.unwrap(), m.violation.field, m.violation.description)).collect()
}

/// The description of the one mistake in `field: value` of an item.
fn item(line: &str) -> String {
    let found = mistakes(&format!("work_orders:\n  - items:\n      - {line}\n"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, 3);
    found[0].2.clone()
}

#[test]
fn every_kind_of_value_is_read() {
    let request = read(GOOD).unwrap().request;
    let customer = request.customer.unwrap();
    assert_eq!(customer.locations[0].country, "NO");
    assert_eq!(customer.locations[0].holidays, ["2026-12-25", "2026-12-28"]);
    let roles: Vec<ContactRole> = customer.contacts[0].roles().collect();
    assert_eq!(roles, [ContactRole::SupportAdministrator, ContactRole::ReactiveContact]);
    let order = &request.work_orders[0];
    assert_eq!(order.start_date, "2026-02-01");
    assert_eq!(order.state(), WorkOrderState::Terminated);
    assert_eq!(order.terminate_time.unwrap().seconds, 1_780_308_000);
    assert_eq!(order.flex_allowance, Some(5_000_000));
    assert_eq!(order.base_work_order_id, None);
    assert!(order.items[0].all_locations);
    assert_eq!(order.items[1].priority, Some(2));
    assert_eq!(order.items[1].unit_price, Some(25_000));
    let quantity = |index: usize| order.items[index].quantity.map(|quantity| (quantity.amount, quantity.unit()));
    assert_eq!(quantity(1), Some((400, Unit::Hours)));
    assert_eq!(quantity(2), Some((10, Unit::Credits)));
}

#[test]
fn money_is_read_as_people_write_it() {
    let order = |currency: &str, price: &str| {
        format!(
            "work_orders:\n  - currency: {currency}\n    flex_allowance: {price}\n    items:\n      - unit_price: {price}\n"
        )
    };
    for (currency, price, expected) in
        [("EUR", "310.00", 31_000), ("EUR", "310.00 EUR", 31_000), ("JPY", "310", 310), ("BHD", "\"310.000\"", 310_000)]
    {
        let document = read(&order(currency, price)).unwrap();
        let found = &document.request.work_orders[0];
        assert_eq!([found.flex_allowance, found.items[0].unit_price], [Some(expected); 2], "{price} {currency}");
        assert_eq!(document.notes(), [""; 0], "{price}");
    }
    // As it was written before: minor units, and it is told which amount they are.
    let document = read(&order("EUR", "310")).unwrap();
    assert_eq!(document.request.work_orders[0].items[0].unit_price, Some(310));
    let notes = document.notes();
    assert_eq!(notes.len(), 2);
    assert_eq!(
        notes[1],
        "line 5: work_orders[0].items[0].unit_price: `310` is in minor units, 3.10 EUR; to mean 310.00, write `310.00`"
    );
    let found = mistakes(&order("EUR", "310.00 USD"));
    assert_eq!(found.iter().map(|it| it.0).collect::<Vec<_>>(), [3, 5]);
    assert!(found[0].2.contains("another currency than the order, which is in EUR"), "{found:?}");
}

#[test]
fn json_is_read_the_same_way() {
    let text = "{\n\t\"customer\": {\"customer_id\": \"a\", \"display_name\": \"\\u00e9\\/\"},\n\t\"work_orders\": [{\n\
                \t\t\"flex_allowance\": \"12\",\n\t\t\"items\": [{\"all_locations\": true, \"priority\": 3}]\n\t}]\n}\n";
    let request = read(text).unwrap().request;
    assert_eq!(request.customer.unwrap().display_name, "é/");
    assert_eq!(request.work_orders[0].flex_allowance, Some(12));
    assert_eq!(request.work_orders[0].items[0].priority, Some(3));
    let wrong = mistakes("{\n  \"customer\": {\n    \"customerid\": \"a\"\n  }\n}\n");
    assert_eq!(
        wrong,
        [(3, "customer.customerid".into(), "there is no `customerid` here; did you mean `customer_id`?".into())]
    );
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_lines() {
    let text = GOOD
        .replace("contacts:", "contact:")
        .replace("state: TERMINATED", "state: ACTIV\n    state: ACTIVE")
        .replace("all_locations: true", "all_locations: \"true\"")
        .replace("400h", "400.5");
    let found = mistakes(&text);
    let places: Vec<(usize, &str)> = found.iter().map(|(line, field, _)| (*line, field.as_str())).collect();
    assert_eq!(
        places,
        [
            (6, "customer.contact"),
            (12, "work_orders[0].state"),
            (13, "work_orders[0].state"),
            (19, "work_orders[0].items[0].all_locations"),
            (21, "work_orders[0].items[1].quantity"),
        ]
    );
    assert!(found[0].2.contains("did you mean `contacts`?"));
    assert_eq!(found[1].2, "`ACTIV` is not known here; did you mean ACTIVE?");
    assert!(found[2].2.contains("already in line 12"));
}

#[test]
fn a_wrong_kind_of_value_says_what_is_expected() {
    assert!(item("item_id: 12").contains("put it in quotes"));
    assert!(item("item_id: true").contains("put it in quotes"));
    assert!(item("item_id: 1e5").contains("put it in quotes"));
    assert!(item("item_id: [a]").contains("expected text; found a list"));
    assert!(item("location_ids: gb").contains("expected a list"));
    assert!(item("location_ids: [~]").contains("found nothing"));
    assert!(item("unit_price: 1.5").contains("beside the `currency` of the order"));
    assert!(item("unit_price: 9223372036854775808").contains("larger"));
    assert!(item("priority: 2147483648").contains("larger"));
    assert!(item("quantity: 400").contains("no unit"));
    assert!(item("quantity: {amount: 40h, unit: HOURS}").contains("whole number"));
    assert!(item("quantity: [400h]").contains("a quantity such as 400h"));
    assert!(item("included_hours: 40").contains("`reactive_support_management`"));
    assert!(item("events: [{start_time: 2026-06-01}]").contains("add the time of the day and its offset"));
    assert!(item("waivers: [3]").contains("expected fields"));
    assert!(item("delivery_mode: 1").contains("known are REMOTE, ON_SITE"));
    assert!(item("funding: FUNDING_UNSPECIFIED").contains("not known"));
}

#[test]
fn a_document_holds_a_customer_and_work_orders_only() {
    assert!(mistakes("request_id: a\n")[0].2.contains("there is no `request_id` here"));
    assert!(mistakes("document:\n  customer: {}\n")[0].2.contains("known are customer, work_orders"));
    assert!(mistakes("")[0].2.contains("empty"));
    assert!(mistakes("- customer\n")[0].2.contains("found a list"));
    assert!(mistakes("customer: {}\n---\ncustomer: {}\n")[0].2.contains("second document"));
    assert_eq!(mistakes("customer:\n  a: [\n  b: c\n")[0].1, "");
}

#[test]
fn a_path_leads_to_the_line_of_the_field_or_of_what_holds_it() {
    let document = read(GOOD).unwrap();
    assert_eq!(document.line_of("customer"), Some(2));
    assert_eq!(document.line_of("customer.locations[0].country"), Some(5));
    assert_eq!(document.line_of("work_orders[0].items[1].quantity"), Some(20));
    assert_eq!(document.line_of("work_orders[0].items[1].quantity.amount"), Some(20));
    assert_eq!(document.line_of("work_orders[0].items[1].waivers[0].code"), Some(19));
    assert_eq!(document.line_of("work_orders[0].end_date"), Some(10));
    assert_eq!(document.line_of("work_orders[7].items"), Some(9));
    assert_eq!(document.line_of("request_id"), None);
}

#[test]
fn aliases_are_followed_but_not_without_end() {
    let request = read("customer: &c {customer_id: a}\nwork_orders:\n  - *c\n").unwrap().request;
    assert_eq!(request.work_orders[0].customer_id, "a");
    let mut bomb = "customer:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = level - 1;
        bomb += &format!("  a{level}: &a{level} [{}]\n", vec![format!("*a{below}"); 10].join(", "));
    }
    assert!(mistakes(&bomb)[0].2.contains("too large"));
}

#[test]
fn an_alias_counts_as_what_it_stands_for() {
    let long = "x".repeat(60_000);
    let told = mistakes(&format!("a: &a {long}\nb: [{}]\n", vec!["*a"; 1_000].join(",")));
    assert_eq!((told.len(), told[0].0), (1, 2));
    assert!(told[0].2.contains("too large") && told[0].2.contains("8388608 bytes"), "{told:?}");
    let anchors: String = (0..64).map(|level| format!("&a{level} [")).collect();
    let told = mistakes(&format!("a: {anchors}{}{}\n", "x, ".repeat(20_000), "]".repeat(64)));
    assert!(told[0].2.contains("too large") || told[0].2.contains("nested"), "{told:?}");
    let chain: String = (1..200).map(|level| format!("a{level}: &a{level} [*a{}]\n", level - 1)).collect();
    let told = mistakes(&format!("a0: &a0 [x]\n{chain}"));
    assert_eq!((told[0].0, told[0].2.as_str()), (64, "nested too deeply: at most 64 levels"));
}

#[test]
fn a_value_longer_than_any_field_is_refused() {
    for text in [
        format!("customer: {}", "x".repeat(200_000)),
        format!("customer: \"{}\"", "\\n".repeat(100_000)),
        format!("customer:\n  customer_id: |\n{}", "    x\n".repeat(100_000)),
        format!("{}: a", "x".repeat(1_000)) + &"x".repeat(65_536),
    ] {
        let told = mistakes(&text);
        assert_eq!(told.len(), 1);
        assert!(told[0].2.contains("is too long: at most 65536"), "{told:?}");
    }
    assert!(read(&format!("customer: {{display_name: {}}}", "x".repeat(65_536))).is_ok());
}

#[test]
fn what_is_wrong_is_told_on_one_short_line_without_controls() {
    let evil = "customer: {\"\\e]0;OWNED\\a\\e[2J\\nFORGED\\u202e\": 1}\n";
    let told = mistakes(evil);
    let name = r"\u{1b}]0;OWNED\u{7}\u{1b}[2J\u{a}FORGED\u{202e}";
    assert_eq!(told[0].1, format!("customer.{name}"));
    assert!(told[0].2.starts_with(&format!("there is no `{name}` here; ")), "{told:?}");
    let long = "y".repeat(60_000);
    for line in [
        format!("{}: 1", "y".repeat(1_000)),
        format!("unit_price: {long}"),
        format!("all_locations: {long}"),
        format!("delivery_mode: {long}"),
        format!("quantity: {long}"),
        format!("quantity: 1{}", "0".repeat(60_000)),
        format!("quantity: 1h2m{long}"),
        format!("location_ids: {long}"),
        format!("waivers: [{long}]"),
        format!("events: [{{start_time: {long}}}]"),
    ] {
        let told = item(&line);
        assert!(told.len() < 500 && told.contains('…'), "{told}");
    }
}

#[test]
fn a_file_that_is_no_document_is_not_quoted() {
    let told = mistakes("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n");
    assert_eq!(told[0].2, "expected fields such as `customer`, `work_orders`; found text");
}

#[test]
fn no_more_mistakes_are_gathered_than_anyone_reads() {
    let keys: String = (0..10_000).map(|number| format!("  k{number}: 1\n")).collect();
    assert_eq!(mistakes(&format!("customer:\n{keys}")).len(), 1_000);
    let list = "{a: 1}, ".repeat(10_000);
    assert_eq!(mistakes(&format!("work_orders: [{list}]")).len(), 1_000);
}

#[test]
fn a_character_that_json_writes_as_a_pair_of_escapes() {
    let request = read("{\"customer\": {\"display_name\": \"\\ud83d\\ude00 \u{1F600}\"}}").unwrap().request;
    assert_eq!(request.customer.unwrap().display_name, "😀 😀");
}

#[test]
fn dates_as_spreadsheets_and_people_write_them() {
    assert_eq!(
        item("start_date: 46023"),
        "`46023` is no date like `2026-12-31`; as the number of a day in a spreadsheet it is 2026-01-01: write `2026-01-01`"
    );
    let told = mistakes("customer:\n  locations:\n    - holidays: [46387, true]\n");
    assert!(told[0].2.contains("write `2026-12-31`") && told[1].2 == "`true` is no date like `2026-12-31`", "{told:?}");
}

#[test]
fn the_day_of_a_termination_ends_at_the_host() {
    let document = |zone: &str, time: &str| {
        format!(
            "customer:\n  locations: [{{location_id: hq, time_zone: {zone}}}]\nwork_orders:\n  - host_location_id: hq\n    \
             terminate_time: {time}\n"
        )
    };
    assert_eq!(
        mistakes(&document("America/Denver", "2026-06-30")),
        [(
            5,
            "work_orders[0].terminate_time".to_owned(),
            "`2026-06-30` is a date and no instant; an order that lasts to the end of 2026-06-30 at its host `hq` \
             (America/Denver) is terminated at `2026-07-01T06:00:00Z`"
                .to_owned()
        )]
    );
    let told = mistakes(&document("Moon/Base", "2026-06-30"));
    assert!(told[0].2.contains("add the time of the day"), "{told:?}");
    assert!(read(&document("America/Denver", "2026-07-01T06:00:00Z")).is_ok());
}

#[test]
fn maps_are_not_merged() {
    let told = mistakes("customer: &c {customer_id: a}\nwork_orders:\n  - {<<: *c, work_order_id: b}\n");
    assert_eq!(told[0].0, 3);
    assert!(told[0].2.contains("write the fields out"), "{told:?}");
}

#[test]
fn a_name_in_another_form_of_unicode_is_noted() {
    let document = read("customer:\n  customer_id: a\n  display_name: Socie\u{301}te\u{301}\n").unwrap();
    assert_eq!(document.notes(), ["line 3: customer.display_name is stored in composed form (NFC); it looks the same"]);
    assert!(read("customer: {display_name: Soci\u{e9}t\u{e9}}").unwrap().notes().is_empty());
}
