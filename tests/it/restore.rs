//! A backup, writes after it, its restore, and what was told of the writes that it does not have.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use entitled::proto::v1;
use entitled::service::token;
use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;
use tonic::{Code, Response, Status};

use crate::database::connect;
use crate::sample::{DUBLIN, ENGINEERING, at_least, check, customer, hours, refused, stored};
use crate::server::{Backend, TestServer, request_id};

/// A copy of a server's database, made as docs/OPERATIONS.md says while the server runs.
struct Backup {
    url: String,
    copy: PathBuf,
    _directory: TempDir,
}

impl Backup {
    async fn of(server: &TestServer) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (url, copy) = (server.database(), directory.path().join("backup"));
        if file(&url).is_some() {
            // As `.backup` of sqlite3, which may not be there.
            let connection = connect(&url).await;
            connection.execute_unprepared(&format!("VACUUM INTO '{}'", copy.display())).await.unwrap();
            connection.close().await.unwrap();
        } else {
            run(program("pg_dump").args(["--format=custom", "--file"]).arg(&copy).arg(&url)).await;
        }
        Self { url, copy, _directory: directory }
    }

    /// Puts it in the place of the database, which no server uses.
    async fn restore(&self) {
        let Some(file) = file(&self.url) else {
            run(program("pg_restore").args(["--clean", "--if-exists", "--dbname", &self.url]).arg(&self.copy)).await;
            return;
        };
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
        }
        std::fs::copy(&self.copy, &file).unwrap();
    }

    async fn begin_epoch(&self) {
        let told = run(migrate(&self.url).arg("--new-epoch")).await;
        assert!(told.contains("is up to date") && told.contains("\nepoch 2 begins: "), "{told}");
    }
}

/// The file of a database of SQLite.
fn file(url: &str) -> Option<PathBuf> {
    url.strip_prefix("sqlite:").map(PathBuf::from)
}

fn migrate(url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
    command.args(["migrate", "--database", url]);
    command
}

/// One of PostgreSQL's, of the newest version there is: it reads every older one.
fn program(name: &str) -> Command {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let directories = versions.map(|version| version.unwrap().path());
    let newest = directories.max_by_key(|path| path.file_name().unwrap().to_str().unwrap().parse::<u32>().ok());
    let installed = newest.map(|path| path.join("bin").join(name)).filter(|path| path.exists());
    Command::new(installed.unwrap_or_else(|| Path::new(name).to_owned()))
}

async fn output(command: &mut Command) -> Output {
    let mut command = std::mem::replace(command, Command::new("false"));
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What a command tells that succeeds.
async fn run(command: &mut Command) -> String {
    let output = output(command).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

async fn consume(server: &TestServer, request_id: &str) -> v1::ConsumeUnitsResponse {
    let request = v1::ConsumeUnitsRequest {
        customer_id: "contoso".to_owned(),
        location_id: DUBLIN.to_owned(),
        product_id: "azure".to_owned(),
        service_id: ENGINEERING.to_owned(),
        quantity: hours(1),
        request_id: request_id.to_owned(),
        ..Default::default()
    };
    server.ledger().consume_units(request).await.unwrap().into_inner()
}

/// Renames the customer; its etag.
async fn rename(server: &TestServer, name: &str, etag: &str) -> Result<String, Status> {
    let customer = v1::Customer { display_name: name.to_owned(), ..customer("contoso") };
    let request = v1::UpdateCustomerRequest {
        customer: Some(customer),
        request_id: request_id(),
        etag: etag.to_owned(),
        ..Default::default()
    };
    server.contracts().update_customer(request).await.map(|answer| answer.into_inner().customer.unwrap().etag)
}

async fn ask(server: &TestServer, revision: &str) -> Result<Response<v1::CheckEntitlementResponse>, Status> {
    let request = v1::CheckEntitlementRequest { consistency: at_least(revision), ..check("contoso") };
    server.entitlements().check_entitlement(request).await
}

/// Whatever asks with the token is told that it is of another epoch.
async fn is_of_another_epoch(server: &TestServer, revision: &str) {
    let mut client = server.entitlements();
    let list = v1::ListEntitlementsRequest {
        customer_id: "contoso".to_owned(),
        consistency: at_least(revision),
        ..Default::default()
    };
    let target = v1::GetResponseTargetRequest {
        customer_id: "contoso".to_owned(),
        location_id: DUBLIN.to_owned(),
        product_id: "azure".to_owned(),
        severity: v1::Severity::A.into(),
        consistency: at_least(revision),
        ..Default::default()
    };
    let batch = v1::BatchCheckEntitlementsRequest {
        checks: vec![check("contoso")],
        at_least_revisions: vec![revision.to_owned()],
        ..Default::default()
    };
    let refusals = [
        ("consistency.at_least_revision", refused(ask(server, revision).await)),
        ("consistency.at_least_revision", refused(client.list_entitlements(list).await)),
        ("consistency.at_least_revision", refused(client.get_response_target(target).await)),
        ("at_least_revisions[0]", refused(client.batch_check_entitlements(batch).await)),
    ];
    for (field, refusal) in refusals {
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::InvalidArgument, "EPOCH_MISMATCH"), "{refusal:?}");
        assert_eq!(refusal.violations, [format!("{field} EPOCH_MISMATCH")]);
    }
}

