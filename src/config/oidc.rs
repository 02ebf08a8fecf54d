//! The issuer of signed tokens (OpenID Connect, JWT), and what its claims mean here.

use std::path::PathBuf;
use std::time::Duration;

use url::{Host, Url};

use super::setting::Setting;
use super::value::{Value, path, short};
use crate::service::Role;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OidcSettings {
    /// `iss` of every token.
    pub issuer: Option<String>,
    /// One of `aud` of every token.
    pub audience: Option<String>,
    /// Where the keys are; without it, and without a file, the issuer tells.
    pub jwks_url: Option<Url>,
    pub jwks_file: Option<PathBuf>,
    /// How often the keys are fetched.
    pub jwks_refresh: Duration,
    /// How old keys may grow while they cannot be fetched.
    pub jwks_max_age: Duration,
    /// The claim with the roles; dots lead into claims.
    pub roles_claim: String,
    /// Which role a value of that claim gives. Empty: the values are roles.
    pub role_map: Vec<(String, Role)>,
    /// The claim with the ids of the customers, `*` for all.
    pub customers_claim: String,
    /// Whoever has a role may see every customer, whatever the claim says.
    pub all_customers: bool,
}

impl Default for OidcSettings {
    fn default() -> Self {
        Self {
            issuer: None,
            audience: None,
            jwks_url: None,
            jwks_file: None,
            jwks_refresh: Duration::from_secs(600),
            jwks_max_age: Duration::from_secs(86_400),
            roles_claim: "roles".to_owned(),
            role_map: Vec::new(),
            customers_claim: "customers".to_owned(),
            all_customers: false,
        }
    }
}

impl OidcSettings {
    pub(super) fn mistakes(&self) -> Vec<String> {
        let Self { issuer, audience, jwks_url, jwks_file, .. } = self;
        let keys = jwks_url.is_some() || jwks_file.is_some();
        let mistakes = [
            (
                issuer.is_some() && audience.is_none(),
                "auth_issuer is set and auth_audience is not: tokens that were made for others would be good here",
            ),
            (issuer.is_none() && audience.is_some(), "auth_audience is set and auth_issuer is not: tokens need both"),
            (issuer.is_none() && keys, "keys are set and auth_issuer is not: tokens need both"),
            (jwks_url.is_some() && jwks_file.is_some(), "auth_jwks_url and auth_jwks_file are set: leave one out"),
            (
                !keys && issuer.as_deref().is_some_and(|issuer| url(issuer).is_err()),
                "auth_issuer is no https URL, so it cannot tell where its keys are: set auth_jwks_url or auth_jwks_file",
            ),
        ];
        mistakes.into_iter().filter(|(is_wrong, _)| *is_wrong).map(|(_, why)| why.to_owned()).collect()
    }
}

pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "auth_issuer",
        variable: "ENTITLED_AUTH_ISSUER",
        flag: Some("URL"),
        default: None,
        value: Value::Text {
            range: "exactly as its tokens have it",
            set: |config, text| short(text).map(|text| config.auth.oidc.issuer = Some(text.to_owned())),
        },
        meaning: "the issuer whose signed tokens (OIDC, JWT) are believed",
    },
    Setting {
        key: "auth_audience",
        variable: "ENTITLED_AUTH_AUDIENCE",
        flag: Some("NAME"),
        default: None,
        value: Value::Text {
            range: "exactly as its tokens have it",
            set: |config, text| short(text).map(|text| config.auth.oidc.audience = Some(text.to_owned())),
        },
        meaning: "the audience that tokens must be made for",
    },
    Setting {
        key: "auth_jwks_url",
        variable: "ENTITLED_AUTH_JWKS_URL",
        flag: None,
        default: None,
        value: Value::Text {
            range: "https, or http on loopback",
            set: |config, text| url(text).map(|url| config.auth.oidc.jwks_url = Some(url)),
        },
        meaning: "where the issuer's keys are; without it the issuer is asked, by its discovery document",
    },
    Setting {
        key: "auth_jwks_file",
        variable: "ENTITLED_AUTH_JWKS_FILE",
        flag: None,
        default: None,
        value: Value::Text {
            range: "a JWKS file",
            set: |config, text| path(text).map(|file| config.auth.oidc.jwks_file = Some(file)),
        },
        meaning: "the issuer's keys, for a server that cannot reach it; read again like keys that are fetched",
    },
    Setting {
        key: "auth_jwks_refresh",
        variable: "ENTITLED_AUTH_JWKS_REFRESH",
        flag: None,
        default: Some("10m"),
        value: Value::Time { range: ["10s", "24h"], set: |config, time| config.auth.oidc.jwks_refresh = time },
        meaning: "how often the issuer's keys are fetched; besides, a token with a new key has them fetched at once",
    },
    Setting {
        key: "auth_jwks_max_age",
        variable: "ENTITLED_AUTH_JWKS_MAX_AGE",
        flag: None,
        default: Some("24h"),
        value: Value::Time { range: ["1m", "30d"], set: |config, time| config.auth.oidc.jwks_max_age = time },
        meaning: "how long known keys count while they cannot be fetched; after it no token does",
    },
    Setting {
        key: "auth_roles_claim",
        variable: "ENTITLED_AUTH_ROLES_CLAIM",
        flag: None,
        default: Some("roles"),
        value: Value::Text {
            range: "a claim; dots lead into it, as in `realm_access.roles`",
            set: |config, text| short(text).map(|text| text.clone_into(&mut config.auth.oidc.roles_claim)),
        },
        meaning: "the claim that has the caller's roles, as a list or with spaces between them",
    },
    Setting {
        key: "auth_role_map",
        variable: "ENTITLED_AUTH_ROLE_MAP",
        flag: None,
        default: None,
        value: Value::Text {
            range: "`VALUE=ROLE`, with commas between them",
            set: |config, text| role_map(short(text)?).map(|map| config.auth.oidc.role_map = map),
        },
        meaning: "which role each value of that claim gives; without it the values are the roles themselves",
    },
    Setting {
        key: "auth_customers_claim",
        variable: "ENTITLED_AUTH_CUSTOMERS_CLAIM",
        flag: None,
        default: Some("customers"),
        value: Value::Text {
            range: "a claim; dots lead into it",
            set: |config, text| short(text).map(|text| text.clone_into(&mut config.auth.oidc.customers_claim)),
        },
        meaning: "the claim that has the ids of the customers the caller may see, `*` for all; without it none",
    },
    Setting {
        key: "auth_customers",
        variable: "ENTITLED_AUTH_CUSTOMERS",
        flag: None,
        default: Some("claim"),
        value: Value::Words(&[
            ("claim", |config| config.auth.oidc.all_customers = false),
            ("all", |config| config.auth.oidc.all_customers = true),
        ]),
        meaning: "whether a token's claim says which customers its caller may see, or all callers may see all",
    },
];

