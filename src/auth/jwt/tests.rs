use std::path::Path;
use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{EncodingKey, encode};
use rcgen::KeyPair;
use serde_json::json;

use super::super::callers::digest_of;
use super::*;

const ISSUER: &str = "https://issuer.example";

fn key() -> EncodingKey {
    EncodingKey::from_ec_pem(KeyPair::generate().unwrap().serialize_pem().as_bytes()).unwrap()
}

/// Writes the keys, each called `key`, and signs a token with each.
fn sign(keys: &[&EncodingKey], at: &Path) -> Vec<String> {
    let jwk = |key: &&EncodingKey| {
        let mut jwk = Jwk::from_encoding_key(key, Algorithm::ES256).unwrap();
        jwk.common.key_id = Some("key".to_owned());
        jwk
    };
    let set = json!({ "keys": keys.iter().map(jwk).collect::<Vec<_>>() });
    std::fs::write(at, set.to_string()).unwrap();
    let header = Header { kid: Some("key".to_owned()), ..Header::new(Algorithm::ES256) };
    let exp = Clock::System.now().timestamp() + 600;
    let claims = json!({"iss": ISSUER, "aud": "entitled", "sub": "ada", "exp": exp, "roles": ["reader"]});
    keys.iter().map(|key| encode(&header, &claims, key).unwrap()).collect()
}

fn verifier(keys: &Path) -> JwtVerifier {
    let settings = OidcSettings {
        issuer: Some(ISSUER.to_owned()),
        audience: Some("entitled".to_owned()),
        jwks_file: Some(keys.to_owned()),
        ..OidcSettings::default()
    };
    let mut verifier = JwtVerifier::new(&settings, Clock::System).unwrap().unwrap();
    let times = Times { cooldown: Duration::ZERO, ..Times::new(&settings) };
    verifier.jwks = Jwks::new(Source::File(keys.to_owned()), times);
    verifier
}

#[tokio::test]
async fn a_token_is_verified_once_until_the_keys_are_others() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let (old, new) = (key(), key());
    let token = sign(&[&old], file.path()).remove(0);
    let verifier = verifier(file.path());
    let digest = digest_of(&token);
    assert_eq!(&*verifier.verify(&token, digest).await.unwrap().principal, "ada");
    // What stands for it is known: nothing of the token is looked at.
    assert_eq!(&*verifier.verify("known by its digest", digest).await.unwrap().principal, "ada");
    assert!(verifier.jwks.refreshed().await.is_some());
    assert!(verifier.verify("known by its digest", digest).await.is_ok(), "the same keys were fetched again");

    sign(&[&new], file.path());
    assert!(verifier.jwks.refreshed().await.is_some());
    let refusal = verifier.verify(&token, digest).await.unwrap_err();
    assert!(matches!(refusal, Error::Unauthenticated(NOT_GOOD)), "the key was withdrawn: {refusal:?}");
}

#[tokio::test]
async fn a_token_that_is_known_is_judged_again_at_its_end() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let token = sign(&[&key()], file.path()).remove(0);
    let mut verifier = verifier(file.path());
    let digest = digest_of(&token);
    verifier.verify(&token, digest).await.unwrap();
    let now = Clock::System.now();
    for (seconds, is_known) in [(600 + 50, true), (600 + 61, false)] {
        verifier.clock = Clock::Fixed(now + TimeDelta::seconds(seconds));
        assert_eq!(verifier.verify("known by its digest", digest).await.is_ok(), is_known);
    }
}

#[tokio::test]
async fn without_keys_no_token_is_judged() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let token = sign(&[&key()], file.path()).remove(0);
    let verifier = verifier(file.path());
    std::fs::remove_file(file.path()).unwrap();
    let refusal = verifier.verify(&token, digest_of(&token)).await.unwrap_err();
    assert!(matches!(refusal, Error::KeysUnavailable), "{refusal:?}");
}
