//! The versions of a work order.

use crate::cli::screen::{Screen, Tone, keep_whole};
use crate::proto::v1::WorkOrderVersion;

/// How many fields a row names.
const NAMED: usize = 5;

pub(crate) fn table(versions: &[WorkOrderVersion], screen: &Screen) -> String {
    let mut table = screen.table(&["Version", "recorded", "from", "by", "changed"]);
    for version in versions {
        let Some(order) = &version.work_order else { continue };
        table.add_row([
            Screen::number(order.version),
            screen.time_cell(Tone::Plain, order.record_time.as_ref()),
            screen.time_cell(Tone::Plain, order.effective_time.as_ref()),
            screen.name(Tone::Plain, &order.actor),
            screen.name(Tone::Plain, &changed(version)),
        ]);
    }
    keep_whole(&mut table, &[0, 1, 2]);
    screen.laid_out(table)
}

fn changed(version: &WorkOrderVersion) -> String {
    let named = version.changes.iter().take(NAMED).map(|change| change.field.clone());
    let omitted = usize::try_from(version.omitted_changes).unwrap_or_default();
    let rest = version.changes.len().saturating_sub(NAMED).saturating_add(omitted);
    let rest = (rest > 0).then(|| format!("and {rest} more"));
    named.chain(rest).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::assert_legible;
    use crate::proto::v1::{FieldChange, WorkOrder};

    #[test]
    fn versions_are_legible_at_every_width() {
        let time = Some(crate::cli::values::time("2026-12-01T10:00:00Z").unwrap());
        let order = WorkOrder {
            version: 2,
            record_time: time,
            effective_time: time,
            actor: "ada".to_owned(),
            ..Default::default()
        };
        let change = |row: usize| FieldChange { field: format!("items[{row}].quantity"), ..Default::default() };
        let version = WorkOrderVersion {
            work_order: Some(order),
            changes: (0..7).map(change).collect(),
            omitted_changes: 3,
            ..Default::default()
        };
        assert_legible(|screen| table(std::slice::from_ref(&version), screen));
        assert!(table(&[version], &Screen::plain(200)).contains("and 5 more"));
    }
}
