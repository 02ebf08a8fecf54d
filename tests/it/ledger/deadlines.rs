//! R40, R41: a deadline is told as one, with what became of the write, and never as anything else.

use entitled::proto::v1;
use entitled::proto::v1::catalog_service_client::CatalogServiceClient;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use sea_orm::ConnectionTrait as _;
use tonic::{Code, Request};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::on_both;
use super::samples::*;
use crate::raw::{Patient, patient, within};
use crate::sample::{check, customer};
use crate::server::{Backend, request_id};

on_both!(
    a_write_whose_deadline_has_passed_is_not_made,
    reads_are_told_the_same,
    a_write_under_way_goes_on_and_one_behind_it_is_not_begun,
    a_contract_write_under_way_goes_on,
    a_deadline_that_cannot_be_read_is_refused,
);

/// More than a write takes to begin, and less than it waits for what others hold.
const SOME_TIME: &str = "1S";

fn passed() -> (Code, String) {
    (Code::DeadlineExceeded, "DEADLINE_PASSED".to_owned())
}

fn unsettled() -> (Code, String) {
    (Code::DeadlineExceeded, "COMMIT_OUTCOME_UNKNOWN".to_owned())
}

impl House {
    fn origin(&self) -> http::Uri {
        format!("http://{}", self.server.address).parse().unwrap()
    }

    fn patient_ledger(&self) -> LedgerServiceClient<Patient> {
        LedgerServiceClient::with_origin(patient(), self.origin())
    }

    fn patient_contracts(&self) -> ContractServiceClient<Patient> {
        ContractServiceClient::with_origin(patient(), self.origin())
    }
}

fn renamed(display_name: &str) -> v1::UpdateCustomerRequest {
    let customer = v1::Customer { display_name: display_name.to_owned(), ..customer("contoso") };
    v1::UpdateCustomerRequest { customer: Some(customer), request_id: request_id(), ..Default::default() }
}

async fn a_write_whose_deadline_has_passed_is_not_made(house: House) {
    let (mut ledger, mut contracts) = (house.patient_ledger(), house.patient_contracts());
    for _ in 0..10 {
        for timeout in ["1n", "0S"] {
            assert_eq!(refused(ledger.adjust_block(within(timeout, adjust(1))).await), passed());
            assert_eq!(refused(contracts.update_customer(within(timeout, renamed("Late"))).await), passed());
        }
    }
    assert_eq!(house.block(&ede("contoso", 0)).await, left(0, 0));
    assert_eq!(house.count("SELECT COUNT(*) FROM customer_version WHERE customer_id = 'contoso'").await, 1);
    house.stop().await;
}

async fn reads_are_told_the_same(house: House) {
    let (mut ledger, mut contracts) = (house.patient_ledger(), house.patient_contracts());
    let mut entitlements = EntitlementServiceClient::with_origin(patient(), house.origin());
    let mut catalog = CatalogServiceClient::with_origin(patient(), house.origin());
    let mut health = HealthClient::with_origin(patient(), house.origin());
    let customer = || v1::GetCustomerRequest { customer_id: "contoso".into(), ..Default::default() };
    let blocks = || v1::ListBlocksRequest { customer_id: "contoso".into(), ..Default::default() };
    let late = "1n";
    assert_eq!(refused(entitlements.check_entitlement(within(late, check("contoso"))).await), passed());
    assert_eq!(refused(ledger.list_blocks(within(late, blocks())).await), passed());
    assert_eq!(refused(contracts.get_customer(within(late, customer())).await), passed());
    assert_eq!(refused(catalog.list_services(within(late, v1::ListServicesRequest::default())).await), passed());
    assert_eq!(refused(health.check(within(late, HealthCheckRequest::default())).await), passed());
    if house.backend == Backend::Postgres {
        // A reader of SQLite waits for nobody.
        let blocker = house.connection().await;
        blocker.execute_unprepared("BEGIN").await.unwrap();
        blocker.execute_unprepared("LOCK TABLE customer IN ACCESS EXCLUSIVE MODE").await.unwrap();
        assert_eq!(refused(contracts.get_customer(within("200m", customer())).await), passed());
        assert_eq!(refused(ledger.list_blocks(within("200000u", blocks())).await), passed());
        blocker.execute_unprepared("COMMIT").await.unwrap();
    }
    contracts.get_customer(within("1M", customer())).await.unwrap();
    house.stop().await;
}

async fn a_write_under_way_goes_on_and_one_behind_it_is_not_begun(house: House) {
    let mut ledger = house.patient_ledger();
    let blocker = house.hold().await;
    let (first, second) = (consume(1), consume(2));
    assert_eq!(refused(ledger.consume_units(within(SOME_TIME, first.clone())).await), unsettled());
    assert_eq!(refused(ledger.consume_units(within("400m", second)).await), passed());
    blocker.execute_unprepared("COMMIT").await.unwrap();
    let again = ledger.consume_units(first).await.unwrap().into_inner();
    assert!(again.replayed, "a repetition tells what became of it");
    assert_eq!(house.block(&ede("contoso", 0)).await, left(60, 0));
    house.stop().await;
}

async fn a_contract_write_under_way_goes_on(house: House) {
    let mut contracts = house.patient_contracts();
    let blocker = house.hold().await;
    let update = renamed("Contoso plc");
    assert_eq!(refused(contracts.update_customer(within(SOME_TIME, update.clone())).await), unsettled());
    blocker.execute_unprepared("COMMIT").await.unwrap();
    blocker.close().await.unwrap();
    let again = contracts.update_customer(update).await.unwrap().into_inner();
    assert_eq!(again.customer.unwrap().display_name, "Contoso plc");
    assert_eq!(house.count("SELECT COUNT(*) FROM customer_version WHERE customer_id = 'contoso'").await, 2);
    if house.backend == Backend::Postgres {
        let open = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
                    AND state LIKE 'idle in transaction%'";
        assert_eq!(house.count(open).await, 0);
    }
    house.stop().await;
}

async fn a_deadline_that_cannot_be_read_is_refused(house: House) {
    let mut ledger = house.patient_ledger();
    for wrong in ["", "m", "5", "5x", "-5m", "123456789m", "5 m"] {
        let outcome = ledger.consume_units(within(wrong, consume(1))).await;
        assert_eq!(refused(outcome), invalid("FIELD_INVALID"), "{wrong:?}");
    }
    ledger.consume_units(Request::new(consume(1))).await.unwrap();
    assert_eq!(house.block(&ede("contoso", 0)).await, left(60, 0));
    house.stop().await;
}
