//! One decision.

use comfy_table::Cell;

use super::reason::{self, ReasonKind};
use super::{amount, terms, words};
use crate::cli::acts::Acts;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::{Block, CheckEntitlementRequest, CheckEntitlementResponse, Coverage, Decision};

/// The exit status of a check. Only a clear yes is success.
pub(crate) fn exit_status(decision: Decision) -> u8 {
    match decision {
        Decision::Entitled => 0,
        Decision::NotEntitled => 3,
        Decision::Conditional => 4,
        Decision::Unspecified => 1,
    }
}

pub(crate) fn text(
    request: &CheckEntitlementRequest,
    answer: &CheckEntitlementResponse,
    acts: &Acts,
    screen: &Screen,
) -> String {
    let (tone, word) = words::decision(answer.decision());
    let CheckEntitlementRequest { customer_id, location_id, product_id, service_id, .. } = request;
    let mut parts = vec![
        format!("{}  {service_id}", screen.paint(tone, word)),
        facts(format!("{product_id} at {location_id} of {customer_id}"), answer, screen),
    ];
    let sections = [(ReasonKind::Failed, &answer.reasons), (ReasonKind::Open, &answer.open_conditions)];
    for (about, reasons) in sections {
        if !reasons.is_empty() {
            let codes = sections.iter().flat_map(|(_, reasons)| reasons.iter()).map(|reason| reason.code.as_str());
            parts.push(reason::table(screen, about, reasons, acts, codes));
        }
    }
    if let Some(coverage) = answer.coverage.as_ref().filter(|coverage| !coverage.blocks.is_empty()) {
        parts.push(blocks(&coverage.blocks, screen));
    }
    if !answer.notes.is_empty() {
        parts.push(reason::notes(screen, &answer.notes));
    }
    parts.join("\n\n")
}

fn facts(asked: String, answer: &CheckEntitlementResponse, screen: &Screen) -> String {
    let mut facts = vec![
        ("asked for", asked),
        ("valid until", screen.time(answer.valid_until.as_ref(), "time alone changes nothing")),
    ];
    match &answer.coverage {
        Some(coverage) => {
            let is_refused = answer.decision() == Decision::NotEntitled;
            facts.extend(covered(if is_refused { "answered by" } else { "covered by" }, coverage, screen));
        }
        None => facts.push(("covered by", "nothing".to_owned())),
    }
    if let Some(target) = &answer.response_target {
        facts.extend(terms::response_target(target, screen));
    }
    let checked = screen.second(answer.check_time.as_ref());
    facts.push(("checked", format!("{checked} by {}", answer.edition_id)));
    screen.pairs(facts)
}

fn covered(name: &'static str, coverage: &Coverage, screen: &Screen) -> Vec<(&'static str, String)> {
    let item = words::item(&coverage.work_order_id, &coverage.item_id);
    let start = screen.time(coverage.effective_start_time.as_ref(), "…");
    let end = screen.time(coverage.effective_end_time.as_ref(), "…");
    let base = words::item(&coverage.base_work_order_id, &coverage.base_item_id);
    let mut facts = vec![
        (name, format!("{item} ({})", words::plan(coverage.plan()))),
        ("effective", format!("{start} – {end}")),
        ("base", if base.is_empty() { "none".to_owned() } else { base }),
    ];
    for waiver in &coverage.waivers {
        let granted =
            if waiver.granted_by.is_empty() { String::new() } else { format!(", granted by {}", waiver.granted_by) };
        let end = if waiver.end_date.is_empty() { String::new() } else { format!(", to {}", waiver.end_date) };
        facts.push(("waiver", format!("{} by {}{granted}{end}", waiver.code, waiver.reference)));
    }
    facts.extend(terms::coverage(coverage, screen));
    facts
}

fn blocks(blocks: &[Block], screen: &Screen) -> String {
    let mut table = screen.table(&["Balance", "available", "used", "reserved", "ends"]);
    for block in blocks {
        table.add_row([
            screen.name(Tone::Plain, &words::item(&block.work_order_id, &block.item_id)),
            screen.cell(if block.available > 0 { Tone::Good } else { Tone::Bad }, &amount::available_of_granted(block)),
            Cell::new(amount::amount(block.used, block.unit())),
            Cell::new(amount::amount(block.reserved, block.unit())),
            screen.time_cell(Tone::Plain, block.expire_time.as_ref()),
        ]);
    }
    keep_whole(&mut table, &[1, 2, 3, 4]);
    screen.laid_out(table)
}

#[cfg(test)]
mod tests;
