//! Every mistake is told, with its line and its words.

use super::*;

#[test]
fn a_file_says_what_it_is() {
    let cases = [
        ("[[services]]\nid = \"x\"\n", "f.toml:1: neither an `[edition]` table nor"),
        ("\noverlay = \"small\"\n[edition]\nid = \"a\"\n", "f.toml:2: a file is an overlay or has an `[edition]`"),
        (
            "overlay = \"smal\"\n",
            "f.toml:1: an overlay onto `smal`, and there is no such edition; did you mean `small`?",
        ),
        ("\noverlay = 3\n", "f.toml:2: `overlay` is the id of an edition, in quotes"),
        (SMALL, "f.toml:2: edition `small` is already at small.toml:2; with `overlay = \"small\"`"),
    ];
    for (text, begin) in cases {
        let told = mistakes(&[("small.toml", SMALL), ("f.toml", text)]);
        assert!(told.len() == 1 && told[0].starts_with(begin), "{told:?} / {begin}");
    }
    // An overlay's edition stands before it.
    assert_eq!(mistakes(&[("f.toml", "overlay = \"small\"\n"), ("small.toml", SMALL)]).len(), 1);
}

#[test]
fn every_mistake_of_every_file_is_told_with_its_own_line() {
    let broken =
        "overlay = \"unified-enterprise-2023\"\n\nno toml at all\n[[services]]\nid = \"workshops\"\nunit = 3\n";
    let wrong = overlay(
        r#"
[[services]]
id = "workshops"
group = "educaton"
unit = "HOUR"
countries_only = ["GB", "UK", "EN"]
plam = "BASE"
clauses = [
    "@contract",
    "@contrat",
    { code = "WORK_ORDER_EXPIRE" },
    { code = "WORK_ORDER_EXPIRED", waivabel = true },
]
"#,
    );
    let small = SMALL.replace("purchased", "purchsed");
    let told = mistakes(&[("broken.toml", broken), ("wrong.toml", &wrong), ("small.toml", &small)]);
    let places: Vec<&str> = told.iter().map(|told| told.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        ["broken.toml:3", "wrong.toml:6", "wrong.toml:8", "wrong.toml:13", "small.toml:13"],
        "{told:#?}"
    );
    assert_eq!(told[1], "wrong.toml:6: `unit`: unknown value `HOUR`; did you mean `HOURS`?");
    assert_eq!(told[2], "wrong.toml:8: unknown field `plam`; did you mean `plan`?");
    assert_eq!(told[3], "wrong.toml:13: `clauses`: unknown field `waivabel`; did you mean `waivable`?");
    assert_eq!(told[4], "small.toml:13: `rule`: no function implements the rule `purchsed`; did you mean `purchased`?");

    let names = overlay_mistakes(
        "[[services]]\nid = \"workshops\"\ngroup = \"educaton\"\ncountries_only = [\"GB\", \"UK\",\n\"EN\"]\n\
         clauses = [\n\"@contract\",\n\"@contrat\",\n{ code = \"WORK_ORDER_EXPIRE\" }]\n",
    );
    assert_eq!(
        names,
        [
            "4: unknown group `educaton`; did you mean `education`?",
            "5: `UK` is no country of ISO 3166 such as `GB`",
            "6: `EN` is no country of ISO 3166 such as `GB`",
            "9: unknown clause set `@contrat`; did you mean `@contract`?",
            "10: unknown clause `WORK_ORDER_EXPIRE`; did you mean `WORK_ORDER_EXPIRED`?",
        ]
    );
}

