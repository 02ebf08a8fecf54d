//! A caller whose customers are some of all: R62.

use std::collections::BTreeSet;

use entitled::proto::v1;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use entitled::service::Role;
use prost_reflect::{Kind, MessageDescriptor};
use tonic::Code;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;

use super::matrix::methods;
use super::requests::{check, document, requests};
use super::{Bearer, Guarded, call};
use crate::ledger::samples::{consume_of, ede, told};
use crate::sample::{Refusal, refused};
use crate::server::{BOTH, Backend};

type Signed = InterceptedService<Channel, Bearer>;

/// Three customers, an administrator, and a caller of contoso and of one customer that does not exist.
struct House {
    guarded: Guarded,
    bearer: String,
    contoso: Bearer,
    admin: Bearer,
}

impl House {
    async fn start(backend: Backend) -> Self {
        let admin: &[Role] = &[Role::Consumer, Role::ContractAdmin, Role::Operator];
        let rows = [("admin", admin, &["*"][..]), ("contoso-portal", admin, &["contoso", "contoso-old"])];
        let (guarded, tokens) = Guarded::start(backend, &rows).await;
        let [admin, contoso] = [0, 1].map(|row| Bearer::new(&tokens[row]));
        let house = Self { bearer: format!("Bearer {}", tokens[1]), guarded, contoso, admin };
        for customer_id in ["contoso", "fabrikam", "contoso2"] {
            house.contracts(&house.admin).apply_contract(document(customer_id)).await.unwrap();
        }
        house
    }

    fn contracts(&self, bearer: &Bearer) -> ContractServiceClient<Signed> {
        ContractServiceClient::with_interceptor(self.guarded.server.channel.clone(), bearer.clone())
    }

    fn ledger(&self, bearer: &Bearer) -> LedgerServiceClient<Signed> {
        LedgerServiceClient::with_interceptor(self.guarded.server.channel.clone(), bearer.clone())
    }

    fn entitlements(&self, bearer: &Bearer) -> EntitlementServiceClient<Signed> {
        EntitlementServiceClient::with_interceptor(self.guarded.server.channel.clone(), bearer.clone())
    }
}

/// Whether a request names a customer, itself or in a document.
fn names_a_customer(message: &MessageDescriptor) -> bool {
    message.fields().any(|field| match (field.name(), field.kind()) {
        ("customer_id", _) => true,
        ("customer" | "work_order" | "checks", Kind::Message(inner)) => names_a_customer(&inner),
        _ => false,
    })
}

#[tokio::test]
async fn every_call_that_names_a_customer_is_refused_for_another_one() {
    // Both orders: what is asked of a batch is asked below.
    let named: BTreeSet<_> =
        methods().into_iter().filter(|method| names_a_customer(&method.input)).map(|method| method.path).collect();
    let mut tried: BTreeSet<_> = requests("contoso").into_iter().map(|(path, _)| path.to_owned()).collect();
    tried.insert("/entitled.v1.EntitlementService/BatchCheckEntitlements".to_owned());
    assert_eq!(named, tried, "every call that names a customer is tried here");

    for backend in BOTH {
        let house = House::start(backend).await;
        let ask = async |path: &str, message: Vec<u8>| {
            call(house.guarded.server.channel.clone(), path, &[("authorization", &house.bearer)], message).await
        };
        // One that exists, and one that does not and is nearly called like one of the caller's own.
        for customer_id in ["fabrikam", "contoso2", "contosa"] {
            for (path, message) in requests(customer_id) {
                let outcome = ask(path, message).await.map(|_| ());
                let refusal = Refusal::of(&outcome.expect_err(path));
                let told = (refusal.code, refusal.reason.as_str(), refusal.metadata("customer_id"));
                assert_eq!(told, (Code::PermissionDenied, "CUSTOMER_NOT_ALLOWED", Some(customer_id)), "{path}");
                let names: Vec<_> = refusal.metadata.keys().map(String::as_str).collect();
                assert_eq!(
                    (names.as_slice(), refusal.resource),
                    (["customer_id", "x_request_id"].as_slice(), None),
                    "{path}"
                );
            }
        }
        for (path, message) in requests("contoso") {
            let code = ask(path, message).await.map_or_else(|status| status.code(), |_| Code::Ok);
            assert!(!matches!(code, Code::PermissionDenied | Code::Unauthenticated | Code::Internal), "{path}: {code}");
        }
        // Its own customer that does not exist is not found.
        let own = v1::GetCustomerRequest { customer_id: "contoso-old".into(), ..Default::default() };
        let own = house.contracts(&house.contoso).get_customer(own).await;
        assert_eq!(told(&own.unwrap_err()), (Code::NotFound, "CUSTOMER_NOT_FOUND".to_owned()));
        house.guarded.server.stop().await;
    }
}

