//! Writes to the wire what a write changed, and what it warns of.

use super::enums::{write_change_kind, write_resource};
use crate::contract::ContractChange;
use crate::proto::v1;
use crate::purchase::Warning;

pub(crate) fn write_change(change: &ContractChange) -> v1::Change {
    let ContractChange { kind, resource, id, fields } = change;
    v1::Change {
        kind: write_change_kind(*kind).into(),
        resource_type: write_resource(*resource).into(),
        id: id.clone(),
        fields: fields.clone(),
    }
}

pub(crate) fn write_warnings(warnings: &[Warning]) -> Vec<v1::Warning> {
    let write = |Warning { code, field, message }: &Warning| v1::Warning {
        code: code.clone(),
        field: field.clone(),
        message: message.clone(),
    };
    warnings.iter().map(write).collect()
}