/// A field means what it means in its table: the one that is named may stand there, and is a slip away.
#[test]
fn an_unknown_field_is_told_with_its_place_and_the_one_that_was_meant() {
    let service = "[[services]]\nid = \"workshops\"\n";
    let clause = "[[clauses]]\ncode = \"WORK_ORDER_DRAFT\"\n";
    let target = "[[response.targets]]\nservice = \"rapid-response\"\n";
    let aside = "[[asides]]\ncode = \"ADVISORY_LIMIT\"\n";
    let family = "[[families]]\nid = \"azure\"\n";
    let hours = "[hours.business]\n";
    let cases: [(&str, &str, Option<&str>); 24] = [
        (service, "severity = [\"A\"]", Some("unknown field `severity`; did you mean `severities`?")),
        (service, "product_except = []", Some("unknown field `product_except`; did you mean `products_except`?")),
        (service, "deliveryModes = []", Some("unknown field `deliveryModes`; did you mean `delivery_modes`?")),
        (service, "step_minute = 5", Some("unknown field `step_minute`; did you mean `purchase.step_minutes`?")),
        (service, "purchase.maximun = 5", Some("unknown field `purchase.maximun`; did you mean `purchase.maximum`?")),
        (service, "event.notice_day = 5", Some("unknown field `event.notice_day`; did you mean `event.notice_days`?")),
        (service, "tenants.minimal = 5", None),
        // What is near means something else, or stands in other tables.
        (service, "products = []", None),
        (service, "price = 3", None),
        (service, "kinds = []", None),
        (service, "minutes = 5", None),
        (clause, "kind = []", Some("unknown field `kind`; did you mean `kinds`?")),
        (clause, "wavable = true", Some("unknown field `wavable`; did you mean `waivable`?")),
        (clause, "name.en = \"x\"", None),
        (clause, "text.en_GB = \"x\"", None),
        (target, "minute = 5", Some("unknown field `minute`; did you mean `minutes`?")),
        (target, "products_except = []", None),
        (aside, "service = []", Some("unknown field `service`; did you mean `services`?")),
        (
            aside,
            "delivery_mode = \"REMOTE\"",
            Some("unknown field `delivery_mode`; did you mean `when.delivery_mode`?"),
        ),
        (
            aside,
            "when.langauges_but = []",
            Some("unknown field `when.langauges_but`; did you mean `when.languages_but`?"),
        ),
        (family, "component = []", Some("unknown field `component`; did you mean `components`?")),
        (family, "life_cycle.retired = \"2026-01-01\"", None),
        (hours, "opens = \"08:00\"", Some("unknown field `business.opens`; did you mean `business.open`?")),
        (hours, "weekday = []", None),
    ];
    for (table, line, expected) in cases {
        let told = overlay_mistakes(&format!("{table}{line}\n"));
        let told = told.iter().find(|told| told.contains("unknown field"));
        let told = told.unwrap_or_else(|| panic!("{table}{line} is taken"));
        // Behind the head of the overlay and of the table.
        let at = table.lines().count() + 2;
        match expected {
            Some(message) => assert_eq!(*told, format!("{at}: {message}"), "{table}{line}"),
            None => {
                let is_of_all = told.contains("; known are ") && !told.contains("did you mean");
                let name = line.split(" = ").next().unwrap();
                let name = name.strip_suffix(".en").unwrap_or(name);
                let place = if table == hours { format!("business.{name}") } else { name.to_owned() };
                assert!(is_of_all && told.starts_with(&format!("{at}: unknown field `{place}`")), "{told}");
            }
        }
    }
    // Each of several in one table is told.
    let told = overlay_mistakes(&format!("{service}purchase.maximun = 5\npurchase.step = 5\nplam = \"BASE\"\n"));
    assert_eq!(told.iter().map(|told| &told[..1]).collect::<Vec<_>>(), ["4", "5", "6"], "{told:#?}");
}

