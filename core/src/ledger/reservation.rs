//! A reservation holds an amount from its reserve to its one end: committed, released or expired.

mod commit;
mod expiry;
mod extend;
mod model;
mod open;
mod release;
mod reserve;

pub(super) use commit::{Commit, commit, malformed};
pub(super) use expiry::against_expiry;
pub(super) use extend::extend;
pub use model::{Part, Reservation, ReservationState};
pub(super) use release::{expire, release};
pub(super) use reserve::reserve;
