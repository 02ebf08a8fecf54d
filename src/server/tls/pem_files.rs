//! Makes of PEM files what TLS connections begin with.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, NoServerSessionStorage, ServerConfig, WebPkiClientVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{Error, RootCertStore};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::config::{ClientAuth, TlsSettings};
use crate::input::{pem, read_file};
use crate::legible::shown;

/// What new connections begin with.
#[derive(Debug)]
pub(super) struct Loaded {
    pub server: Arc<ServerConfig>,
    pub expires: DateTime<Utc>,
    pub fingerprint: Fingerprint,
}

/// Tells the contents of the files from other ones. The contents are not kept: the key is among them.
pub(super) type Fingerprint = [u8; 32];

/// The contents of the files, or why there are none.
pub(super) struct PemFiles {
    cert: Contents,
    key: Contents,
    client_ca: Option<Contents>,
}

type Contents = Result<String, String>;

impl PemFiles {
    pub(super) fn read(settings: &TlsSettings) -> Self {
        let TlsSettings { cert, key, client_ca, client_auth: _ } = settings;
        let read = |setting: &str, file: Option<&Path>| {
            let file = file.ok_or_else(|| format!("{setting} is not set"))?;
            read_file(file).map_err(|why| format!("{setting}: {}: {why}", name(file)))
        };
        Self {
            cert: read("tls_cert", cert.as_deref()),
            key: read("tls_key", key.as_deref()),
            client_ca: client_ca.as_deref().map(|file| read("tls_client_ca", Some(file))),
        }
    }

    pub(super) fn fingerprint(&self) -> Fingerprint {
        let files = [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()];
        let digests = files.into_iter().flatten().map(|contents| {
            let (Ok(text) | Err(text)) = contents;
            Sha256::digest(text)
        });
        digests.fold(Sha256::new(), |all, digest| all.chain_update(digest)).finalize().into()
    }

    /// What connections may begin with at `now`, or why none can; never with a part of the key.
    pub(super) fn load(
        self,
        settings: &TlsSettings,
        protocols: &[Vec<u8>],
        now: DateTime<Utc>,
    ) -> Result<Loaded, String> {
        let fingerprint = self.fingerprint();
        let [cert, key, client_ca] = [&settings.cert, &settings.key, &settings.client_ca]
            .map(|file| file.as_deref().map(name).unwrap_or_default());
        let chain = pem::certificates(&self.cert?).map_err(|why| format!("tls_cert: {cert}: {why}"))?;
        let expires = expiry(&chain).ok_or_else(|| format!("tls_cert: {cert}: a certificate cannot be read"))?;
        if expires <= now {
            return Err(format!("tls_cert: the certificate in {cert} expired at {expires:?}: give a valid one"));
        }
        let key_der = pem::private_key(&self.key?).map_err(|why| format!("tls_key: {key}: {why}"))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let clients = match self.client_ca {
            Some(text) => verifier(&text?, settings.client_auth, &provider)
                .map_err(|why| format!("tls_client_ca: {client_ca}: {why}"))?,
            None => Arc::new(NoClientAuth),
        };
        let server = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map(|builder| builder.with_client_cert_verifier(clients))
            .and_then(|builder| builder.with_single_cert(chain, key_der));
        let mut server = server.map_err(|error| match error {
            Error::InconsistentKeys(_) => format!("tls_key: the key in {key} does not fit the certificate in {cert}"),
            error => format!("tls_cert, tls_key: {cert} and {key} cannot be used: {error}"),
        })?;
        server.alpn_protocols = protocols.to_vec();
        // Connections live long, so that few would be resumed; and a session that is resumed is not asked for a
        // certificate again, which may have expired since.
        server.session_storage = Arc::new(NoServerSessionStorage {});
        server.send_tls13_tickets = 0;
        Ok(Loaded { server: Arc::new(server), expires, fingerprint })
    }
}

fn name(file: &Path) -> String {
    shown(&file.display().to_string()).into_owned()
}

/// Of the certificate that expires first.
fn expiry(chain: &[CertificateDer<'_>]) -> Option<DateTime<Utc>> {
    let ends = chain.iter().map(|certificate| {
        let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
        DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0)
    });
    ends.collect::<Option<Vec<_>>>()?.into_iter().min()
}

fn verifier(
    text: &str,
    client_auth: ClientAuth,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, String> {
    let mut authorities = RootCertStore::empty();
    for certificate in pem::certificates(text)? {
        authorities.add(certificate).map_err(|why| format!("a certificate is no authority: {why}"))?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), Arc::clone(provider));
    let builder = match client_auth {
        ClientAuth::None | ClientAuth::Optional => builder.allow_unauthenticated(),
        ClientAuth::Required => builder,
    };
    builder.build().map_err(|why| why.to_string())
}
