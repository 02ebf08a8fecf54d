//! Certificates of clients as what identifies them, from the handshake to the caller.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use entitled::config::ClientAuth;
use entitled::proto::v1;
use entitled::proto::v1::server_service_client::ServerServiceClient;
use entitled::service::Role;
use rcgen::string::Ia5String;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, SanType, date_time_ymd};
use rustls::ClientConfig;
use rustls::version::{TLS12, TLS13};
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::tokens;
use crate::certificates::{ALL_VERSIONS, Authority, HERE, Pair, client_trusting, write};
use crate::sample::Refusal;
use crate::server::TestServer;
use crate::tls::rotation::until_let_in;
use crate::wire;

/// Who is who, by which name.
const ROWS: &str = r#"
[[certificate]]
principal = "by-dns"
dns = "warehouse.example"
roles = ["reader"]
customers = ["contoso"]

[[certificate]]
principal = "by-uri"
uri = "spiffe://example.org/warehouse"
roles = ["reader"]
customers = ["contoso"]

[[certificate]]
principal = "by-email"
email = "ada@example.org"
roles = ["reader"]
customers = ["contoso"]

[[certificate]]
principal = "by-subject"
subject = 'CN=billing\, north,O=Contoso'
roles = ["reader"]
customers = ["contoso"]
"#;

/// A server that knows the clients of one authority by name, and one caller by a token.
struct House {
    authority: Authority,
    clients: Authority,
    server: TestServer,
    token: String,
}

impl House {
    async fn start() -> Self {
        let (authority, clients) = (Authority::new("authority"), Authority::new("clients"));
        let directory = tempfile::tempdir().unwrap();
        let mut config = TestServer::config(directory.path());
        authority.server(&HERE).listen(&mut config, directory.path());
        config.tls.client_ca = Some(write(directory.path(), "clients.pem", &clients.pem));
        config.tls.client_auth = ClientAuth::Optional;
        config.auth.certificates_file = Some(write(directory.path(), "callers.toml", ROWS));
        let rows: [(&str, &[Role], &[&str]); 1] = [("by-token", &[Role::Reader], &["contoso"])];
        let (path, mut tokens) = tokens(&directory, &rows);
        config.auth.tokens_file = Some(path);
        let client = Arc::new(authority.trusting_client(None, ALL_VERSIONS));
        let server = TestServer::serve_over(Some(client), config, Some(directory)).await;
        Self { authority, clients, server, token: tokens.remove(0) }
    }

    /// A certificate of the clients' authority with these names and no other.
    fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Pair {
        self.clients.issue(&["client"], ExtendedKeyUsagePurpose::ClientAuth, |params| {
            params.subject_alt_names.clear();
            change(params);
        })
    }

    fn showing(&self, shown: Option<&Pair>) -> ClientConfig {
        self.authority.trusting_client(shown, ALL_VERSIONS)
    }

    /// Whom the server takes one with this certificate and this token for.
    async fn who(&self, shown: Option<&Pair>, token: Option<&str>) -> Result<String, Status> {
        let who = ask(self.server.address, Arc::new(self.showing(shown)), token).await?;
        Ok(who.principal)
    }
}

/// By a connection of its own. One that is not let in has no answer.
async fn ask(
    address: SocketAddr,
    client: Arc<ClientConfig>,
    token: Option<&str>,
) -> Result<v1::WhoAmIResponse, Status> {
    let channel = wire::channel(address, Some(client)).await.map_err(|error| Status::from_error(error.into()))?;
    let mut request = Request::new(v1::WhoAmIRequest {});
    if let Some(token) = token {
        request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    Ok(ServerServiceClient::new(channel).who_am_i(request).await?.into_inner())
}

fn ia5(text: &str) -> Ia5String {
    text.try_into().unwrap()
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(ia5(name))
}

#[tokio::test]
async fn a_name_of_the_certificate_says_who_calls() {
    let house = House::start().await;
    let subject = |params: &mut CertificateParams, parts: &[(DnType, &str)]| {
        params.distinguished_name = Default::default();
        parts.iter().for_each(|(kind, value)| params.distinguished_name.push(kind.clone(), *value));
    };
    let organisation = DnType::OrganizationName;
    let known = [
        ("by-dns", house.issue(|it| it.subject_alt_names = vec![dns("warehouse.example")])),
        ("by-dns", house.issue(|it| it.subject_alt_names = vec![dns("other.example"), dns("Warehouse.EXAMPLE")])),
        ("by-uri", house.issue(|it| it.subject_alt_names = vec![SanType::URI(ia5("spiffe://example.org/warehouse"))])),
        ("by-email", house.issue(|it| it.subject_alt_names = vec![SanType::Rfc822Name(ia5("ada@example.org"))])),
        (
            "by-subject",
            house.issue(|it| subject(it, &[(organisation.clone(), "Contoso"), (DnType::CommonName, "billing, north")])),
        ),
        // The first row that has one of the names.
        (
            "by-dns",
            house.issue(|it| {
                it.subject_alt_names = vec![SanType::Rfc822Name(ia5("ada@example.org")), dns("warehouse.example")];
            }),
        ),
    ];
    for (principal, pair) in &known {
        assert_eq!(house.who(Some(pair), None).await.unwrap(), *principal);
    }
    let unknown = [
        house.issue(|it| it.subject_alt_names = vec![dns("warehouse.example.org")]),
        house.issue(|it| it.subject_alt_names = vec![dns("*.example")]),
        house.issue(|it| it.subject_alt_names = vec![SanType::URI(ia5("spiffe://example.org/Warehouse"))]),
        // The right name at the wrong place.
        house.issue(|it| it.subject_alt_names = vec![SanType::URI(ia5("warehouse.example"))]),
        house.issue(|it| subject(it, &[(DnType::CommonName, "warehouse.example")])),
        house.issue(|it| subject(it, &[(DnType::CommonName, "billing"), (organisation.clone(), "north,O=Contoso")])),
    ];
    for pair in unknown.iter().map(Some).chain([None]) {
        let refusal = Refusal::of(&house.who(pair, None).await.unwrap_err());
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unauthenticated, "CREDENTIALS_INVALID"));
        let told = if pair.is_some() { "no caller has the names in this certificate" } else { "has no credentials" };
        assert!(refusal.message.contains(told), "{refusal:?}");
    }
    house.server.stop().await;
}

