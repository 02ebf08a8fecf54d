//! Warns of what is bought and cannot be used, because the block of its id is over.

use super::judge::forbidden;
use crate::error::{Error, Result};
use crate::model::rfc3339;
use crate::purchase::Warning;
use crate::service::ledger::KeptOver;

/// Enough to see what is meant.
const MOST_WARNINGS: usize = 100;

/// The warnings of blocks that stay over; refused where warnings are.
pub(super) fn warnings(kept: &[KeptOver], is_strict: bool) -> Result<Vec<Warning>> {
    let found = kept.iter().take(MOST_WARNINGS).map(warning);
    if is_strict && !kept.is_empty() {
        return Err(Error::Violations(found.map(forbidden).collect()));
    }
    Ok(found.collect())
}

fn warning(KeptOver { item_id, field, end }: &KeptOver) -> Warning {
    let message = format!(
        "the block of `{item_id}` ended at `{}` and stays over, so that nobody can use what it has; \
         give what is bought anew an item with a new id",
        rfc3339(*end)
    );
    Warning { code: "ITEM_UNUSABLE".to_owned(), field: field.clone(), message }
}
