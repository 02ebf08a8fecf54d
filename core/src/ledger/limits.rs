//! How much, and for how long.

use chrono::TimeDelta;

/// How long a hold lasts if nobody says.
pub const DEFAULT_HOLD: TimeDelta = TimeDelta::hours(24);
/// The longest hold.
pub const LONGEST_HOLD: TimeDelta = TimeDelta::days(366);
/// How long after a block's end work delivered before it can still be recorded, unless
/// configured otherwise.
pub const DEFAULT_GRACE: TimeDelta = TimeDelta::days(30);
/// The longest such time that can be configured.
pub const LONGEST_GRACE: TimeDelta = TimeDelta::days(366);
/// The most of anything one command may move, in base units.
pub const LARGEST_AMOUNT: i64 = 1_000_000_000_000;
