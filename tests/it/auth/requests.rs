//! A good message of every call that names a customer.

use entitled::proto::v1;
use prost::Message;
use uuid::Uuid;

use crate::ledger::samples::{contract, ede, hours, in_seconds};
use crate::sample;
use crate::server::request_id;

/// As [`contract`] makes it.
pub(super) fn document(customer_id: &str) -> v1::ApplyContractRequest {
    let document = entitled::cli::document::read(&contract(customer_id, &[100]).to_string()).unwrap();
    v1::ApplyContractRequest { request_id: request_id(), ..document.request }
}

/// Path and message, of the customer's own or of nothing: ids of reservations and entries are made up.
pub(super) fn requests(customer_id: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut requests = contract_requests(customer_id);
    requests.extend(ledger_writes(customer_id));
    requests.extend(reads(customer_id));
    requests
}

fn message(path: &'static str, message: &impl Message) -> (&'static str, Vec<u8>) {
    (path, message.encode_to_vec())
}

pub(super) fn check(customer_id: &str) -> v1::CheckEntitlementRequest {
    v1::CheckEntitlementRequest {
        customer_id: customer_id.to_owned(),
        location_id: sample::LONDON.to_owned(),
        product_id: "azure".to_owned(),
        service_id: sample::ENGINEERING.to_owned(),
        ..Default::default()
    }
}

fn contract_requests(id: &str) -> Vec<(&'static str, Vec<u8>)> {
    let v1::ApplyContractRequest { customer, mut work_orders, .. } = document(id);
    let mut order = work_orders.remove(0);
    order.customer_id = id.to_owned();
    let amend =
        v1::AmendWorkOrderRequest { work_order: Some(order.clone()), request_id: request_id(), ..Default::default() };
    let request_id = request_id();
    let apply = document(id);
    let plan = v1::ApplyContractRequest { validate_only: true, ..document(id) };
    // One that is malformed too is not looked up either.
    let broken = v1::ApplyContractRequest { request_id: String::new(), ..document(id) };
    vec![
        message(
            "/entitled.v1.ContractService/CreateCustomer",
            &v1::CreateCustomerRequest {
                customer: customer.clone(),
                request_id: request_id.clone(),
                ..Default::default()
            },
        ),
        message(
            "/entitled.v1.ContractService/UpdateCustomer",
            &v1::UpdateCustomerRequest { customer, request_id: request_id.clone(), ..Default::default() },
        ),
        message(
            "/entitled.v1.ContractService/CreateWorkOrder",
            &v1::CreateWorkOrderRequest { work_order: Some(order), request_id, ..Default::default() },
        ),
        message("/entitled.v1.ContractService/ApplyContract", &apply),
        message("/entitled.v1.ContractService/ApplyContract", &plan),
        message("/entitled.v1.ContractService/ApplyContract", &broken),
        message("/entitled.v1.ContractService/AmendWorkOrder", &amend),
    ]
    .into_iter()
    .chain(changes_of_orders(id))
    .collect()
}

