//! Who wrote what.

use comfy_table::Cell;

use super::{amount, money, words};
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::cli::values;
use crate::legible::shown;
use crate::proto::v1::{AuditRecord, AuditedBlock, AuditedDocument, FieldChange, ListAuditRecordsResponse};

/// Fields in minor units.
const MONEY: [&str; 2] = ["unit_price", "flex_allowance"];

/// `places` are those of the customer that was asked for.
pub(crate) fn text(answer: &ListAuditRecordsResponse, places: &Places, screen: &Screen) -> String {
    if answer.audit_records.is_empty() {
        return "no records".to_owned();
    }
    let mut table = screen.table(&["When", "who", "what", "of", "changed"]);
    for record in &answer.audit_records {
        let order = record.work_order_ids.first().map_or("", String::as_str);
        let screen = screen.in_zone(places.order(order));
        table.add_row([
            Cell::new(screen.second(record.record_time.as_ref()).replacen(' ', "\n", 1)),
            // Ids and addresses are there for copying: no line breaks inside of them.
            Cell::new(who(record)),
            screen.cell(Tone::Heading, &record.action),
            screen.name(Tone::Plain, &of(record)),
            Cell::new(changed(record, places, &screen)),
        ]);
    }
    keep_whole(&mut table, &[0, 2]);
    let table = screen.laid_out(table);
    if answer.next_page_token.is_empty() {
        return table;
    }
    let more = "there are older records: ask with a higher --limit, or with --until";
    format!("{table}\n{}", screen.paint(Tone::Quiet, more))
}

fn who(record: &AuditRecord) -> String {
    lines([&record.actor, &record.peer_address, &record.user_agent].map(|part| part.clone()))
}

/// Each work order, or the customer alone.
fn of(record: &AuditRecord) -> String {
    match record.work_order_ids.as_slice() {
        [] => record.customer_id.clone(),
        orders => lines(orders.iter().map(|order| words::item(&record.customer_id, order))),
    }
}

fn changed(record: &AuditRecord, places: &Places, screen: &Screen) -> String {
    let why = (!record.reason.is_empty()).then(|| format!("because: {}", shown(&record.reason)));
    let documents = record.documents.iter().map(|change| document(change, places, screen));
    lines(why.into_iter().chain(documents).chain(record.blocks.iter().map(block)))
}

/// `wo-1: version 1 → 2`, and a line for each field.
fn document(change: &AuditedDocument, places: &Places, screen: &Screen) -> String {
    let AuditedDocument { work_order_id, version_before, version_after, fields, omitted_fields, effective_time } =
        change;
    let name = if work_order_id.is_empty() { "customer" } else { work_order_id };
    let head = match (version_before, version_after) {
        (0, 0) => format!("{name}: a new version"),
        (0, after) => format!("{name}: version {after}"),
        (before, after) => format!("{name}: version {before} → {after}"),
    };
    let head = match effective_time {
        Some(time) => format!("{head}, from {}", screen.second(Some(time))),
        None => head,
    };
    let rest = (*omitted_fields > 0).then(|| format!("and {omitted_fields} more fields"));
    let currency = places.currency(work_order_id);
    lines(std::iter::once(head).chain(fields.iter().map(|change| field(change, currency, screen))).chain(rest))
}

/// Prices are told in the currency that the order has now, and times by the clocks of its host.
fn field(FieldChange { field, old_value, new_value }: &FieldChange, currency: Option<&str>, screen: &Screen) -> String {
    let is_money = MONEY.contains(&field.rsplit('.').next().unwrap_or_default());
    let told = |value: &str| match (currency, value.parse()) {
        (Some(currency), Ok(minor_units)) if is_money => money::shown(minor_units, currency),
        _ => values::time(value).map_or_else(|_| value.to_owned(), |time| screen.time(Some(&time), "")),
    };
    let (old_value, new_value) = (told(old_value), told(new_value));
    match (old_value.as_str(), new_value.as_str()) {
        ("", "") => field.clone(),
        ("", new) => format!("{field}: {new}"),
        (old, "") => format!("{field}: {old} → nothing"),
        (old, new) => format!("{field}: {old} → {new}"),
    }
}

