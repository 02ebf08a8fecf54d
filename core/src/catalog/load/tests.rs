use proptest::prelude::*;

use super::*;

/// The built-in edition with one more file of its own.
fn with_part(text: &str) -> EditionSource {
    let mut source = EditionSource::unified_enterprise_2023();
    source.files.push(("more.toml".to_owned(), text.to_owned()));
    source
}

fn told(error: &CatalogError) -> Vec<String> {
    error.mistakes.iter().map(ToString::to_string).collect()
}

/// What is wrong when the files are loaded beside the built-in edition, in this order.
fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    told(&with_files(files, None).unwrap_err())
}

fn with_files(files: &[(&str, &str)], default_edition: Option<&str>) -> Result<Loaded, CatalogError> {
    let embedded = EditionSource::unified_enterprise_2023();
    let mut sources = Sources::default();
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    for (name, text) in embedded.files.iter().cloned().chain(files) {
        sources.push(&name, &text);
    }
    load(&sources, embedded.files.len(), default_edition, true)
}

fn overlay(text: &str) -> String {
    format!("overlay = \"unified-enterprise-2023\"\n{text}")
}

/// The mistakes of one overlay, without its name.
fn overlay_mistakes(text: &str) -> Vec<String> {
    mistakes(&[("o.toml", &overlay(text))]).iter().map(|told| told.replace("o.toml:", "")).collect()
}

/// The smallest edition there can be.
const SMALL: &str = r#"
[edition]
id = "small"
name.en = "Small"
base_package = "base"
[[groups]]
id = "all"
name.en = "All"
[[clauses]]
code = "NOT_BOUGHT"
section = "1"
kinds = ["gate"]
rule = "purchased"
text.en = "Nobody bought {service_id}."
[[services]]
id = "base"
name.en = "Base"
group = "all"
plan = "BASE"
clauses = ["NOT_BOUGHT"]
[remedies]
BUY.en = "Order {value}."
RENEW.en = ""
WAIT_UNTIL.en = ""
DESIGNATE_LOCATION.en = ""
ADD_PRODUCT.en = ""
ADD_QUANTITY.en = ""
RECORD_WAIVER.en = ""
CHANGE_REQUEST.en = ""
NONE.en = ""
"#;

#[test]
fn an_overlay_replaces_only_what_it_gives() {
    let text = overlay(
        r#"
[[services]]
id = "developer-support"
purchase.maximum = 3
countries_only = ["GB", "IE"]
name.id = "Lain"

[[families]]
id = "azure"
components = [{ id = "stack", life_cycle.retired_from = 2026-03-01 }, { id = "new", name = "New" }]

[[families]]
id = "abacus"
name = "Abacus"

[hours.business]
close = "17:00"
[hours.business.countries.AE]
weekend = ["Sat", "Sun", "Fri"]

[remedies]
NONE.en = "Nothing at all."

[[clauses]]
code = "LATE_SERVICE_REQUEST"
date = { first_days = { days = 3 } }
dated.en = "{onboarding_deadline}"
dated.id = "{onboarding_deadline}"

[[response.targets]]
service = "problem-resolution-support"
severities = ["C"]
minutes = 60
clock = "CALENDAR"
effort = "CONTINUOUS"

[[asides]]
code = "ADVISORY_LIMIT"
text.en = "More."
"#,
    );
    let Loaded { catalog, changes } = with_files(&[("o.toml", &text)], None).unwrap_or_else(|error| panic!("{error}"));
    let edition = catalog.default_edition();
    let before = Edition::load(&EditionSource::unified_enterprise_2023()).unwrap();

    let support = edition.service("developer-support").unwrap();
    assert_eq!((support.purchase.maximum, support.countries_only.len()), (Some(3), 2));
    assert_eq!((support.name.en.as_str(), support.name.id.as_deref()), ("Developer Support", Some("Lain")));
    assert_eq!(support.clauses, before.service("developer-support").unwrap().clauses);
    assert_eq!(edition.services.len(), before.services.len());

    let azure = edition.family("azure").unwrap();
    assert_eq!(azure.components.len(), before.family("azure").unwrap().components.len() + 1);
    let stack = azure.component("stack").unwrap();
    assert_eq!(stack.name, "Azure Stack");
    assert_eq!(stack.life_cycle.retired_from.unwrap().to_string(), "2026-03-01");
    assert!(azure.cloud && edition.family("abacus").is_some());

    let hours = &edition.hours["business"];
    assert_eq!((hours.open.to_string(), hours.close.to_string()), ("09:00:00".into(), "17:00:00".into()));
    // What a country does not say it has from the table it stands in.
    assert_eq!((hours.of("AE").close, hours.of("AE").weekend.len()), (hours.close, 3));
    let management = edition.service("sdm-add-on").unwrap().service_hours.as_ref().unwrap();
    assert_eq!(management.hours, *hours);

    assert_eq!(edition.remedies[&crate::catalog::RemedyKind::None].en, "Nothing at all.");
    assert!(edition.remedies[&crate::catalog::RemedyKind::None].id.is_some());
    assert_eq!(edition.clause("LATE_SERVICE_REQUEST").unwrap().date.unwrap().fact(), "onboarding_deadline");
    assert_eq!(edition.response.targets.len(), before.response.targets.len() + 1);
    let product = crate::model::ProductId::new("azure");
    let target = edition.response.target("problem-resolution-support", crate::catalog::Severity::C, product).unwrap();
    assert_eq!(target.minutes, 60);
    assert_eq!(edition.asides.len(), before.asides.len() + 1);

    let shown: Vec<String> =
        changes.iter().map(|change| format!("{} {} [{}]", change.noun, change.id, change.fields.join(" "))).collect();
    assert_eq!(
        shown,
        [
            "aside ADVISORY_LIMIT []",
            "clause LATE_SERVICE_REQUEST [date dated.en dated.id]",
            "product family azure [components.stack.life_cycle components.new]",
            "product family abacus []",
            "hours business [close countries.AE]",
            "remedy NONE [en]",
            "response target problem-resolution-support []",
            "service developer-support [countries_only name.id purchase.maximum]",
        ]
    );
}

