//! `docs/CONTRACTS.md`, of the protos, the examples and the catalogue; and the schema of a document.

use std::collections::{BTreeMap, BTreeSet};

use entitled::catalog::{Catalog, ClauseKind, Locale};
use entitled::cli::document;
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use super::comments::{cell, in_cell, paragraphs, pool};
use crate::{corpus, yaml};

pub(super) const PAGE: &str = "docs/CONTRACTS.md";
pub(super) const SCHEMA: &str = "docs/contract.schema.json";

const INTRODUCTION: &str = "# Contracts as documents

`make docs` writes this page from [`proto/entitled/v1`](../proto/entitled/v1), the [examples](../examples) and the catalogue.

A document holds one customer and its work orders, in YAML or JSON:

```yaml
# yaml-language-server: $schema=contract.schema.json
customer:
  customer_id: halden-mills
  display_name: Halden Mills B.V.
  locations:
    - {location_id: nl-utrecht, display_name: Utrecht, country: NL, time_zone: Europe/Amsterdam}
  contacts:
    - {contact_id: marit, location_ids: [nl-utrecht], roles: [SUPPORT_ADMINISTRATOR]}
work_orders:
  - work_order_id: hm-2026
    edition_id: unified-enterprise-2023
    start_date: 2026-01-01
    end_date: 2027-12-31
    host_location_id: nl-utrecht
    covered_products: [\"azure/*\"]
    currency: EUR
    items:
      - {item_id: base, service_id: unified-enterprise-base, all_locations: true}
```

| command | does |
|---|---|
| `entitled import FILE --plan` | tells every mistake with its line, and what would change; writes nothing |
| `entitled import FILE` | stores the document whole or not at all; the same document again changes nothing |
| `entitled export --customer ID` | writes what is stored as a document; to import it again changes nothing. `--as-of TIME` writes what stands then |
| `entitled schema` | prints the [JSON Schema](contract.schema.json) by which editors complete and check a document |
| `entitled orders show ID --customer ID` | shows an order with its prices and its total |

A contract changes over time by `orders amend --effective DAY` and the like. What a planned change does to hours that are
bought, used and held:

- **Less hours, or none**: until the day the hours of today can be used, all of them. From the day on the block grants what the
  contract of the day says. If more was used by then, nothing is left; what was used and held stays used and held, and is not
  taken back. A plan that grants less than is used and held already is refused (`GRANT_BELOW_SPENT`) unless a `force_reason` is
  given; `--plan` tells what is used and held as of now, and cannot know what is used until the day.
- **An item removed, or an earlier end**: of the next four planned changes the end is told and counts as soon as the change is
  recorded; nothing can be held past it. If the change is withdrawn before the day, the end is again what it was.
- **More hours, or a later end**: from the day on, and not before. Work that is done once a later end is in effect can be
  held beforehand.
- **A change that is recorded late**: work that was done before an end can be recorded until 30 days after the end was recorded.
- **A base that comes after a gap**: what was left when a block ended is lost for good. A base that begins only after the
  end does not bring it back, also where the bases before it are narrowed later, or made a `DRAFT` with effect from within
  their terms; an order that has ended is not made a `DRAFT` any more. What goes on where it ended does: a renewal that is
  recorded late, a longer term, or a base that is narrowed by mistake and widened again. To make the order of the hours a
  `DRAFT`, and `ACTIVE` again, neither ends them nor brings them back, and a correction for one past day leaves their end.
- **An item bought anew**: under the id of an item that was removed or has ended the block stays over, if the new time begins only
  after the end. The change is warned of (`ITEM_UNUSABLE`); give the item a new id.

How values are written:

- **Days** are `YYYY-MM-DD`, read by the clock of the order's host location; a last day counts in full.
- **Times** have their offset: `2026-06-01T10:00:00+02:00`.
- **Quantities** are a whole number and a unit: `400h`, `12h30m`, `90m`, `5d`, `10 credits`, `3 events`, `20 attendees`.
- **Money** has the decimals of the order's currency: `310.00`, or `310.00 SGD` with it; `310` in yen, `310.000` in Bahraini
  dinars. A whole number where the currency has decimals is in minor units, as on the wire: `31000` is 310.00. `import` notes
  which amount it took it for.
- **A total** is of money: what the flex allowance or credits pay for is not in it. An item costs its price for each unit of its
  quantity, for each hour where hours or minutes are counted, and once without a quantity; a part of a minor unit counts as a whole one
  from its half, item by item.
