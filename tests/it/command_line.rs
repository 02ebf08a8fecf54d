//! What the command line says of itself: manual pages, and how a shell completes it.

mod export;
mod flags;
mod life;
mod nouns;
mod output;
mod printed;
mod repeated;
mod shown;

use std::net::TcpListener;
use std::process::{Command, Output};

use crate::sample;
use crate::server::{Backend, TestServer};

fn entitled(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    // One that hangs is ended, and the test fails.
    let mut command = Command::new("timeout");
    command.args(["20", env!("CARGO_BIN_EXE_entitled")]).args(arguments).envs(variables.iter().copied());
    command.output().unwrap()
}

/// The same beside a server of the test.
async fn asked(server: &TestServer, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let own = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    let (arguments, address) = (own(arguments), format!("http://{}", server.address));
    let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let variables = variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<_> = variables.chain([("ENTITLED_ADDRESS", address.as_str())]).collect();
        entitled(&arguments, &variables)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// What it says where it ends with this status: on standard output, and on standard error.
async fn told(server: &TestServer, arguments: &[&str], status: i32) -> [String; 2] {
    let output = asked(server, arguments, &[]).await;
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {output:?}");
    [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap())
}

/// How a shell is told that the last word may go on: a line each, the word and what it is.
async fn completed(address: &str, words: &[&str]) -> Vec<String> {
    let arguments: Vec<String> = ["--", "entitled"].iter().chain(words).map(|&word| word.to_owned()).collect();
    let address = address.to_owned();
    let run = move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        entitled(&arguments, &[("ENTITLED_COMPLETE", "fish"), ("ENTITLED_ADDRESS", &address)])
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_manual_page() {
    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man/man1");
    let output = entitled(&["man", "--dir", pages.to_str().unwrap()], &[]);
    assert!(output.status.success(), "{output:?}");
    let read = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
    for name in ["entitled", "entitled-check", "entitled-hours-consume", "entitled-demo-data", "entitled-man"] {
        let page = read(&format!("{name}.1"));
        assert!(page.contains(&format!(".TH {name} 1")) && page.contains(".SH SYNOPSIS"), "{page}");
    }
    assert!(read("entitled-serve.1").contains("ENTITLED_MAX_CALLS"));
    assert!(!pages.join("entitled-help.1").exists());
    let again = entitled(&["man", "--dir", "/dev/null/x"], &[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8(again.stderr).unwrap().starts_with("error: /dev/null/x: "));
}

#[tokio::test]
async fn ids_of_customers_and_their_locations_are_completed() {
    let server = TestServer::start(Backend::Sqlite).await;
    sample::stored(&server, "contoso").await;
    sample::stored(&server, "contoso-two").await;
    sample::stored(&server, "fabrikam").await;
    let address = server.address.to_string();
    let customers = completed(&address, &["check", "--customer", "con"]).await;
    assert_eq!(customers, ["contoso\tContoso Ltd", "contoso-two\tContoso Ltd"]);
    let locations = completed(&address, &["hours", "consume", "--customer", "contoso", "--location", ""]).await;
    assert_eq!(locations, ["gb-london\tLondon", "ie-dublin\tDublin"]);
    assert_eq!(completed(&address, &["list", "--customer=contoso", "--location", "ie"]).await, ["ie-dublin\tDublin"]);
    assert!(completed(&address, &["list", "--customer", "nobody", "--location", ""]).await.is_empty());
    // The line names another server than the environment.
    let elsewhere = completed("127.0.0.1:1", &["--address", &address, "list", "--customer", "fab"]).await;
    assert_eq!(elsewhere, ["fabrikam\tContoso Ltd"]);
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_does_not_answer_completes_nothing_and_holds_up_nobody() {
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [silent.local_addr().unwrap().to_string(), "127.0.0.1:1".to_owned(), "not an address".to_owned()] {
        assert!(completed(&address, &["check", "--customer", ""]).await.is_empty(), "{address}");
        assert_eq!(completed(&address, &["check", "--service", "rapid"]).await, ["rapid-response\tRapid Response"]);
    }
}

#[test]
fn shells_are_told_to_ask_the_program() {
    for shell in ["bash", "zsh", "fish"] {
        let output = entitled(&[], &[("ENTITLED_COMPLETE", shell)]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && script.contains("ENTITLED_COMPLETE"), "{shell}: {script}");
        let file = entitled(&["completions", shell], &[]);
        assert!(String::from_utf8(file.stdout).unwrap().contains("demo-data"), "{shell}");
    }
    // The variable says nothing.
    for value in ["", "0"] {
        assert_eq!(entitled(&["config", "check"], &[("ENTITLED_COMPLETE", value)]).status.code(), Some(0));
    }
}
