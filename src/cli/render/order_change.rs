//! What a change made of an order, or would make.

use chrono::{DateTime, Utc};
use comfy_table::Cell;

use super::{differences, effects, orders};
use crate::cli::document::write;
use crate::cli::places::Places;
use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::error::BoxError;
use crate::proto::v1::{ContractEffects, Warning, WorkOrder};

/// Whether a change was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Plan,
    Now,
    /// By the same request, which was sent again.
    Earlier,
}

/// What a call answers.
#[derive(Debug)]
pub(crate) struct Changed<'a> {
    /// None where the order is new.
    pub before: Option<&'a WorkOrder>,
    pub after: &'a WorkOrder,
    /// Only of a plan.
    pub effects: Option<&'a ContractEffects>,
    pub warnings: &'a [Warning],
    pub revision: &'a str,
    pub etag: &'a str,
    pub written: Written,
}

pub(crate) fn text(
    changed: &Changed<'_>,
    places: &Places,
    now: DateTime<Utc>,
    screen: &Screen,
) -> Result<String, BoxError> {
    let mut parts = Vec::new();
    match changed.written {
        Written::Plan => parts.push(screen.paint(Tone::Open, "a plan, nothing was written")),
        Written::Earlier => {
            parts.push(screen.paint(Tone::Open, "this request was applied before; nothing was written now"))
        }
        Written::Now => {}
    }
    match changed.before {
        Some(before) => {
            let zone = places.order(&before.work_order_id);
            let differences = differences::of(&write::order(before, zone)?, &write::order(changed.after, zone)?);
            let (tone, word) = orders::state(changed.after, places, now);
            parts.push(format!("{}  {}", screen.paint(tone, word), changed.after.work_order_id));
            parts.push(differences::table(&differences, screen));
        }
        None => parts.push(orders::page(changed.after, places, now, screen)),
    }
    if changed.before.is_none() && orders::is_ended(changed.after, places, now) {
        let over = format!(
            "its term is over already: its last day was {}; --start and --end set another",
            changed.after.end_date
        );
        parts.push(screen.paint(Tone::Open, &over));
    }
    parts.extend(changed.effects.and_then(|it| effects::text(it, places, screen)));
    parts.extend(warnings(changed.warnings, screen));
    let tokens = [("revision", changed.revision.to_owned()), ("etag", changed.etag.to_owned())];
    parts.push(screen.pairs(tokens.into_iter().filter(|(_, token)| !token.is_empty())));
    Ok(parts.join("\n\n"))
}

/// What is allowed and yet looks wrong, if anything.
pub(crate) fn warnings(warnings: &[Warning], screen: &Screen) -> Option<String> {
    if warnings.is_empty() {
        return None;
    }
    let mut table = screen.table(&["Warning", "field", ""]);
    for warning in warnings {
        table.add_row([
            screen.cell(Tone::Open, &warning.code),
            screen.name(Tone::Plain, &warning.field),
            Cell::new(&warning.message),
        ]);
    }
    keep_whole(&mut table, &[0]);
    Some(screen.laid_out(table))
}
