//! Valid requests, to be mutated.

use entitled::proto::v1;
use prost::Message as _;

use super::REQUEST_ID;
use crate::sample::{add_on, at_least, base, check, create, customer, document, hours, time};
use crate::server::TestServer;

fn request_id() -> String {
    REQUEST_ID.to_owned()
}

/// A full and valid message of every call.
pub(super) async fn seeds(server: &TestServer, revision: &str) -> Vec<(&'static str, Vec<u8>)> {
    let full_check = v1::CheckEntitlementRequest {
        known_time: time("2026-05-01T10:00:00.25Z"),
        severity: v1::Severity::A.into(),
        channel: v1::Channel::Web.into(),
        language: Some("en-GB".to_owned()),
        contact_id: Some("ada".to_owned()),
        tenant_id: Some("tenant".to_owned()),
        activity: Some("forensic-analysis".to_owned()),
        quantity: hours(8),
        delivery: Some(v1::Delivery {
            start_time: time("2026-06-02T09:00:00.25Z"),
            end_time: time("2026-06-02T12:00:00.25Z"),
            mode: v1::DeliveryMode::Remote.into(),
            requested_time: time("2026-05-02T09:00:00Z"),
            confirmed_time: time("2026-05-02T09:00:00Z"),
            solution_ids: vec!["shop".to_owned()],
        }),
        incident_close_time: time("2026-06-02T12:00:00Z"),
        consistency: at_least(revision),
        locale: Some("id".to_owned()),
        view: v1::View::Full.into(),
        ..check("contoso")
    };
    let bare = v1::CheckEntitlementRequest { known_time: None, consistency: None, ..full_check.clone() };
    let batch = v1::BatchCheckEntitlementsRequest {
        checks: vec![check("contoso"), check("fabrikam"), bare.clone()],
        at_least_revisions: vec![revision.to_owned()],
        consistency: None,
        view: v1::View::Full.into(),
    };
    let list = v1::ListEntitlementsRequest {
        customer_id: "contoso".to_owned(),
        location_id: Some("ie-dublin".to_owned()),
        product_id: Some("azure/app-service".to_owned()),
        check_time: time("2026-06-02T09:00:00.25Z"),
        group: Some("enhanced".to_owned()),
        decision: v1::Decision::Entitled.into(),
        view: v1::View::Full.into(),
        locale: Some("id".to_owned()),
        consistency: at_least(revision),
        page_size: 1,
        page_token: String::new(),
        known_time: time("2027-01-01T09:00:00.25Z"),
    };
    let first = v1::ListEntitlementsRequest { group: None, decision: 0, ..list.clone() };
    let page_token = server.entitlements().list_entitlements(first).await.unwrap().into_inner().next_page_token;
    let second = v1::ListEntitlementsRequest { group: None, decision: 0, page_token, ..list.clone() };
    let mut rich = add_on("contoso", "wo-3");
    rich.flex_allowance = Some(1_000_000);
    rich.signed_date = Some("2026-01-15".to_owned());
    rich.items[0].waivers = vec![v1::Waiver {
        code: "ONSITE_NOT_INCLUDED".to_owned(),
        reference: "amendment 3".to_owned(),
        start_date: Some("2026-03-01".to_owned()),
        ..v1::Waiver::default()
    }];
    rich.items[1].included_hours =
        Some(v1::IncludedHours { reactive_support_management: 40, service_delivery_management: 60 });
    rich.items.push(v1::Item {
        quantity: Some(v1::Quantity { amount: 3, unit: v1::Unit::Events.into() }),
        events: vec![v1::PlannedEvent {
            event_id: "sale".to_owned(),
            solution_id: "shop".to_owned(),
            product_ids: vec!["azure/*".to_owned()],
            start_time: time("2026-11-20T00:00:00.25Z"),
            end_time: time("2026-11-24T00:00:00Z"),
            confirmed_time: time("2026-08-01T00:00:00Z"),
        }],
        ..crate::sample::item("aem", "azure-event-management")
    });
    let mut forbidden = base("contoso");
    forbidden.items.push(crate::sample::item("direct", "office-365-engineering-direct"));
    let contoso = || Some(customer("contoso"));
    let with_id = |service_id: &str| v1::GetServiceRequest {
        edition_id: Some(crate::sample::EDITION.to_owned()),
        service_id: service_id.to_owned(),
        locale: Some("id".to_owned()),
    };
    vec![
        ("/entitled.v1.EntitlementService/CheckEntitlement", check("contoso").encode_to_vec()),
        ("/entitled.v1.EntitlementService/CheckEntitlement", full_check.encode_to_vec()),
        ("/entitled.v1.EntitlementService/CheckEntitlement", bare.encode_to_vec()),
        ("/entitled.v1.EntitlementService/BatchCheckEntitlements", batch.encode_to_vec()),
        ("/entitled.v1.EntitlementService/ListEntitlements", list.encode_to_vec()),
        ("/entitled.v1.EntitlementService/ListEntitlements", second.encode_to_vec()),
        (
            "/entitled.v1.ContractService/GetCustomer",
            v1::GetCustomerRequest { customer_id: "contoso".to_owned(), ..Default::default() }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ListCustomers",
            v1::ListCustomersRequest { page_size: 2, page_token: String::new() }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/GetWorkOrder",
            v1::GetWorkOrderRequest {
                customer_id: "contoso".to_owned(),
                work_order_id: "wo-1".to_owned(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ListWorkOrders",
            v1::ListWorkOrdersRequest { customer_id: "contoso".to_owned(), page_size: 1, page_token: String::new() }
                .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ListAuditRecords",
            v1::ListAuditRecordsRequest {
                customer_id: "contoso".to_owned(),
                work_order_id: "wo-1".to_owned(),
                actor: "anonymous".to_owned(),
                action: "ApplyContract".to_owned(),
                start_time: time("2026-01-01T00:00:00.25Z"),
                end_time: time("2099-01-01T00:00:00Z"),
                page_size: 1,
                page_token: String::new(),
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/CreateCustomer",
            v1::CreateCustomerRequest { customer: contoso(), request_id: request_id(), ..Default::default() }
                .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/UpdateCustomer",
            v1::UpdateCustomerRequest { customer: contoso(), request_id: request_id(), ..Default::default() }
                .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/CreateWorkOrder",
            v1::CreateWorkOrderRequest { request_id: request_id(), ..create(base("contoso")) }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/CreateWorkOrder",
            v1::CreateWorkOrderRequest { request_id: request_id(), ..create(rich.clone()) }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/CreateWorkOrder",
            v1::CreateWorkOrderRequest {
                request_id: request_id(),
                ..create(v1::WorkOrder { work_order_id: "wo-9".to_owned(), ..forbidden })
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/AmendWorkOrder",
            v1::AmendWorkOrderRequest {
                work_order: Some(rich.clone()),
                effective_time: time("2026-06-02T09:00:00.25Z"),
                force_reason: "agreed".to_owned(),
                request_id: request_id(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/RenewWorkOrder",
            v1::RenewWorkOrderRequest {
                customer_id: "contoso".to_owned(),
                work_order_id: "wo-3".to_owned(),
                new_work_order_id: "wo-8".to_owned(),
                start_date: Some("2027-02-01".to_owned()),
                end_date: Some("2028-01-31".to_owned()),
                signed_date: Some("2027-01-15".to_owned()),
                request_id: request_id(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/SuspendWorkOrder",
            v1::SuspendWorkOrderRequest {
                customer_id: "contoso".to_owned(),
                work_order_id: "wo-3".to_owned(),
                effective_time: time("2026-06-02T09:00:00.25Z"),
                request_id: request_id(),
                validate_only: true,
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ResumeWorkOrder",
            v1::ResumeWorkOrderRequest {
                customer_id: "contoso".to_owned(),
                work_order_id: "wo-3".to_owned(),
                effective_time: time("2026-06-02T09:00:00.25Z"),
                request_id: request_id(),
                validate_only: true,
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/TerminateWorkOrder",
            v1::TerminateWorkOrderRequest {
                customer_id: "contoso".to_owned(),
                work_order_id: "wo-3".to_owned(),
                effective_time: time("2026-06-02T09:00:00.25Z"),
                request_id: request_id(),
                validate_only: true,
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/RecordWaiver",
            v1::RecordWaiverRequest {
                customer_id: "contoso".to_owned(),
                work_order_id: "wo-3".to_owned(),
                item_id: "ede".to_owned(),
                waiver: rich.items[0].waivers.first().cloned(),
                effective_time: time("2026-06-02T09:00:00.25Z"),
                request_id: request_id(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/RevokeWaiver",
            v1::RevokeWaiverRequest {
                customer_id: "contoso".to_owned(),
                work_order_id: "wo-3".to_owned(),
                item_id: "ede".to_owned(),
                code: "ONSITE_NOT_INCLUDED".to_owned(),
                reference: "amendment 3".to_owned(),
                effective_time: time("2026-06-02T09:00:00.25Z"),
                request_id: request_id(),
                ..Default::default()
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ApplyContract",
            v1::ApplyContractRequest { request_id: request_id(), ..document("contoso") }.encode_to_vec(),
        ),
        (
            "/entitled.v1.ContractService/ApplyContract",
            v1::ApplyContractRequest {
                work_orders: vec![rich, base("")],
                validate_only: true,
                request_id: request_id(),
                ..document("contoso")
            }
            .encode_to_vec(),
        ),
        (
            "/entitled.v1.CatalogService/ListEditions",
            v1::ListEditionsRequest { page_size: 1, ..Default::default() }.encode_to_vec(),
        ),
        (
            "/entitled.v1.CatalogService/GetEdition",
            v1::GetEditionRequest { edition_id: crate::sample::EDITION.to_owned(), locale: None }.encode_to_vec(),
        ),
        (
            "/entitled.v1.CatalogService/ListServices",
            v1::ListServicesRequest { page_size: 3, ..Default::default() }.encode_to_vec(),
        ),
        ("/entitled.v1.CatalogService/GetService", with_id("workshops").encode_to_vec()),
        (
            "/entitled.v1.CatalogService/ListProducts",
            v1::ListProductsRequest { page_size: 3, ..Default::default() }.encode_to_vec(),
        ),
        (
            "/entitled.v1.CatalogService/ListClauses",
            v1::ListClausesRequest { page_size: 3, ..Default::default() }.encode_to_vec(),
        ),
    ]
}
