//! Certificates that are replaced on disk while the server serves.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use entitled::config::ClientAuth;
use rustls::ClientConfig;

use crate::certificates::{ALL_VERSIONS, Authority, HERE, write};
use crate::sample::{check, stored};
use crate::server::TestServer;
use crate::wire;

/// Far beyond what it takes: only a hang fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) async fn until_let_in(address: SocketAddr, client: &Arc<ClientConfig>) {
    let connected = async {
        while wire::open(address, Some(Arc::clone(client))).await.is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    };
    tokio::time::timeout(PATIENCE, connected).await.expect("the new certificate is served");
}

async fn serve(authority: &Authority, change: impl FnOnce(&mut entitled::config::Config, &Path)) -> TestServer {
    let directory = tempfile::tempdir().unwrap();
    let mut config = TestServer::config(directory.path());
    authority.server(&HERE).listen(&mut config, directory.path());
    change(&mut config, directory.path());
    let client = authority.trusting_client(None, ALL_VERSIONS);
    TestServer::serve_over(Some(Arc::new(client)), config, Some(directory)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_certificate_is_served_and_no_call_fails() {
    let (old, new) = (Authority::new("old"), Authority::new("new"));
    let server = serve(&old, |_, _| {}).await;
    stored(&server, "contoso").await;
    let directory = server.directory().to_owned();
    let [knows_old, knows_new] = [&old, &new].map(|known| Arc::new(known.trusting_client(None, ALL_VERSIONS)));
    let is_over = Arc::new(AtomicBool::new(false));
    let callers = [0; 4].map(|_| {
        let (mut client, is_over) = (server.entitlements(), Arc::clone(&is_over));
        tokio::spawn(async move {
            let mut calls = 0_u64;
            while !is_over.load(Ordering::Relaxed) {
                client.check_entitlement(check("contoso")).await.unwrap();
                calls += 1;
            }
            calls
        })
    });

    // A key that does not fit changes nothing; then the whole pair is there.
    let pair = new.server(&HERE);
    write(&directory, "key.pem", &pair.key);
    wire::open(server.address, Some(Arc::clone(&knows_old))).await.expect("the old pair is served");
    pair.write(&directory);
    until_let_in(server.address, &knows_new).await;
    assert!(wire::open(server.address, Some(Arc::clone(&knows_old))).await.is_err(), "the old one is gone");

    // Files that are no use, or gone, leave the last good pair.
    write(&directory, "cert.pem", "nothing");
    std::fs::remove_file(directory.join("key.pem")).unwrap();
    let newest = Authority::new("newest");
    tokio::time::sleep(Duration::from_secs(6)).await;
    wire::open(server.address, Some(knows_new)).await.expect("the last good pair is served");
    newest.server(&HERE).write(&directory);
    until_let_in(server.address, &Arc::new(newest.trusting_client(None, ALL_VERSIONS))).await;

    is_over.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
    // The first connection has lived through all of it.
    server.entitlements().check_entitlement(check("contoso")).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn the_authorities_of_clients_are_replaced_as_well() {
    let (authority, before, after) = (Authority::new("a"), Authority::new("before"), Authority::new("after"));
    let server = serve(&authority, |config, directory| {
        config.tls.client_ca = Some(write(directory, "clients.pem", &before.pem));
        config.tls.client_auth = ClientAuth::Optional;
    })
    .await;
    let by = |clients: &Authority| {
        Arc::new(authority.trusting_client(Some(&clients.client("one")), &[&rustls::version::TLS12]))
    };
    let (of_before, of_after) = (by(&before), by(&after));
    wire::open(server.address, Some(Arc::clone(&of_before))).await.unwrap();
    assert!(wire::open(server.address, Some(Arc::clone(&of_after))).await.is_err());
    write(server.directory(), "clients.pem", &after.pem);
    until_let_in(server.address, &of_after).await;
    assert!(wire::open(server.address, Some(of_before)).await.is_err());
    server.stop().await;
}
