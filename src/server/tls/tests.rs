//! What the services learn of who is at the other end.

use std::convert::Infallible;

use http::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;
use tonic::body::Body;
use tonic::transport::Endpoint;
use tower::{Service as _, ServiceExt as _};

use super::*;
use crate::config::{ClientAuth, Config, ServerSettings};
use crate::grpc::Peer;
use crate::server::connections::{self, Server};
use crate::server::limits::Limits;
use crate::telemetry::Telemetry;

/// A call by this client, answered with who the server takes it for.
async fn peer(certificates: Option<Arc<Certificates>>, client: Option<ClientConfig>) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_stop, stopped) = watch::channel(false);
    let limits = Limits::new(&ServerSettings::default(), stopped);
    let telemetry = Telemetry::start(&Config::default(), None).unwrap();
    let service = tower::service_fn(|request: Request<Body>| async move {
        let peer: &Peer = request.extensions().get().unwrap();
        let names = peer.certificate.as_ref().map(|shown| format!("{} {:?}", shown.subject, shown.dns_names));
        let response = Response::builder().header("address", peer.address.to_string());
        Ok::<_, Infallible>(response.header("names", names.unwrap_or_default()).body(Body::empty()).unwrap())
    });
    let server = Server::new(service, certificates, None, telemetry);
    let server = tokio::spawn(connections::serve(listener, server, limits, 10));
    let stream = TcpStream::connect(address).await.unwrap();
    let own_address = stream.local_addr().unwrap().to_string();
    let connect = async move |_| match client {
        Some(client) => {
            let name = ServerName::try_from("localhost").unwrap();
            let stream = TlsConnector::from(Arc::new(client)).connect(name, stream).await?;
            Ok::<_, io::Error>(TokioIo::new(Either::Left(stream)))
        }
        None => Ok(TokioIo::new(Either::Right(stream))),
    };
    let mut connect = Some(connect);
    let connect = tower::service_fn(move |uri: http::Uri| connect.take().unwrap()(uri));
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    let mut channel = endpoint.connect_with_connector(connect).await.unwrap();
    let request = Request::post("/x/Get").header("content-type", "application/grpc").body(Body::empty()).unwrap();
    let response = channel.ready().await.unwrap().call(request).await.unwrap();
    let told = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    server.abort();
    assert_eq!(told("address"), own_address);
    (told("address"), told("names"))
}

#[tokio::test]
async fn every_request_has_the_address_and_the_names_of_its_client() {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let issue = |name: &str| {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = rcgen::date_time_ymd(2100, 1, 1);
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &issuer).unwrap().pem(), key.serialize_pem())
    };
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    let (cert, key) = issue("localhost");
    let settings = TlsSettings {
        cert: file("cert", &cert),
        key: file("key", &key),
        client_ca: file("ca", &authority.pem()),
        client_auth: ClientAuth::Optional,
    };
    let now = "2090-01-01T00:00:00Z".parse().unwrap();
    let certificates = Certificates::load(&settings, &[b"h2"], now).unwrap().unwrap();
    assert_eq!(certificates.expires(), "2100-01-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap());
    let later = "2100-01-01T00:00:00Z".parse().unwrap();
    assert!(Certificates::load(&settings, &[b"h2"], later).unwrap_err().to_string().contains("expired at"));

    let client = |shown: Option<(String, String)>| {
        let mut roots = RootCertStore::empty();
        roots.add(authority.der().clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let mut client = match shown {
            Some((cert, key)) => {
                let chain = vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()];
                builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        client.alpn_protocols = vec![b"h2".to_vec()];
        client
    };
    let names = async |certificates, client| peer(certificates, client).await.1;
    let shown = names(Some(Arc::clone(&certificates)), Some(client(Some(issue("billing"))))).await;
    assert_eq!(shown, r#"CN=billing ["billing"]"#);
    assert_eq!(names(Some(certificates), Some(client(None))).await, "");
    assert_eq!(names(None, None).await, "");
}
