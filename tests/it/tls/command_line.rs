//! The command line as a client over TLS.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

use entitled::config::ClientAuth;
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use tempfile::TempDir;

use crate::certificates::{ALL_VERSIONS, Authority, HERE, Pair, write};
use crate::server::{Listener, TestServer};

/// A server with this certificate, its clients' authority, and a directory for files.
async fn serve(authority: &Authority, shown: &Pair, client_auth: ClientAuth) -> (TestServer, Authority, TempDir) {
    let clients = Authority::new("clients");
    let directory = tempfile::tempdir().unwrap();
    let mut config = TestServer::config(directory.path());
    shown.listen(&mut config, directory.path());
    if client_auth != ClientAuth::None {
        config.tls.client_ca = Some(write(directory.path(), "clients.pem", &clients.pem));
        config.tls.client_auth = client_auth;
    }
    let first = authority.trusting_client(Some(&clients.client("first")), ALL_VERSIONS);
    let server = TestServer::serve_over(Some(Arc::new(first)), config, Some(directory)).await;
    (server, clients, tempfile::tempdir().unwrap())
}

/// How `entitled catalog products` ends with these flags.
async fn run(flags: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["60", env!("CARGO_BIN_EXE_entitled"), "catalog", "products"]).args(flags);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What it says where it ends with this status.
async fn refused(flags: &[&str], status: i32) -> String {
    let output = run(flags).await;
    assert_eq!(output.status.code(), Some(status), "{flags:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// With TLS 1.3 a client is refused after its own handshake is over: where it writes before it reads, it does not learn
/// why. The words themselves are tested where they are made.
fn is_lost(told: &str) -> bool {
    told.contains("the connection to the server was lost before it answered")
}

fn text(path: PathBuf) -> String {
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_authority_that_is_named_is_trusted_and_no_other() {
    let authority = Authority::new("authority");
    let (server, _, directory) = serve(&authority, &authority.server(&HERE), ClientAuth::None).await;
    let port = server.address.port();
    let ca = text(write(directory.path(), "ca.pem", &authority.pem));
    let other = text(write(directory.path(), "other.pem", &Authority::new("authority").pem));
    for address in
        [format!("https://localhost:{port}"), format!("https://127.0.0.1:{port}"), format!("localhost:{port}")]
    {
        let output = run(&["--address", &address, "--ca", &ca, "--token", "t0ken"]).await;
        assert!(output.status.success(), "{address}: {output:?}");
    }
    let address = format!("https://localhost:{port}");
    for trust in [&["--ca", other.as_str()][..], &[]] {
        let told = refused(&[&["--address", address.as_str()], trust].concat(), 6).await;
        assert!(told.starts_with(&format!("error: no secure connection to {address}: ")), "{told}");
        assert!(told.contains("--ca") && told.trim_end().lines().count() == 1, "{told}");
    }
    let in_clear = refused(&["--address", &format!("http://localhost:{port}")], 6).await;
    assert!(in_clear.contains("https://"), "{in_clear}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_does_not_do_is_told_with_its_reason() {
    let authority = Authority::new("authority");
    let (server, _, directory) = serve(&authority, &authority.server(&["localhost"]), ClientAuth::None).await;
    let ca = text(write(directory.path(), "ca.pem", &authority.pem));
    let address = format!("https://127.0.0.1:{}", server.address.port());
    let told = refused(&["--address", &address, "--ca", &ca], 6).await;
    assert!(told.contains("is for another name: use one of the certificate's names"), "{told}");
    server.stop().await;

    let plain = TestServer::start_on(Listener::Plain, |_| {}).await;
    let address = format!("https://localhost:{}", plain.address.port());
    let told = refused(&["--address", &address, "--ca", &ca], 6).await;
    assert!(told.contains("does not speak TLS"), "{told}");
    plain.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_shown_where_the_server_asks_for_one() {
    let authority = Authority::new("authority");
    let (server, clients, directory) = serve(&authority, &authority.server(&HERE), ClientAuth::Required).await;
    let ca = text(write(directory.path(), "ca.pem", &authority.pem));
    let address = format!("https://localhost:{}", server.address.port());
    let flags = ["--address", address.as_str(), "--ca", ca.as_str()];
    let with = |pair: &Pair, name: &str| {
        let cert = text(write(directory.path(), &format!("{name}.pem"), &pair.cert));
        let key = text(write(directory.path(), &format!("{name}.key"), &pair.key));
        [flags.map(str::to_owned).to_vec(), vec!["--cert".to_owned(), cert, "--key".to_owned(), key]].concat()
    };
    let run_with = async |flags: Vec<String>| run(&flags.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let good = run_with(with(&clients.client("billing"), "good")).await;
    assert!(good.status.success(), "{good:?}");
    let told = refused(&flags, 6).await;
    assert!(
        told.contains("the server asks for a certificate: give one with --cert and --key") || is_lost(&told),
        "{told}"
    );
    let expired = clients.issue(&["late"], ExtendedKeyUsagePurpose::ClientAuth, |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    for (name, bad) in [("expired", &expired), ("strange", &Authority::new("x").client("strange"))] {
        let output = run_with(with(bad, name)).await;
        assert_eq!(output.status.code(), Some(6), "{name}: {output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("the server refuses the certificate of --cert") || is_lost(&told), "{name}: {told}");
    }
    let mixed = Pair { cert: clients.client("a").cert, key: clients.client("b").key };
    let output = run_with(with(&mixed, "mixed")).await;
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_token_is_not_sent_in_clear_to_another_machine() {
    let told = refused(&["--address", "http://192.0.2.1:1", "--token", "t0ken"], 2).await;
    assert!(told.contains("would be sent in clear") && !told.contains("t0ken"), "{told}");
}
