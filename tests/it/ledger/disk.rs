//! SQLite on a disk that fails, and with files that are taken away: nothing is acknowledged that is not kept, and what
//! is refused is not there.

use std::path::{Path, PathBuf};

use entitled::proto::v1;
use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use sea_orm::{ConnectionTrait as _, DatabaseConnection, Statement};
use tonic::Code;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use super::samples::*;
use crate::database::connect;
use crate::process::Process;
use crate::server::{Backend, TestServer};

/// A server in a process of its own, on a file that holds one customer with a block.
struct Disk {
    server: Process,
    ledger: LedgerServiceClient<Channel>,
    database: PathBuf,
    _house: TestServer,
}

impl Disk {
    async fn start() -> Self {
        let House { server, .. } = House::start(Backend::Sqlite).await;
        let database = PathBuf::from(server.database().trim_start_matches("sqlite:"));
        // The test's own server goes on elsewhere, and keeps the directory.
        let copy = database.with_file_name("served.db");
        let (house, ()) = server.give_way(async { std::fs::copy(&database, &copy).map(|_| ()).unwrap() }).await;
        let server = Process::start(&format!("sqlite:{}", copy.display()));
        let ledger = server.ledger().await;
        Self { server, ledger, database: copy, _house: house }
    }

    /// A minute, and what was told.
    async fn consume(&mut self) -> (String, Result<(), (Code, String)>) {
        let request = v1::ConsumeUnitsRequest { quantity: quantity(1, v1::Unit::Minutes), ..consume(1) };
        let id = request.request_id.clone();
        (id, self.ledger.consume_units(request).await.map(|_| ()).map_err(|status| told(&status)))
    }

    async fn until_well(&mut self) -> String {
        loop {
            match self.consume().await {
                (id, Ok(())) => return id,
                (_, outcome) => assert!(unavailable(&outcome), "{outcome:?}"),
            }
        }
    }

    /// Puts something else where an index begins, past SQLite.
    async fn overwrite(&self, index: &str, page: &[u8]) {
        let connection = self.connection().await;
        let sql = format!("SELECT rootpage FROM sqlite_schema WHERE name = '{index}'");
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        connection.close().await.unwrap();
        let number = usize::try_from(row.try_get_by_index::<i64>(0).unwrap()).unwrap();
        let mut bytes = std::fs::read(&self.database).unwrap();
        bytes[(number - 1) * 4096..][..page.len()].copy_from_slice(page);
        std::fs::write(&self.database, bytes).unwrap();
    }

    /// Past the server.
    async fn connection(&self) -> DatabaseConnection {
        connect(&format!("sqlite:{}", self.database.display())).await
    }