#[test]
fn each_mistake_has_its_words() {
    let service = |lines: &str| format!("[[services]]\nid = \"workshops\"\n{lines}\n");
    let cases = [
        // names of nothing
        (service("products_only = [\"nothing/*\"]\nclauses = [\"PRODUCT_EXCLUDED\"]"), "4: unknown product family `nothing`"),
        (service("languages = [{ products = [\"no\"], only = [\"en\"] }]\nclauses = [\"LANGUAGE_NOT_AVAILABLE\"]"), "4: unknown product family `no`"),
        (service("service_hours = { hours = \"never\" }\nclauses = [\"OUTSIDE_SERVICE_HOURS\"]"), "4: unknown hours `never`"),
        ("[clause_sets]\nunused = [\n  \"CONTACT_NOT_DESIGNATE\",\n]\n".into(), "4: unknown clause `CONTACT_NOT_DESIGNATE`; did you mean `CONTACT_NOT_DESIGNATED`?"),
        ("[[asides]]\ncode = \"ADVISORY_LIMIT\"\nservices = [\"advisory-suport\"]\ntext.en = \"\"\n".into(), "4: unknown service `advisory-suport`; did you mean `advisory-support`?"),
        ("[[asides]]\ncode = \"ADVISORY_LIMIT\"\nwhen.products = [\"azurre/*\"]\ntext.en = \"\"\n".into(), "4: unknown product family `azurre`; did you mean `azure`?"),
        ("[serivces]\n".into(), "2: there is nothing called `serivces`; did you mean `services`?"),
        ("[response]\ntarget = 3\n".into(), "3: there is nothing called `target`; did you mean `targets`?"),
        // forms
        (service("purchase.maximum = 0\nclauses = [\"MAXIMUM_QUANTITY\"]"), "4: `purchase.maximum`: expected a whole number above zero, found `0`"),
        (service("delivery_starts = 1\nclauses = [\"UER_DELIVERY_NOT_STARTED\"]"), "4: `delivery_starts`: expected a date like `2026-12-31`"),
        (service("languages = [{ only = [\"en-US\"] }]\nclauses = [\"LANGUAGE_NOT_AVAILABLE\"]"), "4: `en-US` is no primary language subtag such as `en`; write `en`"),
        (service("delivery_modes = []"), "4: a service is delivered in one way at least"),
        (service("products_only = [\"azure/A B\"]\nclauses = [\"PRODUCT_EXCLUDED\"]"), "4: `azure/A B` is no product pattern: `family`, `family/*`, `family/component` or `*`"),
        (service("tenants = { minimum = 2, maximum = 1 }\nclauses = [\"TENANTS_REQUIRED\"]"), "4: the maximum of tenants is below the minimum"),
        ("[[groups]]\nid = \"A b\"\nname.en = \"x\"\n".into(), "3: `A b` is no id of a group: use 1 to 64 of `a-z 0-9 . _ -`"),
        ("[[families]]\nid = \"f\"\nname = \"f\"\ncomponents = [\n{ id = \"É\", name = \"f\" }]\n".into(), "6: `É` is no id of a component: use 1 to 64 of `a-z 0-9 . _ -`"),
        ("[[families]]\nid = \"azure\"\nlife_cycle.retired_from = \"soon\"\n".into(), "4: `life_cycle.retired_from`: `soon` is no date like `2026-12-31`"),
        ("[[clauses]]\ncode = \"lower\"\nsection = \"1\"\nkinds = [\"note\"]\nrule = \"note\"\ntext.en = \"\"\n".into(), "3: `lower` is no code of a clause: use 1 to 64 of `A-Z 0-9 _`"),
        (service("unit = \"DAYS\""), "4: days are counted as `HOURS`; `days = true` accepts them"),
        (service("days = true"), "4: `days` goes with a service that is counted in `HOURS`"),
        // What turns a clause is its function's to say.
        ("[[clauses]]\ncode = \"WORK_ORDER_DRAFT\"\nremedy = \"RENEW\"\n".into(), "4: unknown field `remedy`; known are code, section, source, kinds, waivable, missing, rule, text, instead, date, dated"),
        // hours
        ("[hours.business]\nopen = \"18:00\"\n".into(), "it opens at 18:00 and closes at 17:30, which is not later"),
        ("[hours.business.countries.AE]\nclose = \"08:00\"\n".into(), "3: it opens at 09:00 and closes at 08:00, which is not later"),
        ("[hours.business.countries.UK]\nclose = \"18:00\"\n".into(), "2: `UK` is no country of ISO 3166 such as `GB`"),
        ("[hours.business]\nweekend = [\"Saturn\"]\n".into(), "3: "),
        ("[hours.business]\nweekend = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\", \"Sun\"]\n".into(), "3: a week of seven days off is never worked"),
        ("[hours.business]\nopen = \"9\"\n".into(), "3: `business.open`: `9` is no time of day like `09:00`"),
        // what does nothing, and what is never asked
        (service("purchase.maximum = 3"), "4: `purchase.maximum` does nothing: `workshops` is subject to no clause with the rule `maximum_quantity`"),
        (service("tenants.minimum = 1"), "4: `tenants` does nothing: no clause of the service has a rule of tenants"),
        (service("service_hours = { hours = \"business\", otherwise = \"Europe/London\" }\nclauses = [\"OUTSIDE_SERVICE_HOURS\"]"), "4: `otherwise` goes with `zone = \"item\"` alone"),
        ("[response]\nprecedence = [\"problem-resolution-support\"]\n".into(), "`azure-event-management` is not in `response.precedence`, so its targets never govern"),
        ("[[response.targets]]\nservice = \"problem-resolution-support\"\nseverities = [\"C\"]\nminutes = 0\nclock = \"CALENDAR\"\neffort = \"CONTINUOUS\"\n".into(), "5: `0` minutes are no time to respond in"),
        ("[[response.targets]]\nservice = \"problem-resolution-support\"\nseverities = [\"C\"]\nminutes = 1\nclock = \"CALENDAR\"\neffort = \"CONTINUOUS\"\nresources = [\"a\",\n\"fast-accss\"]\n".into(), "9: unknown response term `fast-accss`; did you mean `fast-access`?"),
        // texts
        ("[[clauses]]\ncode = \"WORK_ORDER_DRAFT\"\ntext.id = \"{end_time}\"\n".into(), "4: `{end_time}` is never filled in: WORK_ORDER_DRAFT carries `{service_id}`, `{location_id}`, `{work_order_id}`, `{item_id}`, `{service_name}`"),
        ("[[clauses]]\ncode = \"NOT_PURCHASED\"\ntext.en = \"{item_id}\"\n".into(), "4: `{item_id}` is never filled in: NOT_PURCHASED carries `{service_id}`, `{location_id}`, `{service_name}`"),
        ("[remedies]\nBUY.en = \"{price}\"\n".into(), "3: `{price}` is never filled in: a remedy carries `{field}`, `{value}`, `{work_order_id}`, `{item_id}`, `{service_id}`, `{location_id}`, `{base_work_order_id}`, `{service_name}`, `{value_name}`, `{field_name}`, `{value_words}`"),
        ("[response.why]\nslower.en = \"{by}\"\n".into(), "3: `{by}` is never filled in: an offer that does not govern carries nothing"),
        ("[[clauses]]\ncode = \"UER_STAFFING\"\ndated.en = \"\"\n".into(), "4: `dated` is told with a `date` alone"),
        ("[[clauses]]\ncode = \"WORK_ORDER_DRAFT\"\ndate = \"host_serves\"\n".into(), "4: only `rule = \"note\"` tells a date"),
    ];
    for (text, message) in cases {
        let told = overlay_mistakes(&text);
        assert!(
            told.iter().any(|told| told.ends_with(message) || message.ends_with(' ') && told.starts_with(message)),
            "{text}\n{told:#?}"
        );
    }
}

