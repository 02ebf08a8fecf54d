//! Which handshakes succeed, and how the others end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use entitled::config::{ClientAuth, Config};
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use rustls::ClientConfig;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::certificates::{ALL_VERSIONS, Authority, HERE, write};
use crate::server::{Listener, TestServer};
use crate::wire;

/// Far beyond every limit: only a hang fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether health answers over TLS like this.
async fn is_let_in(address: SocketAddr, client: ClientConfig) -> bool {
    let Ok(channel) = wire::channel(address, Some(Arc::new(client))).await else { return false };
    let asked = HealthCheckRequest { service: "liveness".to_owned() };
    let answer = HealthClient::new(channel).check(asked).await;
    answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
}

/// Reads until the server closes.
async fn is_closed(stream: &mut TcpStream) -> Vec<u8> {
    let mut told = Vec::new();
    // It may be reset as well.
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut told)).await.expect("the server closes");
    told
}

/// A server that asks its clients for certificates of `clients`.
async fn asking(authority: &Authority, clients: &Authority, client_auth: ClientAuth) -> TestServer {
    let directory = tempfile::tempdir().unwrap();
    let mut config = TestServer::config(directory.path());
    authority.server(&HERE).listen(&mut config, directory.path());
    config.tls.client_ca = Some(write(directory.path(), "clients.pem", &clients.pem));
    config.tls.client_auth = client_auth;
    let first = authority.trusting_client(Some(&clients.client("first")), ALL_VERSIONS);
    TestServer::serve_over(Some(Arc::new(first)), config, Some(directory)).await
}

