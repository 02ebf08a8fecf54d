//! Writes to the wire what a write changed.

use super::enums::{write_change_kind, write_resource};
use crate::contract::ContractChange;
use crate::proto::v1;

pub(crate) fn write_change(change: &ContractChange) -> v1::Change {
    let ContractChange { kind, resource, id, fields } = change;
    v1::Change {
        kind: write_change_kind(*kind).into(),
        resource_type: write_resource(*resource).into(),
        id: id.clone(),
        fields: fields.clone(),
    }
}
