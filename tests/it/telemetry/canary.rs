//! What is secret is never told: neither at the level that tells most, nor to the caller.

use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use entitled::proto::v1::{ConsumeUnitsRequest, Quantity, Unit};
use tonic::Request;

use super::Logged;
use super::collector::Collector;
use crate::sample::{check, document};
use crate::server::request_id;

const CANARY: &str = "c4nary";

fn with_secrets<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    for (name, value) in [
        ("authorization", "Bearer c4nary.token"),
        ("x-api-key", "c4nary-key"),
        ("x-forwarded-user", "c4nary-user"),
        ("cookie", "session=c4nary"),
        ("baggage", "secret=c4nary"),
    ] {
        request.metadata_mut().insert(name, value.parse().unwrap());
    }
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_token_no_header_and_no_text_of_a_contract_is_logged_answered_or_sent() {
    for format in ["json", "text"] {
        let (collector, endpoint) = Collector::start().await;
        let server = Logged::start(&[
            ("ENTITLED_LOG", "trace"),
            ("ENTITLED_LOG_FORMAT", format),
            ("ENTITLED_LOG_CALLS", "all"),
            ("ENTITLED_OTEL_ENDPOINT", &endpoint),
            ("ENTITLED_OTEL_TRACE_SAMPLE", "1"),
        ]);
        let channel = server.process.channel().await;
        let mut told = String::new();
        let mut document = document("contoso");
        if let Some(customer) = &mut document.customer {
            customer.display_name = "c4nary Ltd".to_owned();
            customer.contacts[0].email = Some("c4nary@example.org".to_owned());
        }
        let mut contracts = ContractServiceClient::new(channel.clone());
        contracts.apply_contract(with_secrets(document.clone())).await.unwrap();
        told += &format!("{:?}", contracts.apply_contract(with_secrets(document)).await.map(|_| ()));
        let mut entitlements = EntitlementServiceClient::new(channel.clone());
        told += &format!("{:?}", entitlements.check_entitlement(with_secrets(check("contoso"))).await.map(|_| ()));
        told += &format!("{:?}", entitlements.check_entitlement(with_secrets(check("nobody"))).await.map(|_| ()));
        let consume = ConsumeUnitsRequest {
            customer_id: "contoso".to_owned(),
            quantity: Some(Quantity { amount: 1, unit: Unit::Hours.into() }),
            note: "c4nary case".to_owned(),
            request_id: request_id(),
            ..Default::default()
        };
        told += &format!("{:?}", LedgerServiceClient::new(channel).consume_units(with_secrets(consume)).await);
        let log = server.stop().await;
        assert!(log.contains("ApplyContract"), "{log}");
        let found = log.lines().find(|line| line.contains(CANARY));
        assert_eq!(found, None, "{format}");
        assert!(!told.contains(CANARY), "{told}");
        assert!(!collector.spans().is_empty());
        let sent = format!("{:?}{:?}", collector.spans(), collector.metrics());
        assert!(!sent.contains(CANARY), "{sent}");
    }
}