#[test]
fn what_is_there_twice_names_both_places() {
    let part = with_part(
        "\n[[services]]\nid = \"workshops\"\nname.en = \"W\"\ngroup = \"education\"\nplan = \"BASE\"\nclauses = []\n\
         [[families]]\nid = \"azure\"\nname = \"Azure\"\n[hours.business]\nopen = \"09:00\"\n",
    );
    let told = told(&Edition::load(&part).unwrap_err());
    let begin = [
        "more.toml:3: service `workshops` is already at unified-enterprise-2023/services.toml:",
        "more.toml:9: product family `azure` is already at unified-enterprise-2023/products.toml:",
        "more.toml:11: hours `business` is already at unified-enterprise-2023/edition.toml:",
    ];
    assert_eq!(told.len(), begin.len(), "{told:#?}");
    for (told, begin) in told.iter().zip(begin) {
        assert!(told.starts_with(begin), "{told}");
    }
    // An overlay may name what is there, but not twice.
    let twice = overlay_mistakes(
        "[[services]]\nid = \"workshops\"\n[[services]]\nid = \"workshops\"\n[[families]]\nid = \"azure\"\n\
         components = [{ id = \"stack\", name = \"a\" },\n{ id = \"stack\", name = \"b\" }]\n",
    );
    assert_eq!(twice, ["5: service `workshops` is already at 3", "9: component `stack` is already at 8"]);
}

