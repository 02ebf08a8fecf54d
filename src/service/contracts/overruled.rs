//! Warns of what was planned and does not agree with a change.

use crate::contract::{ContractCommand, Overruling, Plan, Resource, Winner};
use crate::model::rfc3339;
use crate::purchase::Warning;

/// Enough to see what is meant.
const MOST_WARNINGS: usize = 100;
const MOST_FIELDS: usize = 20;

/// One for each instant and document.
pub(super) fn warnings(command: &ContractCommand, plan: &Plan) -> Vec<Warning> {
    plan.overruled.iter().take(MOST_WARNINGS).map(|overruling| warning(command, overruling)).collect()
}

fn warning(command: &ContractCommand, overruling: &Overruling) -> Warning {
    let Overruling { resource, id, overruled } = overruling;
    let orders = command.work_order_ids();
    let path = orders.iter().find(|(_, order)| order == id).map(|(path, _)| path.as_str());
    let field = match resource {
        Resource::Customer => "customer",
        Resource::WorkOrder => path.unwrap_or("work_order"),
    };
    let from = rfc3339(overruled.from);
    let fields = told(&overruled.fields);
    let (code, message) = match overruled.winner {
        Winner::Change => {
            ("PLANNED_CHANGE_OVERRULED", format!("this takes away what is planned to change at `{from}`: {fields}"))
        }
        Winner::Plan => {
            ("PLANNED_CHANGE_KEPT", format!("from `{from}` on another change is planned and stays: {fields}"))
        }
    };
    Warning { code: code.to_owned(), field: field.to_owned(), message }
}

fn told(fields: &[String]) -> String {
    let told: Vec<_> = fields.iter().take(MOST_FIELDS).map(|field| format!("`{field}`")).collect();
    match fields.len().saturating_sub(MOST_FIELDS) {
        0 => told.join(", "),
        more => format!("{} and {more} more", told.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_fields_are_told() {
        let fields: Vec<_> = (0..22).map(|row| format!("f{row}")).collect();
        assert_eq!(told(&fields[..1]), "`f0`");
        assert!(told(&fields[..20]).ends_with("`f19`"));
        assert!(told(&fields).ends_with("`f19` and 2 more"));
    }
}
