//! A customer with a small contract, questions about it, and what a refusal tells.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use entitled::proto::v1;
use entitled::service::token::{open, seal};
use prost_types::Timestamp;
use tonic::{Code, Response, Status};
use tonic_types::StatusExt as _;

use crate::server::{TestServer, request_id};

pub(crate) const EDITION: &str = "unified-enterprise-2023";
pub(crate) const DUBLIN: &str = "ie-dublin";
pub(crate) const LONDON: &str = "gb-london";
pub(crate) const ENGINEERING: &str = "enhanced-designated-engineering";

pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let instant: chrono::DateTime<chrono::Utc> = text.parse().unwrap();
    Some(Timestamp { seconds: instant.timestamp(), nanos: instant.timestamp_subsec_nanos() as i32 })
}

pub(crate) fn customer(customer_id: &str) -> v1::Customer {
    let location = |location_id: &str, display_name: &str, country: &str, time_zone: &str| v1::Location {
        location_id: location_id.to_owned(),
        display_name: display_name.to_owned(),
        country: country.to_owned(),
        time_zone: time_zone.to_owned(),
        holidays: vec!["2026-12-25".to_owned()],
    };
    v1::Customer {
        customer_id: customer_id.to_owned(),
        display_name: "Contoso Ltd".to_owned(),
        locations: vec![
            location(LONDON, "London", "GB", "Europe/London"),
            location(DUBLIN, "Dublin", "IE", "Europe/Dublin"),
        ],
        contacts: vec![v1::Contact {
            contact_id: "ada".to_owned(),
            display_name: Some("Ada".to_owned()),
            email: Some("ada@example.org".to_owned()),
            location_ids: vec![LONDON.to_owned()],
            roles: vec![v1::ContactRole::SupportAdministrator.into()],
        }],
        ..v1::Customer::default()
    }
}

pub(crate) fn hours(amount: i64) -> Option<v1::Quantity> {
    Some(v1::Quantity { amount, unit: v1::Unit::Hours.into() })
}

pub(crate) fn item(item_id: &str, service_id: &str) -> v1::Item {
    v1::Item {
        item_id: item_id.to_owned(),
        service_id: service_id.to_owned(),
        all_locations: true,
        ..v1::Item::default()
    }
}

pub(crate) fn order(customer_id: &str, work_order_id: &str, items: Vec<v1::Item>) -> v1::WorkOrder {
    v1::WorkOrder {
        work_order_id: work_order_id.to_owned(),
        customer_id: customer_id.to_owned(),
        edition_id: EDITION.to_owned(),
        start_date: "2026-02-01".to_owned(),
        end_date: "2027-01-31".to_owned(),
        host_location_id: LONDON.to_owned(),
        downstream_location_ids: vec![DUBLIN.to_owned()],
        covered_products: vec!["azure/*".to_owned(), "windows-server/*".to_owned()],
        currency: "GBP".to_owned(),
        items,
        ..v1::WorkOrder::default()
    }
}

/// The order with the base package.
pub(crate) fn base(customer_id: &str) -> v1::WorkOrder {
    order(customer_id, "wo-1", vec![item("base", "unified-enterprise-base")])
}

/// 400 hours in Dublin, on an order that leans on the base.
pub(crate) fn add_on(customer_id: &str, work_order_id: &str) -> v1::WorkOrder {
    let engineering = v1::Item {
        all_locations: false,
        location_ids: vec![DUBLIN.to_owned()],
        quantity: hours(400),
        product_ids: vec!["azure/*".to_owned()],
        ..item("ede", ENGINEERING)
    };
    v1::WorkOrder {
        base_work_order_id: Some("wo-1".to_owned()),
        ..order(customer_id, work_order_id, vec![engineering, item("uer", "unified-enhanced-response")])
    }
}

/// The add-on stands before its base.
pub(crate) fn document(customer_id: &str) -> v1::ApplyContractRequest {
    v1::ApplyContractRequest {
        customer: Some(customer(customer_id)),
        work_orders: vec![add_on("", "wo-2"), base("")],
        request_id: request_id(),
        ..v1::ApplyContractRequest::default()
    }
}

pub(crate) fn create(work_order: v1::WorkOrder) -> v1::CreateWorkOrderRequest {
    v1::CreateWorkOrderRequest { work_order: Some(work_order), request_id: request_id(), ..Default::default() }
}

/// Stores the document; the revision token.
pub(crate) async fn stored(server: &TestServer, customer_id: &str) -> String {
    server.contracts().apply_contract(document(customer_id)).await.unwrap().into_inner().revision
}

/// A question that is answered with yes.
pub(crate) fn check(customer_id: &str) -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest {
        customer_id: customer_id.to_owned(),
        location_id: DUBLIN.to_owned(),
        product_id: "azure/app-service".to_owned(),
        service_id: ENGINEERING.to_owned(),
        check_time: time("2026-06-01T10:00:00Z"),
        ..v1::CheckEntitlementRequest::default()
    }
}

