//! The flags of every command that asks a server: where it is, whom to trust, and who asks.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use http::Uri;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use super::failure::Failure;
use crate::input::{pem, read_file};

pub(super) const DEFAULT_ADDRESS: &str = "http://127.0.0.1:50051";

#[derive(Debug, Clone, Default, Args)]
pub(super) struct ServerFlags {
    /// The server to ask; `https://` for TLS.
    #[arg(long, global = true, env = "ENTITLED_ADDRESS", hide_env_values = true, value_name = "URL", default_value = DEFAULT_ADDRESS)]
    pub address: String,
    /// The authority of the server's certificate; without it, those this machine trusts.
    #[arg(long, global = true, env = "ENTITLED_CA", hide_env_values = true, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// A certificate to show to the server.
    #[arg(long, global = true, env = "ENTITLED_CERT", hide_env_values = true, value_name = "FILE")]
    pub cert: Option<PathBuf>,
    /// The private key of that certificate.
    #[arg(long, global = true, env = "ENTITLED_KEY", hide_env_values = true, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The token to sign in with.
    #[arg(long, global = true, env = "ENTITLED_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// A file with that token.
    #[arg(long, global = true, env = "ENTITLED_TOKEN_FILE", hide_env_values = true, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Send the token without TLS, too: whoever sees it on its way can use it.
    #[arg(long, global = true)]
    pub insecure: bool,
}

impl ServerFlags {
    /// An address may leave its scheme out.
    pub(super) fn url(&self) -> String {
        let scheme = if self.has_tls_files() { "https" } else { "http" };
        match self.address.as_str() {
            "" => DEFAULT_ADDRESS.to_owned(),
            address if address.contains("://") => address.to_owned(),
            address => format!("{scheme}://{address}"),
        }
    }

    fn has_tls_files(&self) -> bool {
        self.ca.is_some() || self.cert.is_some() || self.key.is_some()
    }

    /// How to speak TLS with the server, where its address says so.
    pub(super) fn tls(&self, url: &str) -> Result<Option<ClientTlsConfig>, Failure> {
        if !url.starts_with("https:") {
            return match self.has_tls_files() {
                true => usage(format!("--address {url}: --ca, --cert and --key are for addresses with https://")),
                false => Ok(None),
            };
        }
        let tls = match &self.ca {
            Some(file) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(certificate("--ca", file)?)),
            None => ClientTlsConfig::new().with_native_roots(),
        };
        match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => {
                Ok(Some(tls.identity(Identity::from_pem(certificate("--cert", cert)?, text("--key", key)?))))
            }
            (None, None) => Ok(Some(tls)),
            (Some(_), None) => usage("--cert goes with --key, the private key of the certificate".to_owned()),
            (None, Some(_)) => usage("--key goes with --cert, the certificate of the private key".to_owned()),
        }
    }

    /// What every call is signed in with.
    pub(super) fn bearer(&self, url: &str) -> Result<Option<MetadataValue<Ascii>>, Failure> {
        let token = match (self.token.as_deref().filter(|token| !token.is_empty()), &self.token_file) {
            (Some(_), Some(_)) => {
                return usage(
                    "--token and --token-file (ENTITLED_TOKEN, ENTITLED_TOKEN_FILE): give one of them".to_owned(),
                );
            }
            (Some(token), None) => token.to_owned(),
            (None, Some(file)) => text("--token-file", file)?.trim().to_owned(),
            (None, None) => return Ok(None),
        };
        if !url.starts_with("https:") && !is_loopback(url) && !self.insecure {
            return usage(format!(
                "--address {url}: the token would be sent in clear; use an address with https://, or --insecure where \
                 nobody can listen"
            ));
        }
        let bearer = format!("Bearer {token}").parse::<MetadataValue<Ascii>>();
        let is_visible = !token.is_empty() && token.bytes().all(|letter| letter.is_ascii_graphic());
        let Some(mut bearer) = bearer.ok().filter(|_| is_visible) else {
            return usage("--token, --token-file: a token is one line of visible ASCII characters".to_owned());
        };
        bearer.set_sensitive(true);
        Ok(Some(bearer))
    }
}

