//! A canary in every part of the database's URL, and in the variables the driver reads besides:
//! it is never printed, never logged at any level in any format, and never answered.

use std::path::Path;
use std::process::{Command, Output};

use sea_orm::ConnectionTrait as _;

use crate::database::connect;
use crate::postgres::{self, Cluster};
use crate::process::Process;
use entitled::proto::v1::ListBlocksRequest;

/// In another case each, so that neither a change of case nor a decoding hides one. Names of
/// PostgreSQL's that begin with it are made by the tests.
const CANARIES: [&str; 2] = ["c4nary", "c4n%61ry"];
const FORMATS: [&str; 2] = ["text", "json"];

fn assert_silent(what: &str, told: &str) {
    let lower = told.to_lowercase();
    for canary in CANARIES {
        if let Some(at) = lower.find(canary) {
            let from = lower.floor_char_boundary(at.saturating_sub(300));
            let to = lower.floor_char_boundary(at + 100);
            panic!("{what} tells {canary}: … {} …", &lower[from..to]);
        }
    }
}

/// A command whose secrets are to be kept at the level that tells most.
fn run(command: &mut Command) -> Output {
    command.env("ENTITLED_LOG", "trace").output().unwrap()
}

fn program() -> Command {
    let mut command = Command::new("timeout");
    command.args(["-s", "TERM", "20", env!("CARGO_BIN_EXE_entitled")]);
    command
}

fn assert_output_is_silent(what: &str, output: &Output) {
    assert_silent(what, &String::from_utf8_lossy(&output.stdout));
    assert_silent(what, &String::from_utf8_lossy(&output.stderr));
}

/// By flag, by the environment and by a file.
fn assert_refused_silently(url: &str, directory: &Path) {
    for format in FORMATS {
        for command in [&["migrate", "--dry-run"][..], &["serve", "--listen", "127.0.0.1:0"]] {
            let by_flag = run(program().args(command).args(["--database", url]).env("ENTITLED_LOG_FORMAT", format));
            let mut by_variable = program();
            let by_variable =
                run(by_variable.args(command).env("ENTITLED_DATABASE_URL", url).env("ENTITLED_LOG_FORMAT", format));
            let file = directory.join("entitled.toml");
            std::fs::write(&file, format!("database = {url:?}\nlog_format = {format:?}\n")).unwrap();
            let by_file = run(program().args(command).env("ENTITLED_CONFIG", &file));
            for output in [by_flag, by_variable, by_file] {
                assert_output_is_silent(url, &output);
                assert_eq!(output.status.code(), Some(2), "{url}: {output:?}");
            }
        }
    }
}

#[test]
fn a_url_that_is_refused_is_not_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("e.db");
    let file = file.display();
    for url in [
        "postgres://me:c4nary/c4nary@db/e",
        "postgres://me:c4nary#c4nary@db/e",
        "postgres://me:c4nary?c4nary@db/e",
        "postgres://me:1/c4nary@db/e",
        "postgres://me:x@db:c4nary/e",
        "postgres://me:x@[c4nary]/e",
        "postgres://me:c4n%61ry%ff@db/e",
        "postgres://me:x@db/e#c4nary",
        "postgres://me@127.0.0.1:1/x?sslpassword=c4nary&PASSWORD=c4nary",
        "postgres://me@127.0.0.1:1/x?c4nary",
        "postgres://me@127.0.0.1:1/x?password=x&c4n%61ry=c4nary",
        "postgres://me@127.0.0.1:1/x?pass%77ord=c4nary&password=c4nary",
        "postgres://me@127.0.0.1:1/x?sslmode=c4nary",
        "postgres://me@127.0.0.1:1/x?sslmode=verify-ca&sslrootcert=c4nary",
        "postgres://me@127.0.0.1:1/x?sslcert=c4nary",
        "postgres://me@127.0.0.1:1/x?sslcert=x&sslkey=-----BEGIN%20PRIVATE%20KEY-----c4nary",
        "postgres://me@127.0.0.1:1/x?hostaddr=c4nary",
        "postgres://me@127.0.0.1:1/x?options[c4nary]=c4nary",
        "POSTGRES://me:c4nary@db/e",
        "mysql://me:c4nary@db/e",
        "c4nary",
        &format!("sqlite:{file}?key=c4nary"),
        &format!("sqlite:{file}?c4nary"),
        &format!("sqlite:{file}?mode=c4nary"),
        &format!("sqlite:{file}?vfs=c4n%61ry"),
    ] {
        assert_refused_silently(url, directory.path());
    }
    // Not even a URL at all.
    let broken = directory.path().join("broken.toml");
    std::fs::write(&broken, "database = \"postgres://me:c4nary@db/e\n").unwrap();
    assert_output_is_silent("a broken file", &run(program().args(["serve", "--config"]).arg(&broken)));
    let stray = run(program().args(["migrate", "postgres://me:c4nary@db/e"]));
    assert_output_is_silent("a stray argument", &stray);
    assert!(!stray.stderr.is_empty());
}

