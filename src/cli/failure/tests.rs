//! A write without an answer tells how to find out what became of it.

use clap::Parser as _;
use tokio::net::TcpListener;
use tonic::Code;
use tonic_types::{ErrorDetails, StatusExt as _};

use super::*;
use crate::cli::{Cli, dispatch};
use crate::config::Config;

const ID: &str = "0190a8b0-0000-7000-8000-000000000001";

/// An address where every connection is dropped once it has said something.
async fn dropping() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            connection.readable().await.unwrap();
        }
    });
    address
}

/// How a command line fails there.
async fn failure(address: &str, command: &str) -> String {
    let words = ["entitled", "--address", address].into_iter().chain(command.split_whitespace());
    let cli = Cli::try_parse_from(words).unwrap();
    let screen = Screen::plain(80);
    let format = Format::chosen(cli.global.output).unwrap();
    let failure = dispatch(cli, Config::client(), format, screen, screen).await.unwrap_err();
    assert!(format!("{:?}", failure.exit_code()).contains(if command.contains("balance") { "6" } else { "7" }));
    let json: serde_json::Value = serde_json::from_str(&failure.json()).unwrap();
    let info = &json["details"][0];
    assert_eq!(info["@type"], "type.googleapis.com/google.rpc.ErrorInfo", "{json}");
    assert_eq!(info["reason"], if command.contains("balance") { "CONNECTION_LOST" } else { "OUTCOME_UNKNOWN" });
    failure.text(&screen)
}

#[tokio::test]
async fn a_write_whose_connection_is_lost_tells_the_id_to_repeat_it_with() {
    let address = dropping().await;
    for write in [
        "consume --customer c --block b --quantity 1h",
        "reserve --customer c --block b --quantity 1h",
        "extend --customer c --reservation r --expires 2030-01-01T00:00:00Z",
        "commit --customer c --reservation r",
        "release --customer c --reservation r",
        "reverse --customer c --entry e",
    ] {
        for output in ["table", "json"] {
            let text = failure(&address, &format!("--output {output} hours {write}")).await;
            assert!(text.contains("connection to the server was lost before it answered"), "{text}");
            assert!(text.contains("not known whether it was applied"), "{text}");
            assert!(!text.contains("server's log"), "{text}");
            let id = text.split_once("--request-id ").unwrap().1.split_whitespace().next().unwrap();
            assert_eq!(uuid::Uuid::parse_str(id).unwrap().get_version_num(), 7, "{text}");
        }
        let text = failure(&address, &format!("hours {write} --request-id {ID}")).await;
        assert!(text.contains(&format!("--request-id {ID}")), "{text}");
    }
    let text = failure(&address, "hours balance --customer c").await;
    assert!(text.contains("lost before it answered") && !text.contains("--request-id"), "{text}");
}

#[test]
fn only_what_says_that_nothing_was_written_is_a_refusal() {
    let told = |code: Code, reason: &str| {
        Status::with_error_details(code, "", ErrorDetails::with_error_info(reason, "entitled.v1", []))
    };
    let text = |status: Status| Failure::of_write(status, ID).text(&Screen::plain(80));
    for unknown in [
        told(Code::Unavailable, "COMMIT_OUTCOME_UNKNOWN"),
        told(Code::DeadlineExceeded, "COMMIT_OUTCOME_UNKNOWN"),
        told(Code::Internal, "INTERNAL"),
        Status::cancelled("Timeout expired"),
        Status::unknown("transport error"),
        Status::deadline_exceeded(""),
        Status::unavailable("upstream reset"),
        Status::internal("h2 protocol error"),
        Status::out_of_range("decoded message length too large"),
    ] {
        let text = text(unknown);
        assert!(text.contains("not known whether it was applied") && text.contains(ID), "{text}");
        assert!(!text.contains("try again") && !text.contains("server's log"), "{text}");
    }
    for refused in [
        told(Code::FailedPrecondition, "HOURS_EXHAUSTED"),
        told(Code::Aborted, "WRITE_CONFLICT"),
        told(Code::Unavailable, "STORE_UNAVAILABLE"),
        told(Code::DeadlineExceeded, "DEADLINE_PASSED"),
        Status::unimplemented(""),
        Status::unauthenticated(""),
        Status::permission_denied(""),
    ] {
        let text = text(refused);
        assert!(!text.contains("not known") && !text.contains(ID), "{text}");
    }
}