#[test]
fn a_later_overlay_is_laid_over_the_earlier_ones() {
    let first = overlay("[[services]]\nid = \"developer-support\"\npurchase.maximum = 3\n");
    let second = overlay("[[services]]\nid = \"developer-support\"\npurchase.maximum = 4\n");
    let loaded = with_files(&[("a.toml", &first), ("b.toml", &second)], None).unwrap();
    let maximum = |loaded: &Loaded| loaded.catalog.service("developer-support").unwrap().1.purchase.maximum;
    assert_eq!(maximum(&loaded), Some(4));
    assert_eq!(maximum(&with_files(&[("b.toml", &second), ("a.toml", &first)], None).unwrap()), Some(3));
}

#[test]
fn a_whole_edition_in_one_file_and_an_overlay_onto_it() {
    let over = "overlay = \"small\"\n[[services]]\nid = \"base\"\nname.en = \"Other\"\n";
    let files = [("small.toml", SMALL), ("over.toml", over)];
    let loaded = with_files(&files, None).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.catalog.default_edition().id, "unified-enterprise-2023");
    assert_eq!(loaded.catalog.edition("small").unwrap().service("base").unwrap().name.en, "Other");
    let loaded = with_files(&files, Some("small")).unwrap();
    assert_eq!(loaded.catalog.default_edition().id, "small");
    // Services of the other edition are still known.
    assert!(loaded.catalog.service("workshops").is_some());
    let error = with_files(&files, Some("smal")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "default_edition: there is no edition `smal`; known are `unified-enterprise-2023`, `small`"
    );
}

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
    assert_eq!(told[1], "wrong.toml:6: unknown value `HOUR`; did you mean `HOURS`?");
    assert_eq!(told[2], "wrong.toml:8: unknown field `plam`; did you mean `plan`?");
    assert_eq!(told[3], "wrong.toml:13: unknown field `waivabel`; did you mean `waivable`?");
    assert_eq!(told[4], "small.toml:13: no function implements the rule `purchsed`; did you mean `purchased`?");

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
        (service("purchase.maximum = 0\nclauses = [\"MAXIMUM_QUANTITY\"]"), "4: expected a whole number above zero, found `0`"),
        (service("delivery_starts = 1\nclauses = [\"UER_DELIVERY_NOT_STARTED\"]"), "4: expected a date like `2026-12-31`"),
        (service("languages = [{ only = [\"en-US\"] }]\nclauses = [\"LANGUAGE_NOT_AVAILABLE\"]"), "4: `en-US` is no primary language subtag such as `en`"),
        (service("delivery_modes = []"), "4: a service is delivered in one way at least"),
        (service("products_only = [\"azure/A B\"]\nclauses = [\"PRODUCT_EXCLUDED\"]"), "4: `azure/A B` is no product pattern: `family`, `family/*`, `family/component` or `*`"),
        (service("tenants = { minimum = 2, maximum = 1 }\nclauses = [\"TENANTS_REQUIRED\"]"), "4: the maximum of tenants is below the minimum"),
        ("[[groups]]\nid = \"A b\"\nname.en = \"x\"\n".into(), "3: `A b` is no id of a group: use 1 to 64 of `a-z 0-9 . _ -`"),
        ("[[families]]\nid = \"f\"\nname = \"f\"\ncomponents = [\n{ id = \"É\", name = \"f\" }]\n".into(), "6: `É` is no id of a component: use 1 to 64 of `a-z 0-9 . _ -`"),
        ("[[families]]\nid = \"azure\"\nlife_cycle.retired_from = \"soon\"\n".into(), "4: `soon` is no date like `2026-12-31`"),
        ("[[clauses]]\ncode = \"lower\"\nsection = \"1\"\nkinds = []\nrule = \"note\"\ntext.en = \"\"\n".into(), "3: `lower` is no code of a clause: use 1 to 64 of `A-Z 0-9 _`"),
        (service("unit = \"DAYS\""), "4: days are counted as `HOURS`; `days = true` accepts them"),
        (service("days = true"), "4: `days` goes with a service that is counted in `HOURS`"),
        // What turns a clause is its function's to say.
        ("[[clauses]]\ncode = \"WORK_ORDER_DRAFT\"\nremedy = \"RENEW\"\n".into(), "4: unknown field `remedy`; known are code, section, kinds, waivable, missing, rule, text, date, dated"),
        // hours
        ("[hours.business]\nopen = \"18:00\"\n".into(), "it opens at 18:00 and closes at 17:30, which is not later"),
        ("[hours.business.countries.AE]\nclose = \"08:00\"\n".into(), "3: it opens at 09:00 and closes at 08:00, which is not later"),
        ("[hours.business.countries.UK]\nclose = \"18:00\"\n".into(), "2: `UK` is no country of ISO 3166 such as `GB`"),
        ("[hours.business]\nweekend = [\"Saturn\"]\n".into(), "3: "),
        ("[hours.business]\nweekend = [\"Mon\", \"Tue\", \"Wed\", \"Thu\", \"Fri\", \"Sat\", \"Sun\"]\n".into(), "3: a week of seven days off is never worked"),
        ("[hours.business]\nopen = \"9\"\n".into(), "3: `9` is no time of day like `09:00`"),
        // what does nothing, and what is never asked
        (service("purchase.maximum = 3"), "4: `purchase.maximum` does nothing: `workshops` is subject to no clause with the rule `maximum_quantity`"),
        (service("tenants.minimum = 1"), "4: `tenants` does nothing: no clause of the service has a rule of tenants"),
        (service("service_hours = { hours = \"business\", otherwise = \"Europe/London\" }\nclauses = [\"OUTSIDE_SERVICE_HOURS\"]"), "4: `otherwise` goes with `zone = \"item\"` alone"),
        ("[response]\nprecedence = [\"problem-resolution-support\"]\n".into(), "`azure-event-management` is not in `response.precedence`, so its targets never govern"),
        ("[[response.targets]]\nservice = \"problem-resolution-support\"\nseverities = [\"C\"]\nminutes = 0\nclock = \"CALENDAR\"\neffort = \"CONTINUOUS\"\n".into(), "5: `0` minutes are no time to respond in"),
        ("[[response.targets]]\nservice = \"problem-resolution-support\"\nseverities = [\"C\"]\nminutes = 1\nclock = \"CALENDAR\"\neffort = \"CONTINUOUS\"\nresources = [\"a\",\n\"fast-accss\"]\n".into(), "9: unknown response term `fast-accss`; did you mean `fast-access`?"),
        // texts
        ("[[clauses]]\ncode = \"WORK_ORDER_DRAFT\"\ntext.id = \"{end_time}\"\n".into(), "4: `{end_time}` is never filled in: WORK_ORDER_DRAFT carries `{service_id}`, `{location_id}`, `{work_order_id}`, `{item_id}`"),
        ("[[clauses]]\ncode = \"NOT_PURCHASED\"\ntext.en = \"{item_id}\"\n".into(), "4: `{item_id}` is never filled in: NOT_PURCHASED carries `{service_id}`, `{location_id}`"),
        ("[remedies]\nBUY.en = \"{price}\"\n".into(), "3: `{price}` is never filled in: a remedy carries `{field}`, `{value}`, `{work_order_id}`, `{item_id}`, `{service_id}`, `{location_id}`"),
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
        load(&SMALL.replace("plan = \"BASE\"", "plan = \"ADD_ON\"")),
        ["e.toml:5: the base package `base` has another plan than `BASE`"]
    );
    let target = "[response]\nprecedence = [\"base\"]\n[[response.targets]]\nservice = \"base\"\nseverities = [\"A\"]\n\
                  minutes = 1\nclock = \"BUSINESS\"\neffort = \"CONTINUOUS\"\n";
    assert_eq!(
        load(&format!("{SMALL}{target}")),
        [
            "e.toml:2: `[response.why]` has no text for not_entitled, open, no_target, slower, less_specialised",
            "e.toml:37: there are no `[hours.business]` to count business time by",
        ]
    );
}