- **Names of values** may have their prefix or not: `ACTIVE`, `WORK_ORDER_STATE_ACTIVE`.
- A field that is left out or `~` is absent; so is an empty list, and an empty text. Patterns with `*` need quotes in YAML.

## What is planned

An order that is to end at an instant (`entitled orders terminate --effective`) is `TERMINATED` with that `terminate_time` from then on
that it is known, and serves until it. As long as it has not come, the order can be changed: its end stays, another `orders terminate`
moves it, and an amendment to `ACTIVE` without a `terminate_time` withdraws it (`orders amend --set state=ACTIVE --set
terminate_time=`). One that is suspended says `SUSPENDED` until then, and ends all the same. At the very instant it has ended.

A change of an order goes on in what is planned for later. A field that the plan changes, too, stays as planned from then on; what the
change takes away stays away, also where the plan changes it; what the plan adds is added. Whatever does not agree is a warning.

At most 90 changes of a customer's contract are planned at a time, so that one of now always has room; orders planned for the same
instant are one. A planned change is withdrawn by a change at its instant to what stands before it.

## Fields

**Bold** fields are required. What only the server sets (`version`, `record_time`, `actor`, `etag`) is read over.
";

const RULES: &str = "
## Rules

What the embedded edition forbids in a contract. Every rule is judged on the contract as it would be afterwards, and every
violation is told at once; see [ERRORS.md](ERRORS.md#clauses-one-by-one) for what the braces stand for. Editions of your own
have rules of their own ([CATALOGUE.md](CATALOGUE.md)).

| code | section | refused when | text |
|---|---|---|---|
";

/// Examples of what the files in `examples/` do not have, or do not have in the form people write.
const OTHERS: [(&str, &str); 27] = [
    ("Customer.licenses", "[microsoft-cloud-for-retail]"),
    ("WorkOrder.customer_id", "halden-mills"),
    ("WorkOrder.renews_work_order_id", "hm-2024"),
    ("WorkOrder.covered_products_except", "[azure/hpc-cache]"),
    ("WorkOrder.base_services_except", "[customer-organization-activation]"),
    ("WorkOrder.terminate_time", "2026-07-01T00:00:00+02:00"),
    ("WorkOrder.flex_allowance", "50000.00"),
    ("Item.unit_price", "245.00"),
    ("Item.exhibit", "exhibit B"),
    ("Item.delivery_mode", "ON_SITE"),
    ("Item.funding", "FLEX_ALLOWANCE"),
    ("Item.events", "[{…}]"),
    ("PlannedEvent.event_id", "black-friday"),
    ("PlannedEvent.solution_id", "web-shop"),
    ("PlannedEvent.product_ids", "[azure/app-service]"),
    ("PlannedEvent.start_time", "2026-11-27T00:00:00+01:00"),
    ("PlannedEvent.end_time", "2026-11-30T00:00:00+01:00"),
    ("PlannedEvent.confirmed_time", "2026-09-01T10:00:00+02:00"),
    ("Waiver.start_date", "2026-07-01"),
    ("Waiver.product_ids", "[windows-server]"),
    ("Waiver.service_ids", "[problem-resolution-support]"),
    ("Quantity.amount", "400"),
    ("Quantity.unit", "HOURS"),
    ("Item.product_ids", "[\"azure/*\", sql-server]"),
    ("Item.waivers", "[{…}]"),
    ("WorkOrder.items", "[{…}]"),
    ("Item.quantity", "400h"),
];

pub(super) fn page() -> String {
    let pool = pool();
    let examples = examples();
    let mut page = INTRODUCTION.to_owned();
    let (mut messages, mut enums) = (Vec::new(), BTreeMap::new());
    for name in ["Customer", "WorkOrder"] {
        reach(&pool.get_message_by_name(&format!("entitled.v1.{name}")).unwrap(), &mut messages, &mut enums);
    }
    for message in &messages {
        page.push_str(&format!(
            "\n### {}\n\n{}\n\n| field | example | meaning |\n|---|---|---|\n",
            message.name(),
            paragraphs(&message.parent_file(), message.path()).join("\n\n")
        ));
        page.extend(fields(message).map(|field| row(&field, &examples)));
    }
    for values in enums.values() {
        page.push_str(&format!("\n### {}\n\n| value | meaning |\n|---|---|\n", values.name()));
        let prefix = values.default_value().name().trim_end_matches("UNSPECIFIED").to_owned();
        page.extend(values.values().filter(|value| value.number() != 0).map(|value| {
            let name = value.name().trim_start_matches(&prefix);
            format!("| `{name}` | {} |\n", cell(&values.parent_file(), value.path()))
        }));
    }
    page.push_str(RULES);
    let catalog = Catalog::embedded().unwrap();
    let clauses = catalog.default_edition().clauses.iter().filter(|it| it.kinds.contains(&ClauseKind::Purchase));
    page.extend(clauses.map(|clause| {
        let text = in_cell(clause.text.get(Locale::English));
        format!("| `{}` | {} | {} | {text} |\n", clause.code, clause.section, clause.rule.fails_when())
    }));
    page
}

/// The messages and enums that a document is made of, each once, in the order in which they are met.
fn reach(
    message: &MessageDescriptor,
    messages: &mut Vec<MessageDescriptor>,
    enums: &mut BTreeMap<String, EnumDescriptor>,
) {
    if messages.contains(message) || message.full_name().starts_with("google.") {
        return;
    }
    messages.push(message.clone());
    for field in fields(message) {
        match field.kind() {
            Kind::Message(below) => reach(&below, messages, enums),
            Kind::Enum(values) => drop(enums.insert(values.name().to_owned(), values)),
            _ => {}
        }
    }
}

fn comment(field: &FieldDescriptor) -> String {
    paragraphs(&field.parent_file(), field.path()).join(" ")
}

fn fields(message: &MessageDescriptor) -> impl Iterator<Item = FieldDescriptor> {
    message.fields().filter(|field| !comment(field).starts_with("Output only"))
}

fn row(field: &FieldDescriptor, examples: &BTreeMap<String, String>) -> String {
    let name = format!("{}.{}", field.parent_message().name(), field.name());
    let other = OTHERS.iter().find(|(other, _)| *other == name).map(|(_, example)| (*example).to_owned());
    let example = other.or_else(|| examples.get(&name).cloned()).unwrap_or_else(|| panic!("{name} has no example"));
    let comment = comment(field);
    let is_required = ["Required.", "Required, ", "Required: "].iter().any(|word| comment.contains(word));
    let shown = if is_required { format!("**`{}`**", field.name()) } else { format!("`{}`", field.name()) };
    format!("| {shown} | `{}` | {} |\n", in_cell(&example), cell(&field.parent_file(), field.path()))
}

/// The first value that the files in `examples/` have of each field, by message and name.
fn examples() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (_, text) in files() {
        let value = yaml::parse(&text);
        let pool = pool();
        let message = |name: &str| pool.get_message_by_name(&format!("entitled.v1.{name}")).unwrap();
        collect(&message("Customer"), &value["customer"], &mut found);
        corpus::list(&value, "work_orders").iter().for_each(|order| collect(&message("WorkOrder"), order, &mut found));
    }
    found
}