#[tokio::test]
async fn both_versions_of_tls_are_spoken_and_no_older_one() {
    let authority = Authority::new("authority");
    let directory = tempfile::tempdir().unwrap();
    let mut config = TestServer::config(directory.path());
    authority.server(&HERE).listen(&mut config, directory.path());
    let client = Arc::new(authority.trusting_client(None, ALL_VERSIONS));
    let server = TestServer::serve_over(Some(client), config, Some(directory)).await;
    for version in [&TLS12, &TLS13] {
        assert!(is_let_in(server.address, authority.trusting_client(None, &[version])).await, "{version:?}");
    }
    assert!(!is_let_in(server.address, Authority::new("another").trusting_client(None, ALL_VERSIONS)).await);
    let mut speaks_http_1 = authority.trusting_client(None, ALL_VERSIONS);
    speaks_http_1.alpn_protocols = vec![b"http/1.1".to_vec()];
    assert!(!is_let_in(server.address, speaks_http_1).await);

    // The hello of TLS 1.1: its version, a random number, no session, one cipher suite, no compression, and how it
    // lets itself be signed.
    let signatures = [0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
    let body = [&[3, 2][..], &[7; 32], &[0], &[0, 2, 0xc0, 0x13], &[1, 0], &signatures].concat();
    let length = u8::try_from(body.len()).unwrap();
    let hello = [&[22, 3, 1, 0, length + 4][..], &[1, 0, 0, length], &body].concat();
    let mut old = TcpStream::connect(server.address).await.unwrap();
    old.write_all(&hello).await.unwrap();
    let told = is_closed(&mut old).await;
    assert_eq!((told[0], &told[3..]), (21, &[0, 2, 2, 70][..]), "a fatal alert: protocol_version");
    server.stop().await;
}

#[tokio::test]
async fn a_client_in_clear_and_a_listener_with_tls_end_soon_and_so_do_the_others() {
    let tls = TestServer::start_on(Listener::Tls, |_| {}).await;
    let mut in_clear = TcpStream::connect(tls.address).await.unwrap();
    in_clear.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    is_closed(&mut in_clear).await;
    assert!(wire::channel(tls.address, None).await.is_err() || !answers_in_clear(tls.address).await);

    let plain = TestServer::start_on(Listener::Plain, |_| {}).await;
    let client = Authority::new("authority").trusting_client(None, ALL_VERSIONS);
    assert!(!tokio::time::timeout(PATIENCE, is_let_in(plain.address, client)).await.expect("it ends"));
    tls.stop().await;
    plain.stop().await;
}

async fn answers_in_clear(address: SocketAddr) -> bool {
    let Ok(channel) = wire::channel(address, None).await else { return false };
    HealthClient::new(channel).check(HealthCheckRequest::default()).await.is_ok()
}

#[tokio::test]
async fn a_handshake_that_stalls_is_closed_and_counts_as_a_connection() {
    let server = TestServer::start_on(Listener::Tls, |config| config.server.max_clients = 3).await;
    let mut says_nothing = TcpStream::connect(server.address).await.unwrap();
    let mut says_half = TcpStream::connect(server.address).await.unwrap();
    says_half.write_all(&[22, 3, 1, 1, 0, 1]).await.unwrap();
    // With the server's own channel they are three.
    let mut beyond = TcpStream::connect(server.address).await.unwrap();
    is_closed(&mut beyond).await;
    is_closed(&mut says_nothing).await;
    is_closed(&mut says_half).await;
    server.another_channel().await;
    server.stop().await;
}

#[tokio::test]
async fn a_stalled_handshake_does_not_hold_the_end_of_the_server() {
    let server = TestServer::start_on(Listener::Tls, |config| config.server.drain_timeout = PATIENCE).await;
    let mut stalled = TcpStream::connect(server.address).await.unwrap();
    stalled.write_all(&[22]).await.unwrap();
    // The one after it is taken, so it is, too.
    server.another_channel().await;
    server.stop().await;
    is_closed(&mut stalled).await;
}

#[tokio::test]
async fn only_clients_with_a_good_certificate_are_let_in_where_one_is_required() {
    let (authority, clients) = (Authority::new("authority"), Authority::new("clients"));
    let expired = clients.issue(&["late"], ExtendedKeyUsagePurpose::ClientAuth, |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    let not_of_a_client = clients.server(&["server"]);
    let strange = Authority::new("clients").client("strange");
    let good = clients.client("good");
    for client_auth in [ClientAuth::Required, ClientAuth::Optional] {
        let server = asking(&authority, &clients, client_auth).await;
        for version in [&TLS12, &TLS13] {
            let with = |shown| authority.trusting_client(shown, &[version]);
            assert!(is_let_in(server.address, with(Some(&good))).await, "{version:?}");
            let is_optional = client_auth == ClientAuth::Optional;
            assert_eq!(is_let_in(server.address, with(None)).await, is_optional, "{client_auth:?} {version:?}");
            for bad in [&expired, &strange, &not_of_a_client] {
                assert!(!is_let_in(server.address, with(Some(bad))).await, "{client_auth:?} {version:?}");
            }
        }
        server.stop().await;
    }
}

/// Why a server with such files does not start.
async fn refusal(change: impl FnOnce(&mut Config, &Path)) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut config = TestServer::config(directory.path());
    Authority::new("authority").server(&HERE).listen(&mut config, directory.path());
    change(&mut config, directory.path());
    let served = entitled::server::serve(config, |_| panic!("it serves"), std::future::pending()).await;
    served.unwrap_err().to_string()
}

#[tokio::test]
async fn what_cannot_be_used_refuses_the_start_in_one_sentence() {
    let authority = Authority::new("authority");
    let expired = authority.issue(&HERE, ExtendedKeyUsagePurpose::ServerAuth, |params| {
        params.not_after = date_time_ymd(2020, 1, 1);
    });
    let other = authority.server(&HERE);
    type Change<'c> = Box<dyn FnOnce(&mut Config, &Path) + 'c>;
    let cases: [(&str, Change<'_>); 9] = [
        ("tls_key is not", Box::new(|config, _| config.tls.key = None)),
        ("tls_cert is not", Box::new(|config, _| config.tls.cert = None)),
        ("tls_client_ca is not set", Box::new(|config, _| config.tls.client_auth = ClientAuth::Required)),
        ("No such file", Box::new(|config, at| config.tls.key = Some(at.join("missing")))),
        ("has no certificate in PEM form", Box::new(|config, _| config.tls.cert = config.tls.key.clone())),
        ("has no private key that can be read", Box::new(|config, _| config.tls.key = config.tls.cert.clone())),
        ("does not fit the certificate", Box::new(|_, at| drop(write(at, "key.pem", &other.key)))),
        ("expired at 2020-01-01T00:00:00Z", Box::new(|_, at| drop(expired.write(at)))),
        (
            "tls_client_ca: ",
            Box::new(|config, at| {
                config.tls.client_auth = ClientAuth::Required;
                config.tls.client_ca = Some(write(at, "clients.pem", "nothing"));
            }),
        ),
    ];
    for (expected, change) in cases {
        let told = refusal(change).await;
        assert!(told.contains(expected) && !told.contains('\n') && !told.contains("PRIVATE KEY"), "{expected}: {told}");
    }
}
