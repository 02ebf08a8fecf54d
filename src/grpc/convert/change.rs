//! Writes to the wire what a write changed.

use super::enums::{write_change_kind, write_resource};
use crate::contract::Change;
use crate::proto::v1;

pub(crate) fn write_change(change: &Change) -> v1::Change {
    let Change { kind, resource, id, fields } = change;
    v1::Change {
        kind: write_change_kind(*kind).into(),
        resource_type: write_resource(*resource).into(),
        id: id.clone(),
        fields: fields.clone(),
    }
}