/// Whether what is sent there stays on this machine.
fn is_loopback(url: &str) -> bool {
    let url = url.parse::<Uri>().unwrap_or_default();
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

fn certificate(flag: &str, file: &Path) -> Result<String, Failure> {
    let text = text(flag, file)?;
    match pem::certificates(&text) {
        Ok(_) => Ok(text),
        Err(why) => usage(format!("{flag} {}: {why}", file.display())),
    }
}

fn text(flag: &str, file: &Path) -> Result<String, Failure> {
    read_file(file).or_else(|why| usage(format!("{flag} {}: {why}", file.display())))
}

fn usage<T>(why: String) -> Result<T, Failure> {
    Err(Failure::Usage(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told<T>(outcome: Result<T, Failure>) -> String {
        match outcome {
            Err(Failure::Usage(why)) => why,
            Err(other) => panic!("{other:?}"),
            Ok(_) => String::new(),
        }
    }

    #[test]
    fn a_token_is_sent_in_clear_only_to_this_machine_or_where_that_is_wanted() {
        let bearer = |address: &str, insecure| {
            let flags = ServerFlags {
                address: address.to_owned(),
                token: Some("t0ken".to_owned()),
                insecure,
                ..Default::default()
            };
            told(flags.bearer(&flags.url()))
        };
        for near in
            ["", "localhost:1", "http://127.0.0.2:1", "http://[::1]:1", "http://[::ffff:127.0.0.1]:1", "https://x"]
        {
            assert_eq!(bearer(near, false), "", "{near}");
        }
        for far in
            ["10.0.0.1:1", "http://localhost.example:1", "http://127.0.0.1.example", "http://x@y", "http://[::2]:1"]
        {
            let why = bearer(far, false);
            assert!(why.contains("would be sent in clear") && !why.contains("t0ken"), "{far}: {why}");
            assert_eq!(bearer(far, true), "", "{far}");
        }
    }

    #[test]
    fn a_token_may_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let with = |token: Option<&str>, text: &str| {
            std::fs::write(file.path(), text).unwrap();
            let token_file = Some(file.path().to_owned());
            ServerFlags { token: token.map(str::to_owned), token_file, ..Default::default() }.bearer(DEFAULT_ADDRESS)
        };
        let bearer = with(None, " t0ken\n").unwrap().unwrap();
        assert!(bearer.is_sensitive() && bearer == "Bearer t0ken");
        assert!(told(with(Some("t"), "t0ken")).contains("give one of them"));
        for wrong in ["", "\n", "a\nb", "é"] {
            assert!(told(with(None, wrong)).contains("one line of visible ASCII"), "{wrong:?}");
        }
        let missing = ServerFlags { token_file: Some("/no/such/file".into()), ..Default::default() };
        assert!(told(missing.bearer(DEFAULT_ADDRESS)).contains("--token-file /no/such/file: No such file"));
    }

    #[test]
    fn flags_of_tls_that_do_not_go_together_are_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "nothing").unwrap();
        let some = || Some(file.path().to_owned());
        let why = |flags: ServerFlags| told(flags.tls(&flags.url()));
        let at = |address: &str| ServerFlags { address: address.to_owned(), ..Default::default() };
        assert!(why(ServerFlags { ca: some(), ..at("http://x") }).contains("for addresses with https://"));
        assert!(why(ServerFlags { cert: some(), ..at("https://x") }).contains("goes with --key"));
        assert!(why(ServerFlags { key: some(), ..at("x") }).contains("goes with --cert"));
        assert!(why(ServerFlags { ca: some(), ..at("x") }).contains("has no certificate in PEM form"));
        assert!(why(ServerFlags { ca: Some("/no".into()), ..at("x") }).contains("--ca /no: No such file"));
        assert_eq!(ServerFlags { ca: some(), ..at("x:1") }.url(), "https://x:1");
        assert_eq!(at("x:1").url(), "http://x:1");
    }
}
