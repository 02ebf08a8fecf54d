//! Zones as Windows, mail programs and people name them.

use crate::legible::excerpt;
use crate::model::{ZoneTable, current_zones};
use crate::suggest::{hint, nearest};

/// A Windows name and an IANA name on each line.
const WINDOWS_ZONES: &str = include_str!("windows-zones.tsv");

/// Why a text is no zone, and what to write. A zone is never guessed in another part of the world.
pub fn unknown_zone(zone: &str) -> String {
    let quoted = excerpt(zone);
    if let Some(iana) = of_windows(zone) {
        return format!("`{quoted}` is a zone of Windows; its IANA time zone is `{iana}`, or that of the place itself");
    }
    if is_offset(zone) {
        return format!(
            "`{quoted}` is a distance from UTC and no IANA time zone: clocks change by law, so name a place, such as \
             `Europe/Paris`"
        );
    }
    let zones = current_zones();
    let near = near(zone, &zones);
    format!("`{quoted}` is no IANA time zone{}", hint(near.as_deref()))
}

fn of_windows(zone: &str) -> Option<&'static str> {
    let rows = WINDOWS_ZONES.lines().filter_map(|line| line.split_once('\t'));
    let mut known = rows.filter(|(windows, _)| windows.eq_ignore_ascii_case(zone.trim()));
    known.next().map(|(_, iana)| iana)
}

/// `GMT+2`, `UTC-05:30`, `+02:00`.
fn is_offset(zone: &str) -> bool {
    let zone = zone.trim();
    let rest = ["GMT", "UTC", "Z"].iter().find_map(|name| zone.strip_prefix(name)).unwrap_or(zone);
    let digits = rest.trim().strip_prefix(['+', '-', '\u{2212}']);
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
    })
}

/// Of the same part of the world, or of the same place where that part is not named.
fn near(zone: &str, zones: &ZoneTable) -> Option<String> {
    match zone.split_once('/') {
        Some((part, _)) => {
            let is_of_part = |name: &&str| name.split('/').next().is_some_and(|own| own.eq_ignore_ascii_case(part));
            nearest(zone, zones.names().filter(is_of_part))
        }
        None => {
            let place = zone.trim().replace(' ', "_");
            let is_place = |name: &&str| {
                name.rsplit_once('/').is_some_and(|(_, own)| own.eq_ignore_ascii_case(&place))
                    || name.eq_ignore_ascii_case(&place)
            };
            zones.names().find(is_place).map(str::to_owned)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_by_other_names_are_told_by_the_right_one() {
        for (zone, told) in [
            ("Pacific Standard Time", "`America/Los_Angeles`"),
            ("w. europe standard time", "`Europe/Berlin`"),
            ("GMT+2", "a distance from UTC"),
            ("UTC-05:30", "a distance from UTC"),
            ("+02:00", "a distance from UTC"),
            ("Europe/Lodon", "did you mean `Europe/London`?"),
            ("europe/london", "did you mean `Europe/London`?"),
            ("London", "did you mean `Europe/London`?"),
            ("new york", "did you mean `America/New_York`?"),
        ] {
            assert!(unknown_zone(zone).contains(told), "{}", unknown_zone(zone));
        }
        for zone in ["Middle Earth Time", "CEST", "", "Moon/Base", "Los Angelos"] {
            assert_eq!(unknown_zone(zone), format!("`{zone}` is no IANA time zone"));
        }
    }

    #[test]
    fn every_zone_of_windows_is_one_of_ours() {
        let rows: Vec<_> = WINDOWS_ZONES.lines().filter_map(|line| line.split_once('\t')).collect();
        assert!(rows.len() > 130, "{}", rows.len());
        for (windows, iana) in rows {
            assert!(current_zones().find(iana).is_some(), "{windows}: {iana}");
        }
    }
}
