//! TLS of the listener: its certificate, and those of the callers.

use std::path::PathBuf;

use super::setting::Setting;
use super::value::{Value, short};

/// Files in PEM form. Without a certificate and its key, calls are taken in clear.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsSettings {
    /// The server's certificate first, and those that lead from it to its authority.
    pub cert: Option<PathBuf>,
    pub key: Option<PathBuf>,
    /// The authorities whose certificates callers may show.
    pub client_ca: Option<PathBuf>,
    pub client_auth: ClientAuth,
}

/// Whether callers show a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClientAuth {
    #[default]
    None,
    /// Whoever shows one must show a good one.
    Optional,
    Required,
}

impl TlsSettings {
    /// What is wrong with the settings as a whole. Half of them would mean less safety than was asked for.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let Self { cert, key, client_ca, client_auth } = self;
        let asks_clients = *client_auth != ClientAuth::None;
        let mistakes = [
            (cert.is_some() && key.is_none(), "tls_cert is set and tls_key is not: TLS needs both"),
            (key.is_some() && cert.is_none(), "tls_key is set and tls_cert is not: TLS needs both"),
            (
                asks_clients && client_ca.is_none(),
                "tls_client_auth asks for certificates and tls_client_ca is not set: it says which ones are good",
            ),
            (
                client_ca.is_some() && !asks_clients,
                "tls_client_ca is set and no certificate is asked for: set tls_client_auth to `optional` or `required`",
            ),
            (
                client_ca.is_some() && cert.is_none() && key.is_none(),
                "tls_client_ca is set and the listener has no TLS: set tls_cert and tls_key",
            ),
        ];
        mistakes.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, why)| why.to_owned()).collect()
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "tls_cert",
        variable: "ENTITLED_TLS_CERT",
        flag: Some("FILE"),
        default: None,
        value: Value::Text { range: "a PEM file", set: |config, text| file(text, &mut config.tls.cert) },
        meaning: "the server's certificate, followed by those that lead to its authority; read again when it changes",
    },
    Setting {
        key: "tls_key",
        variable: "ENTITLED_TLS_KEY",
        flag: Some("FILE"),
        default: None,
        value: Value::Text {
            range: "a PEM file without a passphrase",
            set: |config, text| file(text, &mut config.tls.key),
        },
        meaning: "the private key of the server's certificate; read again when it changes",
    },
    Setting {
        key: "tls_client_ca",
        variable: "ENTITLED_TLS_CLIENT_CA",
        flag: Some("FILE"),
        default: None,
        value: Value::Text { range: "a PEM file", set: |config, text| file(text, &mut config.tls.client_ca) },
        meaning: "the authorities that sign the certificates of callers; read again when it changes",
    },
    Setting {
        key: "tls_client_auth",
        variable: "ENTITLED_TLS_CLIENT_AUTH",
        flag: Some("WHETHER"),
        default: Some("none"),
        value: Value::Words(&[
            ("none", |config| config.tls.client_auth = ClientAuth::None),
            ("optional", |config| config.tls.client_auth = ClientAuth::Optional),
            ("required", |config| config.tls.client_auth = ClientAuth::Required),
        ]),
        meaning: "whether callers show a certificate",
    },
];

fn file(text: &str, setting: &mut Option<PathBuf>) -> Result<(), String> {
    if text.is_empty() {
        return Err("expected the path of a file".to_owned());
    }
    *setting = Some(PathBuf::from(short(text)?));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_settings_is_refused_by_the_name_of_what_is_missing() {
        let file = |is_set: bool| is_set.then(|| PathBuf::from("x.pem"));
        let told = |cert, key, client_ca, client_auth| {
            let settings = TlsSettings { cert: file(cert), key: file(key), client_ca: file(client_ca), client_auth };
            settings.mistakes().join("\n")
        };
        use ClientAuth::{None, Optional, Required};
        for good in [
            told(false, false, false, None),
            told(true, true, false, None),
            told(true, true, true, Optional),
            told(true, true, true, Required),
        ] {
            assert_eq!(good, "");
        }
        assert!(told(true, false, false, None).contains("tls_key is not"));
        assert!(told(false, true, false, None).contains("tls_cert is not"));
        assert!(told(true, true, false, Required).contains("tls_client_ca is not set"));
        assert!(told(true, true, true, None).contains("set tls_client_auth"));
        assert!(told(false, false, true, Required).contains("set tls_cert and tls_key"));
    }
}
