//! Zone data of the system: newer data is used, older data is not.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use entitled::model::ZoneTable;
use entitled::proto::v1;
use entitled::proto::v1::contract_service_client::ContractServiceClient;
use entitled::proto::v1::entitlement_service_client::EntitlementServiceClient;
use entitled::proto::v1::server_service_client::ServerServiceClient;
use tonic::transport::Channel;

use crate::process::Process;
use crate::sample::{LONDON, base, check, document, time};

/// Data of `version` that says of London what is true of Tokyo.
fn zoneinfo(version: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("Europe")).unwrap();
    fs::write(directory.path().join("tzdata.zi"), format!("# version {version}\n")).unwrap();
    let tokyo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/zoneinfo/Tokyo");
    fs::copy(tokyo, directory.path().join("Europe/London")).unwrap();
    directory
}

fn version(environment: &[(&str, &str)], arguments: &[&str]) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
    command.env_remove("TZDIR").envs(environment.iter().copied()).arg("version").args(arguments);
    let output = command.args(["--output", "json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn the_version_of_the_zone_data_is_told() {
    let (newer, older) = (zoneinfo("2999a"), zoneinfo("2001a"));
    let [newer, older] = [&newer, &older].map(|it| it.path().to_str().unwrap());
    let embedded = ZoneTable::embedded().version().to_owned();
    for (environment, arguments, expected) in [
        (&[][..], &["--zoneinfo", newer][..], "2999a"),
        (&[("ENTITLED_ZONEINFO", newer)], &[], "2999a"),
        (&[("TZDIR", newer)], &[], "2999a"),
        (&[("ENTITLED_ZONEINFO", older), ("TZDIR", newer)], &[], &embedded),
        (&[("TZDIR", newer)], &["--zoneinfo", "/no/such/directory"], &embedded),
    ] {
        let told = version(environment, arguments);
        assert_eq!(told["zone_data"]["version"], *expected, "{environment:?} {arguments:?}: {told}");
        assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    }
}

#[tokio::test]
async fn a_server_answers_by_the_newer_data() {
    let (newer, older) = (zoneinfo("2999a"), zoneinfo("2001a"));
    // The term of the order ends with the last day of January as London's clocks show it.
    for (zoneinfo, end) in [(&newer, "2027-01-31T15:00:00Z"), (&older, "2027-02-01T00:00:00Z")] {
        let directory = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", directory.path().join("entitled.db").display());
        let environment = [("ENTITLED_ZONEINFO", zoneinfo.path().to_str().unwrap())];
        let server = Process::start_with(&database, &environment, None);
        let channel = server.channel().await;
        let request = v1::ApplyContractRequest { work_orders: vec![base("")], ..document("contoso") };
        ContractServiceClient::new(channel.clone()).apply_contract(request).await.unwrap();
        let ask = v1::CheckEntitlementRequest {
            location_id: LONDON.to_owned(),
            service_id: "problem-resolution-support".to_owned(),
            ..check("contoso")
        };
        let answer = EntitlementServiceClient::new(channel).check_entitlement(ask).await.unwrap().into_inner();
        assert_eq!(answer.valid_until, time(end));
        server.stop();
    }
}

/// What a running server says: the end of its answer, and the version of its zone data.
async fn told(channel: &Channel) -> (Option<prost_types::Timestamp>, String) {
    let ask = v1::CheckEntitlementRequest {
        location_id: LONDON.to_owned(),
        service_id: "problem-resolution-support".to_owned(),
        ..check("contoso")
    };
    let answer = EntitlementServiceClient::new(channel.clone()).check_entitlement(ask).await.unwrap().into_inner();
    let info = ServerServiceClient::new(channel.clone()).get_server_info(v1::GetServerInfoRequest {}).await.unwrap();
    (answer.valid_until, info.into_inner().zone_data_version)
}

async fn until_told(channel: &Channel, end: &str, version: &str) {
    let wanted = (time(end), version.to_owned());
    let told = async {
        while told(channel).await != wanted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let outcome = tokio::time::timeout(Duration::from_secs(60), told).await;
    assert!(outcome.is_ok(), "not {wanted:?} but {:?}", self::told(channel).await);
}

#[tokio::test]
async fn a_running_server_takes_newer_data_up_and_lets_it_go() {
    let directory = zoneinfo("2001a");
    let version_file = directory.path().join("tzdata.zi");
    let database = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", database.path().join("entitled.db").display());
    let environment = [("TZDIR", directory.path().to_str().unwrap())];
    let server = Process::start_with(&database, &environment, None);
    let channel = server.channel().await;
    let request = v1::ApplyContractRequest { work_orders: vec![base("")], ..document("contoso") };
    ContractServiceClient::new(channel.clone()).apply_contract(request).await.unwrap();
    let embedded = ZoneTable::embedded().version().to_owned();
    // The contract is in memory when the data change.
    assert_eq!(told(&channel).await, (time("2027-02-01T00:00:00Z"), embedded.clone()));
    let next = directory.path().join("next");
    fs::write(&next, "# version 2999a\n").unwrap();
    fs::rename(&next, &version_file).unwrap();
    until_told(&channel, "2027-01-31T15:00:00Z", "2999a").await;
    fs::remove_file(&version_file).unwrap();
    until_told(&channel, "2027-02-01T00:00:00Z", &embedded).await;
    server.stop();
}