async fn a_restored_backup_tells_its_revisions_from_those_that_were_lost(backend: Backend) {
    let server = TestServer::start(backend).await;
    let before = stored(&server, "contoso").await;
    let older = token::seal("rev1", &["contoso", "1"]);
    assert!(ask(&server, &older).await.is_ok(), "a token of before there were epochs");
    let etag_before = rename(&server, "one", "").await.unwrap();
    let backup = Backup::of(&server).await;

    // What the backup does not have.
    let request_ids = [request_id(), request_id()];
    consume(&server, &request_ids[0]).await;
    let lost = consume(&server, &request_ids[1]).await;
    let lost_etag = rename(&server, "two", &etag_before).await.unwrap();
    let lost_decision = ask(&server, &lost.revision).await.unwrap().into_inner();

    let (server, ()) = server
        .give_way(async {
            backup.restore().await;
            backup.begin_epoch().await;
        })
        .await;
    for token in [&lost.revision, &before, &older] {
        is_of_another_epoch(&server, token).await;
    }
    // A write whose effect was lost is made again, and is no repetition.
    let again = consume(&server, &request_ids[1]).await;
    assert!(!again.replayed && again.revision != lost.revision);
    assert!(ask(&server, &again.revision).await.is_ok());
    // The customer comes to the revision of the lost token, and to the version of the lost etag, with other content.
    consume(&server, &request_ids[0]).await;
    let stale = rename(&server, "three", &lost_etag).await.unwrap_err();
    assert_eq!(crate::sample::Refusal::of(&stale).reason, "ETAG_MISMATCH");
    let etag = rename(&server, "other", "").await.unwrap();
    let now = ask(&server, "").await.unwrap().into_inner();
    let revision_of = |revision: &str| token::open("rev2", revision).unwrap()[1].clone();
    assert_eq!(revision_of(&now.revision), revision_of(&lost_decision.revision));
    assert_ne!(now.decision_id, lost_decision.decision_id);
    is_of_another_epoch(&server, &lost.revision).await;
    for lost in [&lost_etag, &etag_before] {
        let stale = rename(&server, "three", lost).await.unwrap_err();
        assert_eq!(crate::sample::Refusal::of(&stale).reason, "ETAG_MISMATCH");
    }
    assert!(rename(&server, "three", &etag).await.is_ok());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite_a_restored_backup_tells_its_revisions_from_those_that_were_lost() {
    a_restored_backup_tells_its_revisions_from_those_that_were_lost(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_a_restored_backup_tells_its_revisions_from_those_that_were_lost() {
    a_restored_backup_tells_its_revisions_from_those_that_were_lost(Backend::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_epoch_begins_beside_a_server_on_sqlite() {
    let server = TestServer::start(Backend::Sqlite).await;
    let revision = stored(&server, "contoso").await;
    let refused = output(migrate(&server.database()).arg("--new-epoch")).await;
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && told.contains("another server is serving"), "{told}");
    assert!(ask(&server, &revision).await.is_ok());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_on_postgres_ends_when_another_epoch_begins_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = TestServer::config(directory.path());
    config.store.database = crate::postgres::database().await.parse().unwrap();
    entitled::server::migrate(&config, false).await.unwrap();
    let (ready, bound) = tokio::sync::oneshot::channel();
    let ready = move |address| ready.send(address).unwrap();
    let server = tokio::spawn(entitled::server::serve(config.clone(), ready, std::future::pending()));
    bound.await.unwrap();
    entitled::server::begin_epoch(&config).await.unwrap();
    let why = server.await.unwrap().unwrap_err().to_string();
    assert!(why.contains("the database is in another epoch"), "{why}");
}