fn collect(message: &MessageDescriptor, value: &Value, found: &mut BTreeMap<String, String>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let field = message.get_field_by_name(key).unwrap();
        found.entry(format!("{}.{key}", message.name())).or_insert_with(|| shown(value));
        let Kind::Message(below) = field.kind() else { continue };
        let each = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        each.iter().for_each(|value| collect(&below, value, found));
    }
}

/// On one line, as YAML has it; of a list the first two.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.contains(['*', ',', ':']) => format!("\"{text}\""),
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            format!("[{}]", values.iter().take(2).map(shown).collect::<Vec<_>>().join(", "))
        }
        Value::Object(_) => "{…}".to_owned(),
        other => other.to_string(),
    }
}

pub(super) fn files() -> Vec<(String, String)> {
    let directory = super::path("examples");
    let files = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "yaml")).collect();
    files.sort();
    assert!(files.len() >= 3, "{files:?}");
    files.iter().map(|file| (file.display().to_string(), std::fs::read_to_string(file).unwrap())).collect()
}

pub(super) fn schema() -> String {
    document::schema::text().unwrap()
}

/// No example of a field in the list that the files have by now.
#[test]
fn every_other_example_is_of_a_field() {
    let names: BTreeSet<_> = OTHERS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names.len(), OTHERS.len());
    for name in names {
        let (message, field) = name.split_once('.').unwrap();
        let message = pool().get_message_by_name(&format!("entitled.v1.{message}")).unwrap();
        assert!(message.get_field_by_name(field).is_some(), "{name}");
    }
}