/// Keys that came over a network in clear are anybody's.
fn url(text: &str) -> Result<Url, String> {
    let expected = || "expected a URL of https, or of http on this machine".to_owned();
    let url = Url::parse(short(text)?).map_err(|_| expected())?;
    if is_safe(&url) { Ok(url) } else { Err(expected()) }
}

/// Whether nobody in between can change what is fetched from there.
pub fn is_safe(url: &Url) -> bool {
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let has_password = !url.username().is_empty() || url.password().is_some();
    !has_password && (url.scheme() == "https" || (url.scheme() == "http" && is_loopback))
}

fn role_map(text: &str) -> Result<Vec<(String, Role)>, String> {
    let pair = |pair: &str| {
        let (value, role) = pair.rsplit_once('=').ok_or("expected `VALUE=ROLE`, with commas between them")?;
        Ok((value.trim().to_owned(), role.trim().parse()?))
    };
    text.split(',').map(str::trim).filter(|text| !text.is_empty()).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuer_and_audience_come_together() {
        let told = |change: fn(&mut OidcSettings)| {
            let mut settings = OidcSettings::default();
            change(&mut settings);
            settings.mistakes().join("\n")
        };
        let issuer = || Some("https://issuer.example".to_owned());
        assert_eq!(told(|_| {}), "");
        assert!(OidcSettings { issuer: issuer(), ..Default::default() }.mistakes()[0].contains("auth_audience is not"));
        assert!(told(|settings| settings.audience = Some("entitled".into())).contains("auth_issuer is not"));
        assert!(told(|settings| settings.jwks_file = Some("keys.json".into())).contains("auth_issuer is not"));
        let audience = Some("entitled".to_owned());
        let both = OidcSettings { issuer: issuer(), audience: audience.clone(), ..Default::default() };
        assert_eq!(both.mistakes(), Vec::<String>::new());
        let named = OidcSettings { issuer: Some("contoso".into()), audience, ..Default::default() };
        assert!(named.mistakes()[0].contains("set auth_jwks_url or auth_jwks_file"));
        assert_eq!(OidcSettings { jwks_file: Some("keys.json".into()), ..named }.mistakes(), Vec::<String>::new());
    }

    #[test]
    fn keys_come_from_where_nobody_can_change_them() {
        for good in ["https://issuer.example/keys", "http://127.0.0.1:8080/keys", "http://[::1]/", "http://localhost/"]
        {
            assert!(url(good).is_ok(), "{good}");
        }
        for bad in
            ["http://issuer.example/keys", "http://localhost.example/", "file:///keys", "https://me:pw@x/", "keys", ""]
        {
            assert!(url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn values_are_mapped_to_roles() {
        let map = role_map("support agents=reader, a=b=consumer,").unwrap();
        assert_eq!(map, [("support agents".to_owned(), Role::Reader), ("a=b".to_owned(), Role::Consumer)]);
        assert!(role_map("agents=redaer").unwrap_err().ends_with("did you mean `reader`?"));
        assert!(role_map("agents").is_err());
    }
}
