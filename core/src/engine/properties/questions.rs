//! Random questions about random contracts.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::contracts::{PRODUCTS, a_quantity, an_instant};
use super::service;
use crate::catalog::{Channel, Severity};
use crate::engine::{Delivery, Query};
use crate::model::{DeliveryMode, ProductId};

/// What a question says besides location, service and time: often nothing.
pub(crate) fn details() -> impl Strategy<Value = Query<'static>> {
    prop_oneof![Just(Query::default()), many_details()]
}

fn many_details() -> impl Strategy<Value = Query<'static>> {
    let maybe = |values: &[&'static str]| option::of(select(values.to_vec()));
    let who = (
        option::weighted(0.3, select(vec!["ada", "bob", "eve"])),
        maybe(&["t1", "t1", "t2"]),
        maybe(&["en", "en-GB", "ja", "fr"]),
    );
    let what = (
        option::weighted(0.8, select(PRODUCTS.to_vec())),
        option::of(select(vec![Severity::One, Severity::A, Severity::B, Severity::C])),
        option::weighted(0.2, select(vec![Channel::Phone, Channel::CloudPortal, Channel::OnlineServicesPortal])),
        option::weighted(0.2, select(vec!["forensic-analysis", "crisis-exercise", "gardening"])),
        option::weighted(0.3, a_quantity()),
    );
    let delivery = (
        option::weighted(0.3, an_instant()),
        option::weighted(0.3, an_instant()),
        option::weighted(0.3, select(vec![DeliveryMode::Remote, DeliveryMode::OnSite])),
        option::of(an_instant()),
        option::of(an_instant()),
        subsequence(vec!["s1", "s2"], 0..=2),
    );
    (who, what, delivery, option::of(an_instant())).prop_map(|(who, what, delivery, incident_close_time)| {
        let (contact_id, tenant_id, language) = who;
        let (product, severity, channel, activity, quantity) = what;
        let (start_time, end_time, mode, requested_time, confirmed_time, solution_ids) = delivery;
        let confirmed_time = confirmed_time.map(|time| time - TimeDelta::days(50));
        let delivery = Delivery { start_time, end_time, mode, requested_time, confirmed_time, solution_ids };
        Query {
            product: product.map(ProductId::new),
            severity,
            channel,
            language,
            contact_id,
            tenant_id,
            activity,
            quantity,
            delivery,
            incident_close_time,
            ..Query::default()
        }
    })
}

/// The question with these details; a quantity only where the service is counted in it.
pub(crate) fn question(
    location_id: &'static str,
    service_id: &'static str,
    details: &Query<'static>,
    at: DateTime<Utc>,
) -> Query<'static> {
    let quantity = details.quantity.filter(|quantity| service(service_id).accepts(quantity.unit));
    Query { location_id, service_id, quantity, check_time: Some(at), ..details.clone() }
}
