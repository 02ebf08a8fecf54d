//! Time zones: an IANA name with its offsets.
//!
//! The offsets are data. They come from a [`ZoneTable`]: the one of the program, or a newer one that the shell has read
//! and put in its place ([`replace_zones`]). A [`Zone`] never changes once it is found, so that a decision hangs on its
//! arguments alone.

mod offsets;
mod table;

#[cfg(test)]
mod tests;

pub use offsets::Zone;
#[cfg(test)]
pub(crate) use table::zone;
pub use table::{UnknownZone, ZoneOrigin, ZoneTable, current_zones, replace_zones};