#[test]
fn there_are_128_clauses_at_most() {
    let clauses = |count: usize| -> String {
        let clause = |row| {
            format!("[[clauses]]\ncode = \"C{row}\"\nsection = \"\"\nkinds = []\nrule = \"note\"\ntext.en = \"\"\n")
        };
        (1..count).map(clause).collect()
    };
    let load = |count| {
        Edition::load(&EditionSource { files: vec![("e.toml".to_owned(), SMALL.to_owned() + &clauses(count))] })
    };
    assert_eq!(load(128).unwrap().clauses.len(), 128);
    let told = told(&load(129).unwrap_err());
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

/// The names a misspelt one could have been, as its mistake lists them.
fn known(text: &str) -> Vec<String> {
    let told = overlay_mistakes(text);
    let names = told.iter().find_map(|told| told.split_once("known are ")).unwrap_or_else(|| panic!("{told:?}")).1;
    names.split(", ").map(str::to_owned).collect()
}

#[test]
fn the_documentation_names_every_field_and_rule() {
    let documented = include_str!("../../../../docs/CATALOGUE.md");
    let misspelt = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq";
    let service = "[[services]]\nid = \"workshops\"\n";
    let tables = [
        format!("[[clauses]]\ncode = \"NOT_PURCHASED\"\nrule = \"{misspelt}\"\n"),
        format!("[[clauses]]\ncode = \"NOT_PURCHASED\"\n{misspelt} = 1\n"),
        format!("{service}{misspelt} = 1\n"),
        format!("{service}purchase.{misspelt} = 1\n"),
        format!("{service}event.{misspelt} = 1\n"),
        format!("{service}service_hours.{misspelt} = 1\n"),
        format!("{service}plan = \"{misspelt}\"\n"),
        format!("{service}unit = \"{misspelt}\"\n"),
        format!("[[families]]\nid = \"azure\"\n{misspelt} = 1\n"),
        format!("[[families]]\nid = \"azure\"\nlife_cycle.{misspelt} = 1\n"),
        format!("[[asides]]\n{misspelt} = 1\n"),
        format!("[[response.targets]]\n{misspelt} = 1\n"),
        format!("[remedies]\n{misspelt} = 1\n"),
        format!("[hours.business]\n{misspelt} = 1\n"),
        format!("{misspelt} = 1\n"),
    ];
    for table in tables {
        for name in known(&table) {
            // Of `purchase.maximum` only the last part is a field, and of `{ id, name }` each.
            let is_there = documented.contains(&format!("`{name}`"))
                || [".", " ", "[", "\""].iter().any(|before| documented.contains(&format!("{before}{name}")));
            assert!(is_there, "`{name}` of {table}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever is cut out of a file or put into it: it is read, or its mistakes have places in it.
    #[test]
    fn no_file_breaks_the_loader(
        cut in any::<prop::sample::Index>(),
        length in 0_usize..40,
        put in prop::sample::select(vec!["", "\"", "[[", "]", "=", "{", "}", "\n", "id", "é", "[[services]]\n", "0"]),
    ) {
        let example = include_str!("../../../../examples/editions/lodestar-care-2026.toml");
        let begin = cut.index(example.len());
        let end = (begin + length).min(example.len());
        let (Some(before), Some(after)) = (example.get(..begin), example.get(end..)) else { return Ok(()) };
        let text = format!("{before}{put}{after}");
        if let Err(error) = with_files(&[("f.toml", &text)], None) {
            let lines = text.split('\n').count();
            for mistake in error.mistakes {
                prop_assert!(mistake.file == "f.toml" && (1..=lines).contains(&mistake.line), "{}", mistake);
            }
        }
    }
}