/// The sums that moved: `used 1 h → 2 h`.
fn block(block: &AuditedBlock) -> String {
    let after = block.after.unwrap_or_default();
    let before = block.before;
    let sums = [
        ("granted", before.map(|sums| sums.granted), after.granted),
        ("used", before.map(|sums| sums.used), after.used),
        ("reserved", before.map(|sums| sums.reserved), after.reserved),
    ];
    let told = |amount: i64| amount::amount(amount, block.unit());
    let moved = sums.into_iter().filter(|(_, before, after)| *before != Some(*after));
    let moved: Vec<_> = moved
        .map(|(name, before, after)| match before {
            Some(before) => format!("{name} {} → {}", told(before), told(after)),
            None => format!("{name} {}", told(after)),
        })
        .collect();
    // A hold that was put off moves nothing.
    let moved = if moved.is_empty() { "nothing moved".to_owned() } else { moved.join(", ") };
    format!("block {}: {moved}", block.block_id)
}

fn lines(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::assert_legible;
    use crate::proto::v1::{AuditedSums, Unit};

    fn sums(granted: i64, used: i64, reserved: i64) -> Option<AuditedSums> {
        Some(AuditedSums { granted, used, reserved })
    }

    fn moved(before: Option<AuditedSums>, after: Option<AuditedSums>) -> AuditedBlock {
        AuditedBlock {
            block_id: "77a6a447-c3aa-8089-a88d-ec3b74c758eb".to_owned(),
            unit: Unit::Minutes.into(),
            before,
            after,
        }
    }

    #[test]
    fn a_change_tells_what_it_was_and_what_it_is() {
        let id = "block 77a6a447-c3aa-8089-a88d-ec3b74c758eb: ";
        for (before, after, told) in [
            (sums(600, 0, 90), sums(600, 90, 0), "used 0 h → 1 h 30 min, reserved 1 h 30 min → 0 h"),
            (sums(0, 0, 0), sums(600, 0, 0), "granted 0 h → 10 h"),
            (sums(600, 0, 60), sums(600, 0, 60), "nothing moved"),
            (None, sums(600, 60, 0), "granted 10 h, used 1 h, reserved 0 h"),
        ] {
            assert_eq!(block(&moved(before, after)), format!("{id}{told}"));
        }
        let told = |field_name: &str, old: &str, new: &str, currency: Option<&str>| {
            let change =
                FieldChange { field: field_name.to_owned(), old_value: old.to_owned(), new_value: new.to_owned() };
            let amsterdam = Screen::plain(100).in_zone("Europe/Amsterdam".parse().unwrap());
            field(&change, currency, &amsterdam)
        };
        let of = |old: &str, new: &str| told("f", old, new, Some("GBP"));
        assert_eq!([of("a", "b"), of("", "b"), of("a", ""), of("", "")], ["f: a → b", "f: b", "f: a → nothing", "f"]);
        let price = "work_order.items[ede].unit_price";
        assert_eq!(told(price, "31000", "", Some("GBP")), format!("{price}: 310.00 GBP → nothing"));
        assert_eq!(told(price, "31000", "32000", Some("JPY")), format!("{price}: 31,000 JPY → 32,000 JPY"));
        let end = told("terminate_time", "", "2026-12-14T23:00:00Z", None);
        assert_eq!(end, "terminate_time: 2026-12-15T00:00:00+01:00 Europe/Amsterdam");
        // An order that is not known has no currency either.
        assert_eq!(told(price, "31000", "32000", None), format!("{price}: 31000 → 32000"));
    }

    #[test]
    fn records_are_legible_at_every_width() {
        let record = AuditRecord {
            customer_id: "halden-mills".to_owned(),
            request_id: "0198c0de-0000-7000-8000-000000000000".to_owned(),
            record_time: Some(values::time("2026-12-01T10:00:00.25Z").unwrap()),
            actor: "billing-portal for ada@halden-mills.example".to_owned(),
            action: "UpdateCustomer".to_owned(),
            work_order_ids: vec!["hm-2026".to_owned()],
            peer_address: "192.0.2.17:52114".to_owned(),
            user_agent: "entitled/0.1.0 tonic/0.14.2".to_owned(),
            documents: vec![AuditedDocument {
                version_before: 1,
                version_after: 2,
                fields: vec![FieldChange {
                    field: "customer.display_name".to_owned(),
                    old_value: "Halden Mills".to_owned(),
                    new_value: "Halden Mills Ltd".to_owned(),
                }],
                omitted_fields: 3,
                ..Default::default()
            }],
            blocks: vec![moved(sums(600, 0, 0), sums(600, 60, 0))],
            ..Default::default()
        };
        let mut answer = ListAuditRecordsResponse { audit_records: vec![record], ..Default::default() };
        assert_legible(|screen| text(&answer, &Places::default(), screen));
        assert!(!text(&answer, &Places::default(), &Screen::plain(100)).contains("--limit"));
        answer.next_page_token = "more".to_owned();
        assert!(text(&answer, &Places::default(), &Screen::plain(100)).contains("--limit"));
    }
}
