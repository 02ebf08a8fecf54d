//! A log that cannot be written hinders nobody.

use std::fs::OpenOptions;
use std::io::Read as _;
use std::process::Stdio;

use crate::process::Process;
use crate::sample::check;

/// Everything is logged, so that something is to be told of every call.
const LOUD: [(&str, &str); 1] = [("ENTITLED_LOG", "trace")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_on_a_full_disk_hinders_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("entitled.db").display());
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut server = Process::start_with(&database, &LOUD, Some(full.into()));
    calls_are_answered(&server).await;
    server.tell("TERM");
    assert_eq!(server.exit_code().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_reader_is_gone_hinders_nobody() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("entitled.db").display());
    let mut server = Process::start_with(&database, &LOUD, Some(Stdio::piped()));
    drop(server.errors());
    calls_are_answered(&server).await;
    server.tell("TERM");
    assert_eq!(server.exit_code().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_reader_has_stalled_hinders_nobody_and_tells_what_was_lost() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("entitled.db").display());
    let mut server = Process::start_with(&database, &LOUD, Some(Stdio::piped()));
    let mut errors = server.errors();
    // Very much more than a pipe and the queue take.
    for _ in 0..10 {
        calls_are_answered(&server).await;
    }
    let reader = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        errors.read_to_string(&mut text).unwrap();
        text
    });
    // With a reader again, lines are written again.
    calls_are_answered(&server).await;
    server.tell("TERM");
    assert_eq!(server.exit_code().await, Some(0));
    let text = reader.await.unwrap();
    let lost = text.lines().any(|line| line.contains("log lines were dropped since the start"));
    assert!(lost, "{} lines and none tells of those that were lost", text.lines().count());
    for line in text.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_reader_does_not_hold_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", directory.path().join("entitled.db").display());
    let mut server = Process::start_with(&database, &LOUD, Some(Stdio::piped()));
    let errors = server.errors();
    for _ in 0..10 {
        calls_are_answered(&server).await;
    }
    server.tell("TERM");
    assert_eq!(server.exit_code().await, Some(0));
    drop(errors);
}

async fn calls_are_answered(server: &Process) {
    let channel = server.channel().await;
    let mut entitlements =
        entitled::proto::v1::entitlement_service_client::EntitlementServiceClient::new(channel.clone());
    for _ in 0..50 {
        let status = entitlements.check_entitlement(check("nobody")).await.unwrap_err();
        assert_eq!(status.code(), tonic::Code::NotFound, "{status:?}");
    }
}