#[tokio::test]
async fn a_token_counts_before_a_certificate() {
    let house = House::start().await;
    let warehouse = house.issue(|it| it.subject_alt_names = vec![dns("warehouse.example")]);
    let stranger = house.issue(|_| {});
    for shown in [Some(&warehouse), Some(&stranger), None] {
        assert_eq!(house.who(shown, Some(&house.token)).await.unwrap(), "by-token");
        let refusal = Refusal::of(&house.who(shown, Some("x")).await.unwrap_err());
        assert_eq!(refusal.code, Code::Unauthenticated, "a good certificate makes no token good");
    }
    house.server.stop().await;
}

#[tokio::test]
async fn a_certificate_that_is_not_good_says_nothing() {
    let house = House::start().await;
    let with = |authority: &Authority, change: fn(&mut CertificateParams)| {
        authority.issue(&["warehouse.example"], ExtendedKeyUsagePurpose::ClientAuth, change)
    };
    let another = Authority::new("clients");
    let bad = [
        ("of another authority", with(&another, |_| {})),
        ("of the server's own authority", with(&house.authority, |_| {})),
        ("expired", with(&house.clients, |it| it.not_after = date_time_ymd(2020, 1, 1))),
        ("not valid yet", with(&house.clients, |it| it.not_before = date_time_ymd(2999, 1, 1))),
        ("of a server", house.clients.server(&["warehouse.example"])),
    ];
    let good = with(&house.clients, |_| {});
    for version in [&TLS12, &TLS13] {
        let ask = async |shown: &Pair, token: Option<&str>| {
            let client = house.authority.trusting_client(Some(shown), &[version]);
            ask(house.server.address, Arc::new(client), token).await
        };
        assert_eq!(ask(&good, None).await.unwrap().principal, "by-dns", "{version:?}");
        for (what, shown) in &bad {
            // There is no call: the handshake fails, with a good token as well.
            for token in [None, Some(house.token.as_str())] {
                let status = ask(shown, token).await.expect_err(what);
                assert!(status.get_details_error_info().is_none(), "{what}, {version:?}: {status:?}");
            }
        }
    }
    house.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rotated_certificate_of_the_server_drops_no_call_and_nobodys_identity() {
    let house = House::start().await;
    let next = Authority::new("next");
    let shown = house.issue(|it| it.subject_alt_names = vec![dns("warehouse.example")]);
    let client = Arc::new(client_trusting(&[&house.authority, &next], Some(&shown), ALL_VERSIONS));
    let (address, is_over) = (house.server.address, Arc::new(AtomicBool::new(false)));
    let callers = [0; 4].map(|_| {
        let (client, is_over) = (Arc::clone(&client), Arc::clone(&is_over));
        tokio::spawn(async move {
            let mut calls = 0_u64;
            while !is_over.load(Ordering::Relaxed) {
                // Each by a connection that is new, with a handshake of its own.
                let who = ask(address, Arc::clone(&client), None).await.expect("no call is dropped");
                assert_eq!(who.principal, "by-dns");
                calls += 1;
            }
            calls
        })
    });
    for authority in [&next, &house.authority, &next] {
        authority.server(&HERE).write(house.server.directory());
        until_let_in(address, &Arc::new(authority.trusting_client(Some(&shown), ALL_VERSIONS))).await;
    }
    is_over.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
    house.server.stop().await;
}