#[test]
fn a_database_that_is_not_reached_is_not_told() {
    let directory = tempfile::tempdir().unwrap();
    let passwords = directory.path().join("passwords");
    std::fs::write(&passwords, "c4nary-without-columns\n127.0.0.1:1:c4nary:c4nary:c4nary\n").unwrap();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&passwords, permissions).unwrap();
    for url in [
        "postgres://c4nary:c4nary@127.0.0.1:1/c4nary",
        "postgres://c4n%61ry:c4n%61ry@127.0.0.1:1/c4n%61ry?sslmode=disable",
        "postgres://c4nary:c4nary@127.0.0.1:1/c4nary?sslmode=verify-full",
        "postgres://me@c4nary.invalid/e",
        "postgres:///e?host=/c4nary&user=c4nary&password=c4nary&dbname=c4nary&port=1",
        "postgres://me@127.0.0.1:1/e",
    ] {
        for format in FORMATS {
            // A file of passwords is looked into where there is no password yet.
            for (name, value) in [("PGPASSWORD", Path::new("c4nary")), ("PGPASSFILE", &passwords)] {
                let mut program = program();
                let program = program.args(["migrate", "--database", url]).env(name, value);
                let program = program.env("PGUSER", "c4nary").env("PGDATABASE", "c4nary").env("PGOPTIONS", "c4nary");
                let output = run(program.env("ENTITLED_LOG_FORMAT", format));
                assert_eq!(output.status.code(), Some(1), "{url}: {output:?}");
                assert_output_is_silent(url, &output);
            }
        }
    }
}

#[tokio::test]
async fn a_session_that_is_refused_is_not_told() {
    let server = postgres::cluster().server_url.clone();
    let host = server.split_once('@').unwrap().1;
    for url in [format!("postgres://c4nary@{host}/postgres"), format!("{server}/c4nary")] {
        for format in FORMATS {
            let output = run(program().args(["migrate", "--database", &url]).env("ENTITLED_LOG_FORMAT", format));
            assert_eq!(output.status.code(), Some(1), "{url}: {output:?}");
            assert_output_is_silent(&url, &output);
            let told = String::from_utf8(output.stderr).unwrap();
            assert!(told.contains("SQLSTATE"), "{told}");
        }
    }
}

#[tokio::test]
async fn a_server_and_its_answers_do_not_tell_its_database() {
    for format in FORMATS {
        let mut cluster = Cluster::start().unwrap();
        let admin = connect(&format!("{}/postgres", cluster.server_url)).await;
        for statement in
            ["CREATE ROLE c4nary SUPERUSER LOGIN PASSWORD 'c4nary'", "CREATE DATABASE \"C4nary\" OWNER c4nary"]
        {
            admin.execute_unprepared(statement).await.unwrap();
        }
        admin.close().await.unwrap();
        let host = cluster.server_url.split_once('@').unwrap().1.to_owned();
        let url = format!("postgres://c4nary:c4n%61ry@{host}/C4n%61ry?sslmode=prefer");
        for more in [&["--dry-run"][..], &[], &[]] {
            let mut program = program();
            let output =
                run(program.args(["migrate", "--database", &url]).args(more).env("ENTITLED_LOG_FORMAT", format));
            assert_eq!(output.status.code(), Some(0), "{output:?}");
            assert_output_is_silent("migrate", &output);
        }
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("log");
        let server = Process::start_logging(&url, format, &log);
        let mut ledger = server.ledger().await;
        for is_away in [false, true] {
            if is_away {
                cluster.kill();
            }
            let request = ListBlocksRequest { customer_id: "nobody".to_owned(), ..Default::default() };
            let status = ledger.list_blocks(request).await.unwrap_err();
            assert_silent("an answer", &format!("{status:?}"));
        }
        // Not on the thread of the client, which has to let its connection go.
        tokio::task::spawn_blocking(move || server.stop()).await.unwrap();
        let log = std::fs::read_to_string(log).unwrap();
        assert!(log.contains("TRACE"), "the log is one of level trace");
        assert_silent("the log", &log);
    }
}