#[test]
fn an_edition_needs_its_head_its_base_package_and_its_answers() {
    let load = |text: &str| {
        let error = Edition::load(&EditionSource { files: vec![("e.toml".to_owned(), text.to_owned())] }).unwrap_err();
        told(&error)
    };
    assert_eq!(load("# nothing\n"), ["e.toml:1: no `[edition]` table"]);
    assert_eq!(
        load("\n[edition]\nid = \"e\"\nname.en = \"E\"\nbase_package = \"base\"\n"),
        [
            "e.toml:2: `[remedies]` has no text for BUY, RENEW, WAIT_UNTIL, DESIGNATE_LOCATION, ADD_PRODUCT, \
             ADD_QUANTITY, RECORD_WAIVER, CHANGE_REQUEST, NONE",
            "e.toml:2: no clause has `rule = \"purchased\"`, the answer where nobody bought the service",
            "e.toml:5: the base package `base` is no service",
        ]
    );
    assert_eq!(
        load(&SMALL.replace("plan = \"BASE\"", "plan = \"ADD_ON\""))[1..],
        ["e.toml:5: the base package `base` has another plan than `BASE`"]
    );
    let target = "[response]\nprecedence = [\"base\"]\n[[response.targets]]\nservice = \"base\"\nseverities = [\"A\"]\n\
                  minutes = 1\nclock = \"BUSINESS\"\neffort = \"CONTINUOUS\"\n";
    assert_eq!(
        load(&format!("{SMALL}{target}")),
        [
            "e.toml:2: `[response.why]` has no text for not_entitled, open, no_target, slower, less_specialised",
            "e.toml:73: there are no `[hours.business]` to count business time by",
        ]
    );
}

#[test]
fn there_are_128_clauses_at_most() {
    let clauses = |count: usize| -> String {
        let clause = |row| {
            format!(
                "[[clauses]]\ncode = \"C{row}\"\nsection = \"\"\nkinds = [\"note\"]\nrule = \"note\"\ntext.en = \"\"\n"
            )
        };
        (1..count).map(clause).collect()
    };
    let load = |count| {
        Edition::load(&EditionSource { files: vec![("e.toml".to_owned(), SMALL.to_owned() + &clauses(count))] })
    };
    // Seven are there already; what is counted here is one more than is added.
    assert_eq!(load(122).unwrap().clauses.len(), 128);
    let told = told(&load(123).unwrap_err());
    assert!(told.len() == 1 && told[0].ends_with(": more than 128 clauses"), "{told:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_mistake_beside_the_others() {
    let file = |name: &str, text: Result<&str, &str>| CatalogFile {
        name: name.to_owned(),
        text: text.map(str::to_owned).map_err(str::to_owned),
    };
    let wrong = overlay("[hours]\nx = 3\n");
    let files = [file("missing.toml", Err("no such file")), file("wrong.toml", Ok(&wrong))];
    let error = Catalog::with_files(&files, Some("missing")).unwrap_err();
    let told: Vec<_> = error.mistakes.iter().map(|mistake| (mistake.file.as_str(), mistake.line)).collect();
    assert_eq!(told, [("missing.toml", 0), ("wrong.toml", 3)]);
    assert_eq!(error.mistakes[0].message, "no such file");
}