    async fn kept(&self) -> Vec<String> {
        let connection = self.connection().await;
        let sql = "SELECT request_id FROM entry WHERE kind = 'CONSUME'";
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

fn unavailable(outcome: &Result<(), (Code, String)>) -> bool {
    matches!(outcome, Err((Code::Unavailable, reason)) if ["STORE_UNAVAILABLE", "COMMIT_OUTCOME_UNKNOWN"].contains(&reason.as_str()))
}

/// Before, every write after the first that failed was answered OK and never committed.
#[tokio::test]
async fn after_a_failed_disk_write_nothing_acknowledged_is_lost() {
    let mut disk = Disk::start().await;
    let mut acknowledged = vec![disk.until_well().await];
    for _ in 0..3 {
        // Less than the log has: a log that begins anew would find room in it.
        disk.server.limit_file_size(Some(1));
        for _ in 0..5 {
            let (_, outcome) = disk.consume().await;
            assert!(unavailable(&outcome), "{outcome:?}");
        }
        disk.server.limit_file_size(None);
        // Without a restart.
        acknowledged.push(disk.until_well().await);
        for _ in 0..50 {
            let (id, outcome) = disk.consume().await;
            outcome.unwrap();
            acknowledged.push(id);
        }
    }
    disk.server.signal();
    let kept = disk.kept().await;
    let lost = acknowledged.iter().filter(|id| !kept.contains(id)).count();
    assert_eq!((lost, kept.len()), (0, acknowledged.len()), "lost, and kept");
}

#[tokio::test]
async fn a_file_that_is_taken_away_takes_no_writes_until_it_is_back() {
    for suffix in ["", "-wal"] {
        let mut disk = Disk::start().await;
        disk.until_well().await;
        let (path, elsewhere) = (beside(&disk.database, suffix), beside(&disk.database, ".elsewhere"));
        std::fs::rename(&path, &elsewhere).unwrap();
        let (_, outcome) = disk.consume().await;
        assert!(unavailable(&outcome), "`{suffix}` moved away: {outcome:?}");
        std::fs::write(&path, "another file").unwrap();
        let (_, outcome) = disk.consume().await;
        assert!(unavailable(&outcome), "`{suffix}` replaced: {outcome:?}");
        std::fs::rename(&elsewhere, &path).unwrap();
        disk.consume().await.1.unwrap();
        disk.server.signal();
        assert_eq!(disk.kept().await.len(), 2);
    }
}

#[tokio::test]
async fn a_second_server_on_the_same_file_is_refused() {
    let disk = Disk::start().await;
    let refused = Process::refused(&format!("sqlite:{}", disk.database.display()), &[]);
    assert!(refused.contains("another server is serving"), "{refused}");
}

#[tokio::test]
async fn a_damaged_file_refuses_the_start() {
    let disk = Disk::start().await;
    disk.server.signal();
    let damaged = disk.database.with_file_name("damaged.db");
    let mut bytes = std::fs::read(&disk.database).unwrap();
    // Every page but the first, which says what it is.
    bytes.iter_mut().skip(4096).for_each(|byte| *byte = byte.wrapping_mul(31).wrapping_add(7));
    std::fs::write(&damaged, bytes).unwrap();
    let refused = Process::refused(&format!("sqlite:{}", damaged.display()), &[]);
    assert!(refused.contains("damaged") || refused.contains("malformed"), "{refused}");
    std::fs::write(&damaged, "this is no database, whatever its name says; it is long enough to look like one")
        .unwrap();
    let refused = Process::refused(&format!("sqlite:{}", damaged.display()), &[]);
    assert!(refused.contains("not a database"), "{refused}");
}

/// An index without entries is well formed; by that of the requests a repetition would be carried out again.
#[tokio::test]
async fn an_index_without_its_entries_refuses_the_start() {
    let mut disk = Disk::start().await;
    disk.until_well().await;
    disk.server.tell("TERM");
    assert_eq!(disk.server.exit_code().await, Some(0));
    // A leaf of an index with no cells.
    disk.overwrite("sqlite_autoindex_request_1", &[0x0a, 0, 0, 0, 0, 0x10, 0, 0]).await;
    let refused = Process::refused(&format!("sqlite:{}", disk.database.display()), &[]);
    assert!(refused.contains("damaged") && refused.contains("sqlite_autoindex_request_1"), "{refused}");
}

/// A page of an index that no check needs is overwritten.
#[tokio::test]
async fn a_damaged_file_is_served_read_only_by_choice() {
    let mut disk = Disk::start().await;
    disk.until_well().await;
    // Its end brings everything into the file itself.
    disk.server.tell("TERM");
    assert_eq!(disk.server.exit_code().await, Some(0));
    disk.overwrite("entry_reversed", &[0x5a; 4096]).await;
    let url = format!("sqlite:{}", disk.database.display());
    let refused = Process::refused(&url, &[]);
    assert!(refused.contains("damaged"), "{refused}");

    disk.server = Process::start_with(&url, &[("ENTITLED_ON_DAMAGE", "read_only")], None);
    disk.ledger = disk.server.ledger().await;
    let request = v1::ListBlocksRequest { customer_id: "contoso".into(), ..Default::default() };
    // The server listens before it has looked at its file.
    let blocks = loop {
        match disk.ledger.list_blocks(request.clone()).await {
            Ok(answer) => break answer.into_inner().blocks,
            Err(status) => assert_eq!(status.code(), Code::Unavailable, "{status:?}"),
        }
    };
    assert_eq!(blocks[0].used, 1);
    assert!(unavailable(&disk.consume().await.1));
    let mut health = HealthClient::new(disk.server.channel().await);
    let mut status = async |service: &str| {
        let request = HealthCheckRequest { service: service.to_owned() };
        health.check(request).await.unwrap().into_inner().status()
    };
    assert_eq!(status("entitled.v1.LedgerService").await, ServingStatus::NotServing);
    assert_eq!(status("entitled.v1.ContractService").await, ServingStatus::NotServing);
    while status("entitled.v1.EntitlementService").await != ServingStatus::Serving {
        tokio::task::yield_now().await;
    }
}
