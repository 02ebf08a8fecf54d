//! Whether callers are identified, and by what.

use std::path::PathBuf;

use super::setting::Setting;
use super::value::{Value, path};
use super::{Config, OidcSettings};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthSettings {
    /// As it was set; without it the means that are configured decide ([`is_required`](Self::is_required)).
    pub mode: Option<AuthMode>,
    /// Anybody may call, from anywhere, and it was meant so.
    pub insecure: bool,
    /// As it was set; without it only servers on loopback that ask for no credentials have reflection.
    pub reflection: Option<bool>,
    /// Principals with the hashes of their tokens.
    pub tokens_file: Option<PathBuf>,
    /// Principals with names in their certificates.
    pub certificates_file: Option<PathBuf>,
    /// Whose signed tokens are believed.
    pub oidc: OidcSettings,
}

/// Whether calls need credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthMode {
    None,
    Required,
}

impl AuthSettings {
    /// Whether calls need credentials.
    pub fn is_required(&self) -> bool {
        self.mode.map_or(self.means().next().is_some(), |mode| mode == AuthMode::Required)
    }

    /// The settings that say by what callers are identified, of those that are set.
    fn means(&self) -> impl Iterator<Item = &'static str> {
        let means = [
            ("auth_tokens_file", self.tokens_file.is_some()),
            ("auth_certificates_file", self.certificates_file.is_some()),
            ("auth_issuer", self.oidc.issuer.is_some()),
        ];
        means.into_iter().filter_map(|(key, is_set)| is_set.then_some(key))
    }
}

impl Config {
    /// Whether the server describes its calls to whoever may read.
    pub fn has_reflection(&self) -> bool {
        self.auth.reflection.unwrap_or(!self.auth.is_required() && self.server.listen.ip().is_loopback())
    }

    /// What must not be served: settings that contradict each other, or that let anybody in without saying so.
    pub fn auth_mistakes(&self) -> Vec<String> {
        let auth = &self.auth;
        let mut mistakes = auth.oidc.mistakes();
        match (auth.mode, auth.means().next()) {
            (Some(AuthMode::None), Some(means)) => {
                mistakes.push(format!("auth_mode is `none` and {means} is set: nobody would be asked; leave one out"));
            }
            (Some(AuthMode::Required), None) => mistakes.push(
                "auth_mode is `required` and nothing says who may call: set auth_tokens_file, auth_issuer or \
                 auth_certificates_file"
                    .to_owned(),
            ),
            _ => {}
        }
        let listen = self.server.listen;
        if !auth.is_required() && !listen.ip().is_loopback() && !auth.insecure {
            mistakes.push(format!(
                "listen is {listen}, which others can reach, and calls need no credentials: set auth_tokens_file, \
                 auth_issuer or auth_certificates_file; or set insecure to `true`, and anybody may call"
            ));
        }
        mistakes
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "auth_mode",
        variable: "ENTITLED_AUTH_MODE",
        flag: Some("WHETHER"),
        default: None,
        value: Value::Words(&[
            ("none", |config| config.auth.mode = Some(AuthMode::None)),
            ("required", |config| config.auth.mode = Some(AuthMode::Required)),
        ]),
        meaning: "whether calls need credentials; without it they do if there is a setting that says whose are good",
    },
    Setting {
        key: "auth_tokens_file",
        variable: "ENTITLED_AUTH_TOKENS_FILE",
        flag: Some("FILE"),
        default: None,
        value: Value::Text {
            range: "a TOML file",
            set: |config, text| path(text).map(|file| config.auth.tokens_file = Some(file)),
        },
        meaning: "callers by their tokens, as `entitled token new` writes them; read again when it changes",
    },
    Setting {
        key: "auth_certificates_file",
        variable: "ENTITLED_AUTH_CERTIFICATES_FILE",
        flag: Some("FILE"),
        default: None,
        value: Value::Text {
            range: "a TOML file",
            set: |config, text| path(text).map(|file| config.auth.certificates_file = Some(file)),
        },
        meaning: "callers by the names in their certificates; may be the file of the tokens; read again when it changes",
    },
    Setting {
        key: "insecure",
        variable: "ENTITLED_INSECURE",
        flag: None,
        default: Some("false"),
        value: Value::Words(&[
            ("true", |config| config.auth.insecure = true),
            ("false", |config| config.auth.insecure = false),
        ]),
        meaning: "whether anybody may call from anywhere, where calls need no credentials",
    },
    Setting {
        key: "reflection",
        variable: "ENTITLED_REFLECTION",
        flag: None,
        default: None,
        value: Value::Words(&[
            ("true", |config| config.auth.reflection = Some(true)),
            ("false", |config| config.auth.reflection = Some(false)),
        ]),
        meaning: "whether the server describes its calls to readers; without it only on loopback without credentials",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    fn config(listen: &str, change: impl FnOnce(&mut AuthSettings)) -> Config {
        let mut config = Config::default();
        config.server.listen = listen.parse().unwrap();
        change(&mut config.auth);
        config
    }

    #[test]
    fn nobody_is_let_in_from_elsewhere_without_saying_so() {
        let told = |listen, change: fn(&mut AuthSettings)| config(listen, change).auth_mistakes().join("\n");
        for loopback in ["127.0.0.1:1", "127.8.0.1:1", "[::1]:1"] {
            assert_eq!(told(loopback, |_| {}), "");
        }
        for open in ["0.0.0.0:1", "[::]:1", "192.0.2.1:1", "[::ffff:127.0.0.1]:1"] {
            let refusal = told(open, |_| {});
            assert!(refusal.starts_with("listen is ") && refusal.contains("auth_tokens_file"), "{refusal}");
            assert_eq!(told(open, |auth| auth.insecure = true), "");
            assert_eq!(told(open, |auth| auth.tokens_file = Some("tokens.toml".into())), "");
            assert!(told(open, |auth| auth.mode = Some(AuthMode::None)).contains("insecure"));
        }
    }

    #[test]
    fn a_mode_that_contradicts_the_rest_is_refused() {
        let told = |change: fn(&mut AuthSettings)| config("127.0.0.1:1", change).auth_mistakes().join("\n");
        assert!(told(|auth| auth.mode = Some(AuthMode::Required)).contains("nothing says who may call"));
        let both = told(|auth| {
            auth.mode = Some(AuthMode::None);
            auth.certificates_file = Some("certificates.toml".into());
        });
        assert!(both.contains("auth_certificates_file is set"), "{both}");
    }

    #[test]
    fn only_a_server_that_is_open_to_its_own_machine_alone_is_described_unasked() {
        let tokens = |auth: &mut AuthSettings| auth.tokens_file = Some("tokens.toml".into());
        assert!(config("127.0.0.1:1", |_| {}).has_reflection());
        assert!(!config("127.0.0.1:1", tokens).has_reflection());
        assert!(!config("0.0.0.0:1", |auth| auth.insecure = true).has_reflection());
        assert!(config("0.0.0.0:1", |auth| auth.reflection = Some(true)).has_reflection());
        assert!(!config("127.0.0.1:1", |auth| auth.reflection = Some(false)).has_reflection());
    }
}
