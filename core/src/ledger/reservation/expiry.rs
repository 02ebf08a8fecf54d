//! How long a reservation may hold.

use chrono::{DateTime, Utc};

use crate::ledger::{CommandViolation, LONGEST_HOLD, reason};
use crate::model::rfc3339;

/// A hold lasts some time, but not for ever.
pub(crate) fn against_expiry(expire_time: DateTime<Utc>, now: DateTime<Utc>) -> Option<CommandViolation> {
    if expire_time <= now {
        let description = format!("{} is not after now, {}", rfc3339(expire_time), rfc3339(now));
        return Some(CommandViolation::malformed(reason::EXPIRY_IN_PAST, "expire_time", description));
    }
    (expire_time.signed_duration_since(now) > LONGEST_HOLD).then(|| {
        let description = format!("a reservation lasts at most {} days", LONGEST_HOLD.num_days());
        CommandViolation::malformed(reason::EXPIRY_TOO_FAR, "expire_time", description)
    })
}
