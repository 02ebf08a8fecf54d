use std::collections::BTreeMap;

use super::*;
use crate::catalog::Catalog;
use crate::model::{Contract, Customer, EffectivePeriod, VersionInfo, ZoneOrigin};
use crate::store::StoredContract;

const BYTES: u64 = 1 << 20;
const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

fn snapshot(revision: i64, contract_version: i64) -> Arc<Snapshot> {
    planned(revision, contract_version, None)
}

fn planned(revision: i64, contract_version: i64, planned_from: Option<DateTime<Utc>>) -> Arc<Snapshot> {
    let customer = Customer {
        customer_id: "contoso".into(),
        display_name: "Contoso".into(),
        locations: Vec::new(),
        contacts: Vec::new(),
        licenses: Vec::new(),
    };
    let stored = StoredContract {
        contract: Contract { customer, work_orders: Vec::new() },
        revision,
        contract_version,
        customer_info: VersionInfo { version: 1, record_time: NOW, effective_time: None, actor: "ada".into() },
        order_infos: BTreeMap::new(),
        balances: Default::default(),
        period: EffectivePeriod::default(),
        planned_from,
        bytes: 100,
        planned: Vec::new(),
    };
    Arc::new(Snapshot::new(&Arc::new(Catalog::embedded().unwrap()), stored))
}

fn current(cache: &Cache) -> Option<i64> {
    cache.fresh("contoso", NOW).map(|snapshot| snapshot.revision)
}

#[test]
fn the_newest_that_is_known_to_be_so_is_served() {
    let cache = Cache::new(BYTES, Duration::from_secs(3600));
    cache.mark_fresh(Instant::now());
    cache.keep(&snapshot(5, 1), Instant::now());
    cache.keep(&snapshot(4, 1), Instant::now());
    assert_eq!(current(&cache), Some(5), "an older read that came later");
    assert!(cache.at_least("contoso", 6, NOW).is_none());
    cache.note("contoso", 5);
    assert_eq!(current(&cache), Some(5));
    cache.note("contoso", 6);
    assert_eq!(current(&cache), None);
}

#[test]
fn what_a_faster_clock_has_read_waits_until_it_takes_effect() {
    let cache = Cache::new(BYTES, Duration::from_secs(3600));
    cache.mark_fresh(Instant::now());
    let from = NOW + Duration::from_secs(60);
    cache.keep(&planned(5, 1, Some(from)), Instant::now());
    assert_eq!(current(&cache), None);
    assert!(cache.fresh("contoso", from).is_some());
}

#[test]
fn what_was_worked_out_with_older_zone_data_is_forgotten() {
    let cache = Cache::new(BYTES, Duration::from_secs(3600));
    cache.mark_fresh(Instant::now());
    let older = snapshot(5, 1);
    cache.keep(&older, Instant::now());
    let version = current_zones().version().to_owned();
    cache.renew_zones(Arc::new(current_zones().renewed(&version, ZoneOrigin::Embedded, BTreeMap::new())));
    assert_eq!(current(&cache), None);
    cache.keep(&older, Instant::now());
    cache.keep_documents(&older.documents);
    assert!(cache.documents("contoso").is_none(), "what came later than that");
}

#[test]
fn who_was_no_customer_is_looked_up_again_once_it_may_be_one() {
    let cache = Cache::new(BYTES, Duration::from_secs(3600));
    cache.mark_fresh(Instant::now());
    cache.keep_absent("contoso", Instant::now());
    assert!(cache.is_absent("contoso") && !cache.is_absent("fabrikam"));
    cache.note("contoso", 1);
    assert!(!cache.is_absent("contoso"));
}

#[test]
fn a_customer_too_large_for_the_memory_is_not_kept() {
    let cache = Cache::new(100, Duration::from_secs(3600));
    cache.mark_fresh(Instant::now());
    cache.keep(&snapshot(5, 1), Instant::now());
    assert_eq!(current(&cache), None);
}

#[test]
fn a_read_that_took_too_long_is_not_kept() {
    let cache = Cache::new(BYTES, Duration::from_millis(10));
    let long_ago = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    cache.keep(&snapshot(5, 1), long_ago);
    assert!(cache.entries.peek("contoso").is_none());
}

fn documents(cache: &Cache) -> Option<i64> {
    cache.documents("contoso").map(|documents| documents.contract_version)
}

#[test]
fn documents_stay_whatever_becomes_of_the_balances() {
    let cache = Cache::new(BYTES, Duration::from_secs(3600));
    cache.mark_fresh(Instant::now());
    cache.keep(&snapshot(5, 3), Instant::now());
    cache.note("contoso", 6);
    assert_eq!((current(&cache), documents(&cache)), (None, Some(3)));
    cache.keep(&snapshot(6, 3), Instant::now());
    assert_eq!((current(&cache), documents(&cache)), (Some(6), Some(3)));
}

#[test]
fn newer_documents_end_what_was_known_by_older_ones() {
    let cache = Cache::new(BYTES, Duration::from_secs(3600));
    cache.mark_fresh(Instant::now());
    cache.keep(&snapshot(6, 3), Instant::now());
    cache.keep_documents(&snapshot(6, 3).documents);
    assert_eq!((current(&cache), documents(&cache)), (Some(6), Some(3)), "the same ones");
    cache.keep_documents(&snapshot(7, 7).documents);
    assert_eq!((current(&cache), documents(&cache)), (None, Some(7)));
    cache.keep(&snapshot(6, 3), Instant::now());
    assert_eq!((current(&cache), documents(&cache)), (None, Some(7)), "an older read that came later");
}

#[test]
fn nothing_is_fresh_before_the_first_read_or_after_the_allowed_time() {
    let cache = Cache::new(BYTES, Duration::from_secs(3600));
    assert!(!cache.is_fresh());
    cache.mark_fresh(Instant::now());
    assert!(cache.is_fresh());
    let strict = Cache::new(BYTES, Duration::ZERO);
    strict.mark_fresh(Instant::now());
    assert!(!strict.is_fresh());
}