fn changes_of_orders(id: &str) -> Vec<(&'static str, Vec<u8>)> {
    let (customer_id, work_order_id) = (id.to_owned(), "wo-1".to_owned());
    let renew = v1::RenewWorkOrderRequest {
        customer_id: customer_id.clone(),
        work_order_id: work_order_id.clone(),
        new_work_order_id: "wo-renewed".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    let suspend = v1::SuspendWorkOrderRequest {
        customer_id: customer_id.clone(),
        work_order_id: work_order_id.clone(),
        request_id: request_id(),
        ..Default::default()
    };
    let resume = v1::ResumeWorkOrderRequest {
        customer_id: customer_id.clone(),
        work_order_id: work_order_id.clone(),
        request_id: request_id(),
        ..Default::default()
    };
    let terminate = v1::TerminateWorkOrderRequest {
        customer_id: customer_id.clone(),
        work_order_id: work_order_id.clone(),
        request_id: request_id(),
        ..Default::default()
    };
    let waiver =
        v1::Waiver { code: "ONSITE_NOT_INCLUDED".to_owned(), reference: "mail".to_owned(), ..Default::default() };
    let record = v1::RecordWaiverRequest {
        customer_id: customer_id.clone(),
        work_order_id: work_order_id.clone(),
        item_id: "no-such".to_owned(),
        waiver: Some(waiver),
        request_id: request_id(),
        ..Default::default()
    };
    let revoke = v1::RevokeWaiverRequest {
        customer_id,
        work_order_id,
        item_id: "no-such".to_owned(),
        code: "ONSITE_NOT_INCLUDED".to_owned(),
        reference: "mail".to_owned(),
        request_id: request_id(),
        ..Default::default()
    };
    vec![
        message("/entitled.v1.ContractService/RenewWorkOrder", &renew),
        message("/entitled.v1.ContractService/SuspendWorkOrder", &suspend),
        message("/entitled.v1.ContractService/ResumeWorkOrder", &resume),
        message("/entitled.v1.ContractService/TerminateWorkOrder", &terminate),
        message("/entitled.v1.ContractService/RecordWaiver", &record),
        message("/entitled.v1.ContractService/RevokeWaiver", &revoke),
    ]
}

fn ledger_writes(id: &str) -> Vec<(&'static str, Vec<u8>)> {
    let (customer_id, reservation_id) = (id.to_owned(), Uuid::now_v7().to_string());
    let consume = crate::ledger::samples::consume_of(id, 1);
    let reserve = v1::ReserveUnitsRequest {
        customer_id: customer_id.clone(),
        block_id: ede(id, 0),
        quantity: hours(1),
        request_id: request_id(),
        ..Default::default()
    };
    let extend = v1::ExtendReservationRequest {
        customer_id: customer_id.clone(),
        reservation_id: reservation_id.clone(),
        expire_time: in_seconds(3_600),
        request_id: request_id(),
        ..Default::default()
    };
    let commit = v1::CommitReservationRequest {
        customer_id: customer_id.clone(),
        reservation_id: reservation_id.clone(),
        request_id: request_id(),
        ..Default::default()
    };
    let release = v1::ReleaseReservationRequest {
        customer_id: customer_id.clone(),
        reservation_id,
        request_id: request_id(),
        ..Default::default()
    };
    let reverse = v1::ReverseEntryRequest {
        customer_id: customer_id.clone(),
        entry_id: Uuid::now_v7().to_string(),
        request_id: request_id(),
        ..Default::default()
    };
    let adjust = v1::AdjustBlockRequest { customer_id, block_id: ede(id, 0), ..crate::ledger::samples::adjust(1) };
    vec![
        message("/entitled.v1.LedgerService/ConsumeUnits", &consume),
        message("/entitled.v1.LedgerService/ReserveUnits", &reserve),
        message("/entitled.v1.LedgerService/ExtendReservation", &extend),
        message("/entitled.v1.LedgerService/CommitReservation", &commit),
        message("/entitled.v1.LedgerService/ReleaseReservation", &release),
        message("/entitled.v1.LedgerService/ReverseEntry", &reverse),
        message("/entitled.v1.LedgerService/AdjustBlock", &adjust),
    ]
}

fn reads(id: &str) -> Vec<(&'static str, Vec<u8>)> {
    let customer_id = || id.to_owned();
    let known = v1::CheckEntitlementRequest { known_time: in_seconds(-1), ..check(id) };
    let target = v1::GetResponseTargetRequest {
        customer_id: customer_id(),
        location_id: sample::LONDON.to_owned(),
        product_id: "azure".to_owned(),
        severity: v1::Severity::A.into(),
        ..Default::default()
    };
    let list = v1::ListEntitlementsRequest { customer_id: customer_id(), ..Default::default() };
    let work_order =
        v1::GetWorkOrderRequest { customer_id: customer_id(), work_order_id: "wo-1".to_owned(), ..Default::default() };
    let block = v1::GetBlockRequest { customer_id: customer_id(), block_id: ede(id, 0), as_of_time: None };
    let reservation =
        v1::GetReservationRequest { customer_id: customer_id(), reservation_id: Uuid::now_v7().to_string() };
    vec![
        message("/entitled.v1.EntitlementService/CheckEntitlement", &check(id)),
        message("/entitled.v1.EntitlementService/CheckEntitlement", &known),
        message("/entitled.v1.EntitlementService/GetResponseTarget", &target),
        message("/entitled.v1.EntitlementService/ListEntitlements", &list),
        message(
            "/entitled.v1.ContractService/GetCustomer",
            &v1::GetCustomerRequest { customer_id: customer_id(), ..Default::default() },
        ),
        message("/entitled.v1.ContractService/GetWorkOrder", &work_order),
        message(
            "/entitled.v1.ContractService/ListWorkOrderVersions",
            &v1::ListWorkOrderVersionsRequest {
                customer_id: customer_id(),
                work_order_id: "wo-1".to_owned(),
                ..Default::default()
            },
        ),
        message(
            "/entitled.v1.ContractService/DiffWorkOrderVersions",
            &v1::DiffWorkOrderVersionsRequest {
                customer_id: customer_id(),
                work_order_id: "wo-1".to_owned(),
                ..Default::default()
            },
        ),
        message(
            "/entitled.v1.ContractService/ListWorkOrders",
            &v1::ListWorkOrdersRequest { customer_id: customer_id(), ..Default::default() },
        ),
        message(
            "/entitled.v1.ContractService/ListAuditRecords",
            &v1::ListAuditRecordsRequest { customer_id: customer_id(), ..Default::default() },
        ),
        message("/entitled.v1.LedgerService/GetBlock", &block),
        message(
            "/entitled.v1.LedgerService/ListBlocks",
            &v1::ListBlocksRequest { customer_id: customer_id(), ..Default::default() },
        ),
        message("/entitled.v1.LedgerService/GetReservation", &reservation),
        message(
            "/entitled.v1.LedgerService/ListReservations",
            &v1::ListReservationsRequest { customer_id: customer_id(), ..Default::default() },
        ),
        message(
            "/entitled.v1.LedgerService/ListEntries",
            &v1::ListEntriesRequest { customer_id: customer_id(), ..Default::default() },
        ),
    ]
}
