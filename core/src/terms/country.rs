//! In how many countries a contract is served.

use std::collections::HashSet;

use crate::model::Location;

/// Whether the designated locations lie in more than one country (2.4).
pub fn is_multi_country<'a>(designated: impl IntoIterator<Item = &'a Location>) -> bool {
    let countries: HashSet<_> = designated.into_iter().map(|location| location.country.as_str()).collect();
    countries.len() > 1
}