pub(crate) fn at_least(revision: &str) -> Option<v1::Consistency> {
    Some(v1::Consistency { requirement: Some(v1::consistency::Requirement::AtLeastRevision(revision.to_owned())) })
}

/// A token of another revision or customer, as the server that gave `token` would give it.
pub(crate) fn token_beside(token: &str, customer_id: &str, revision: i64) -> String {
    let parts = open("rev2", token).unwrap();
    seal("rev2", &[customer_id, &revision.to_string(), &parts[2]])
}

pub(crate) fn fully_consistent() -> Option<v1::Consistency> {
    Some(v1::Consistency { requirement: Some(v1::consistency::Requirement::FullyConsistent(true)) })
}

/// What a refusal tells, in forms that compare and print well.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub code: Code,
    pub reason: String,
    pub metadata: BTreeMap<String, String>,
    /// `field REASON`, in order.
    pub violations: Vec<String>,
    /// `subject CODE`, in order.
    pub clauses: Vec<String>,
    /// `type name`.
    pub resource: Option<String>,
    pub has_retry_info: bool,
    pub message: String,
}

impl Refusal {
    /// What every refusal has is seen to here.
    pub(crate) fn of(status: &Status) -> Self {
        let details = status.get_error_details();
        let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
        assert_eq!(info.domain, "entitled.v1", "{status:?}");
        assert!(!info.reason.is_empty() && !status.message().is_empty(), "{status:?}");
        let violations = details.bad_request().map(|told| told.field_violations.as_slice()).unwrap_or_default();
        assert!(violations.iter().all(|told| !told.description.is_empty()), "{status:?}");
        let clauses = details.precondition_failure().map(|told| told.violations.as_slice()).unwrap_or_default();
        assert!(clauses.iter().all(|told| !told.description.is_empty()), "{status:?}");
        has_published_metadata(&info.reason, &info.metadata);
        Self {
            code: status.code(),
            reason: info.reason.clone(),
            metadata: info.metadata.clone().into_iter().collect(),
            violations: violations.iter().map(|told| format!("{} {}", told.field, told.reason)).collect(),
            clauses: clauses.iter().map(|told| format!("{} {}", told.subject, told.r#type)).collect(),
            resource: details.resource_info().map(|told| format!("{} {}", told.resource_type, told.resource_name)),
            has_retry_info: details.retry_info().is_some(),
            message: status.message().to_owned(),
        }
    }

    pub(crate) fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata.get(key).map(String::as_str)
    }
}

/// The metadata of a technical reason is what `error_reason.proto` says; besides, `field` stands
/// beside whatever has one.
fn has_published_metadata(reason: &str, metadata: &HashMap<String, String>) {
    const PROTO: &str = include_str!("../../proto/entitled/v1/error_reason.proto");
    let Some((before, _)) = PROTO.split_once(&format!("  ERROR_REASON_{reason} = ")) else { return };
    let comment = before.rsplit("\n\n").next().unwrap().replace("\n  //", "");
    let published = comment.split_once("Metadata: ").map_or("", |(_, published)| published);
    let names: Vec<_> = published.split('`').skip(1).step_by(2).collect();
    let is_optional = |name: &str| ["nearest", "omitted", "field", "x_request_id"].contains(&name);
    // These are types of resources.
    let is_name = |name: &str| !["customer", "work_order", "waiver", "block", "entry", "reservation"].contains(&name);
    let missing: Vec<_> =
        names.iter().filter(|name| is_name(name) && !is_optional(name) && !metadata.contains_key(**name)).collect();
    assert!(missing.is_empty(), "{reason} lacks {missing:?}: {metadata:?}");
    let unpublished: Vec<_> =
        metadata.keys().filter(|name| !is_optional(name) && !names.contains(&name.as_str())).collect();
    assert!(unpublished.is_empty(), "{reason} has {unpublished:?} besides");
    assert!(!names.contains(&"field") || metadata.contains_key("field"), "{reason} lacks its field");
}

/// The refusal of a call that must not succeed.
pub(crate) fn refused<T: Debug>(answer: Result<Response<T>, Status>) -> Refusal {
    match answer {
        Ok(answer) => panic!("not refused: {answer:?}"),
        Err(status) => Refusal::of(&status),
    }
}

/// The one mistake of a request, as `field REASON`.
pub(crate) fn mistake<T: Debug>(answer: Result<Response<T>, Status>) -> String {
    let refusal = refused(answer);
    assert_eq!(refusal.code, Code::InvalidArgument, "{refusal:?}");
    let [violation] = refusal.violations.as_slice() else { panic!("one violation, not {refusal:?}") };
    assert_eq!(*violation, format!("{} {}", refusal.metadata("field").unwrap_or_default(), refusal.reason));
    violation.clone()
}