#[tokio::test]
async fn each_check_of_a_batch_is_answered_for_its_own_customer() {
    let house = House::start(Backend::Sqlite).await;
    let checks = ["contoso", "fabrikam", "contoso", "contosa", "contoso-old"].map(check).to_vec();
    let request = v1::BatchCheckEntitlementsRequest { checks, ..Default::default() };
    let results =
        house.entitlements(&house.contoso).batch_check_entitlements(request).await.unwrap().into_inner().results;
    let codes = results.into_iter().map(|result| match result.result.unwrap() {
        v1::batch_check_result::Result::Response(_) => Code::Ok,
        v1::batch_check_result::Result::Status(status) => Code::from(status.code),
    });
    let denied = Code::PermissionDenied;
    assert_eq!(codes.collect::<Vec<_>>(), [Code::Ok, denied, Code::Ok, denied, Code::NotFound]);
    house.guarded.server.stop().await;
}

#[tokio::test]
async fn lists_show_the_callers_customers_alone() {
    for backend in BOTH {
        let house = House::start(backend).await;
        let listed = async |bearer: &Bearer| {
            let (mut ids, mut page_token) = (Vec::new(), String::new());
            loop {
                let request = v1::ListCustomersRequest { page_size: 1, page_token };
                let page = house.contracts(bearer).list_customers(request).await.unwrap().into_inner();
                ids.extend(page.customers.into_iter().map(|customer| customer.customer_id));
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    return ids;
                }
            }
        };
        assert_eq!(listed(&house.admin).await, ["contoso", "contoso2", "fabrikam"]);
        assert_eq!(listed(&house.contoso).await, ["contoso"]);
        house.guarded.server.stop().await;
    }
}

#[tokio::test]
async fn ids_of_another_customer_are_of_no_use() {
    for backend in BOTH {
        let house = House::start(backend).await;
        let (mut ours, mut theirs) = (house.ledger(&house.contoso), house.ledger(&house.admin));
        let used = theirs.consume_units(consume_of("fabrikam", 1)).await.unwrap().into_inner();
        let not_found = |reason: &str| (Code::NotFound, reason.to_owned());

        // Their block, with our customer.
        let block =
            v1::GetBlockRequest { customer_id: "contoso".into(), block_id: ede("fabrikam", 0), as_of_time: None };
        assert_eq!(told(&ours.get_block(block).await.unwrap_err()), not_found("BLOCK_NOT_FOUND"));
        let take = v1::ConsumeUnitsRequest { block_id: ede("fabrikam", 0), ..consume_of("contoso", 1) };
        assert_eq!(told(&ours.consume_units(take).await.unwrap_err()), not_found("BLOCK_NOT_FOUND"));
        let reverse = v1::ReverseEntryRequest {
            customer_id: "contoso".into(),
            entry_id: used.entries[0].entry_id.clone(),
            request_id: crate::server::request_id(),
            ..Default::default()
        };
        assert_eq!(told(&ours.reverse_entry(reverse).await.unwrap_err()), not_found("ENTRY_NOT_FOUND"));

        // Their request id is one that we have not used.
        let request_id = crate::server::request_id();
        let at = |customer_id| v1::ConsumeUnitsRequest { request_id: request_id.clone(), ..consume_of(customer_id, 1) };
        assert!(!theirs.consume_units(at("fabrikam")).await.unwrap().into_inner().replayed);
        assert!(!ours.consume_units(at("contoso")).await.unwrap().into_inner().replayed);
        assert_eq!(ours.consume_units(at("fabrikam")).await.unwrap_err().code(), Code::PermissionDenied);

        // A token of their pages and of their revision.
        let entries = |customer_id: &str, page_token: String| v1::ListEntriesRequest {
            customer_id: customer_id.into(),
            page_size: 1,
            page_token,
            ..Default::default()
        };
        let token = theirs.list_entries(entries("fabrikam", String::new())).await.unwrap().into_inner().next_page_token;
        let refusal = refused(ours.list_entries(entries("contoso", token)).await);
        assert_eq!(refusal.reason, "PAGE_TOKEN_INVALID");
        let consistency = crate::sample::at_least(&used.revision);
        let read = v1::CheckEntitlementRequest { consistency, ..check("contoso") };
        let refusal = refused(house.entitlements(&house.contoso).check_entitlement(read).await);
        assert_eq!(refusal.reason, "REVISION_INVALID");
        house.guarded.server.stop().await;
    }
}

#[tokio::test]
async fn every_write_tells_who_made_it() {
    let house = House::start(Backend::Sqlite).await;
    let customer = v1::GetCustomerRequest { customer_id: "contoso".into(), ..Default::default() };
    let customer = house.contracts(&house.contoso).get_customer(customer).await.unwrap().into_inner().customer.unwrap();
    assert_eq!(customer.actor, "admin");
    let used = house.ledger(&house.contoso).consume_units(consume_of("contoso", 1)).await.unwrap().into_inner();
    assert_eq!(used.entries[0].actor, "contoso-portal");
    house.guarded.server.stop().await;
}
