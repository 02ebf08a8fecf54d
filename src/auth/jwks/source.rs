//! Where the keys of an issuer are.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Client;
use reqwest::redirect::Policy;
use serde::Deserialize;
use url::Url;

use super::key::{Key, parse};
use crate::config::{OidcSettings, is_safe};
use crate::error::BoxError;
use crate::input;
use crate::legible::shown;

/// For one answer, all of it.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// In bytes, of one answer.
const LARGEST_ANSWER: usize = 1 << 20;
const DISCOVERY: &str = ".well-known/openid-configuration";

/// Where keys are fetched from.
#[derive(Debug)]
pub(crate) enum Source {
    File(PathBuf),
    Url(Client, Url),
    /// The issuer tells where, in its discovery document.
    Issuer(Client, String),
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl Source {
    pub(crate) fn new(issuer: &str, settings: &OidcSettings) -> Result<Self, BoxError> {
        if let Some(path) = &settings.jwks_file {
            return Ok(Self::File(path.clone()));
        }
        // A redirect may lead anywhere, also to where the answer comes in clear.
        let client = Client::builder().timeout(TIME_LIMIT).redirect(Policy::none()).build()?;
        Ok(match &settings.jwks_url {
            Some(url) => Self::Url(client, url.clone()),
            None => Self::Issuer(client, issuer.to_owned()),
        })
    }

    pub(crate) async fn fetch(&self) -> Result<Vec<Key>, BoxError> {
        match self {
            Self::File(path) => {
                let path = path.clone();
                tokio::task::spawn_blocking(move || read(&path)).await?
            }
            Self::Url(client, url) => keys(&get(client, url.clone()).await?),
            Self::Issuer(client, issuer) => {
                let url = discover(client, issuer).await?;
                keys(&get(client, url).await?)
            }
        }
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<Key>, BoxError> {
    let told = |why: String| format!("{}: {why}", shown(&path.display().to_string()));
    let text = input::read_file(path).map_err(|why| told(why.to_string()))?;
    keys(text.as_bytes()).map_err(|why| told(why.to_string()).into())
}

fn keys(text: &[u8]) -> Result<Vec<Key>, BoxError> {
    let keys = parse(text).map_err(|error| format!("this is no JWKS: {error}"))?;
    if keys.is_empty() { Err("no key here verifies RS256, ES256 or EdDSA".into()) } else { Ok(keys) }
}

async fn discover(client: &Client, issuer: &str) -> Result<Url, BoxError> {
    let at: Url = format!("{}/{DISCOVERY}", issuer.trim_end_matches('/')).parse()?;
    let Discovery { issuer: named, jwks_uri } = serde_json::from_slice(&get(client, at).await?)
        .map_err(|error| format!("this is no discovery document: {error}"))?;
    if named != issuer {
        return Err("the discovery document is of another issuer".into());
    }
    let url: Url = jwks_uri.parse()?;
    if is_safe(&url) { Ok(url) } else { Err("`jwks_uri` is no URL of https, or of http on this machine".into()) }
}

async fn get(client: &Client, url: Url) -> Result<Vec<u8>, BoxError> {
    // Of the URL nothing is told: it is in the settings.
    let mut response = client.get(url).send().await.map_err(reqwest::Error::without_url)?;
    if !response.status().is_success() {
        return Err(format!("the issuer answers with status {}", response.status().as_u16()).into());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST_ANSWER {
            return Err(format!("the answer has more than {LARGEST_ANSWER} bytes").into());
        }
    }
    Ok(body)
}
