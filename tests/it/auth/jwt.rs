//! Tokens of an issuer, good and bad: R60. Each case changes one thing of a token that is good.

pub(super) mod issuer;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entitled::service::Clock;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};
use tonic::Code;

use self::issuer::{ISSUER, Signer, signers};
use super::call;
use crate::sample::Refusal;
use crate::server::{Backend, TestServer};

const LIST_EDITIONS: &str = "/entitled.v1.CatalogService/ListEditions";

/// What a refusal begins with.
const NOT_GOOD: &str = "the token is not good here";
const EXPIRED: &str = "the token has expired";
const TOO_EARLY: &str = "the token is not valid yet";
const OTHER_ISSUER: &str = "the token is of another issuer";
const OTHER_AUDIENCE: &str = "the token was made for another audience";
const NOBODY: &str = "the token names nobody";
const UNKNOWN: &str = "the token is not known here";

fn now() -> i64 {
    Clock::System.now().timestamp()
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "entitled", "sub": "ada", "exp": now() + 600, "roles": ["reader"], "customers": "*"})
}

/// With other members; null leaves one out.
fn with(mut object: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        let members = object.as_object_mut().unwrap();
        match value {
            Value::Null => drop(members.remove(name)),
            value => drop(members.insert(name.clone(), value.clone())),
        }
    }
    object
}

fn part(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// A token of these parts, whatever they are.
fn sign(header: &str, claims: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// A token of the signer with changes to its header and its claims.
fn token(signer: &Signer, header: Value, changes: Value) -> String {
    let header = with(json!({"alg": signer.name, "typ": "JWT", "kid": signer.key_id}), header);
    sign(&header.to_string(), &with(claims(), changes).to_string(), &signer.key, signer.algorithm)
}

/// Keys, and the file that tells them.
pub(super) fn oidc() -> ([Signer; 3], tempfile::NamedTempFile) {
    let signers = signers();
    let file = issuer::file(&signers);
    (signers, file)
}

/// A good token but for changes to its claims.
pub(super) fn signed(signer: &Signer, changes: Value) -> String {
    token(signer, json!({}), changes)
}

fn good(signers: &[Signer; 3]) -> Vec<(&'static str, String)> {
    let [rsa, ec, ed] = signers;
    let of_ec = |header: Value, changes: Value| token(ec, header, changes);
    vec![
        ("RS256", token(rsa, json!({}), json!({}))),
        ("ES256", of_ec(json!({}), json!({}))),
        ("EdDSA", token(ed, json!({}), json!({}))),
        ("an access token", of_ec(json!({"typ": "at+jwt"}), json!({}))),
        ("an access token, in full", of_ec(json!({"typ": "application/at+JWT"}), json!({}))),
        ("without a type", of_ec(json!({"typ": null}), json!({}))),
        ("one audience of several", of_ec(json!({}), json!({"aud": ["other", "entitled"]}))),
        ("expired within the leeway", of_ec(json!({}), json!({"exp": now() - 30}))),
        ("valid from within the leeway", of_ec(json!({}), json!({"nbf": now() + 30}))),
        (
            "a fraction of a second",
            of_ec(json!({}), json!({"exp": format!("{}.5", now() + 600).parse::<f64>().unwrap()})),
        ),
        // What it says of its key beyond its id is not looked at.
        ("a key of its own", of_ec(json!({"jwk": ec.jwk, "jku": "http://127.0.0.1:1/keys"}), json!({}))),
        ("64 KiB of nothing", of_ec(json!({}), json!({"x": "x".repeat(5_000)}))),
    ]
}

fn bad_headers(signers: &[Signer; 3]) -> Vec<(&'static str, &'static str, String)> {
    let [rsa, ec, ed] = signers;
    let claims = claims().to_string();
    let unsigned = |alg: &str| {
        let header = json!({"alg": alg, "typ": "JWT", "kid": ec.key_id});
        format!("{}.{}.", part(&header.to_string()), part(&claims))
    };
    // Keys that everybody knows, as secrets.
    let hmac = |signer: &Signer, secret: &[u8]| {
        let header = json!({"alg": "HS256", "typ": "JWT", "kid": signer.key_id});
        sign(&header.to_string(), &claims, &EncodingKey::from_secret(secret).unwrap(), Algorithm::HS256)
    };
    // Signed well by the one, and said to be of another.
    let signed_by = |signer: &Signer, alg: &str, key_id: &str, algorithm: Algorithm| {
        sign(&json!({"alg": alg, "kid": key_id}).to_string(), &claims, &signer.key, algorithm)
    };
    let of_ec = |header: Value| token(ec, header, json!({}));
    let stranger = Signer::ec("ec");
    vec![
        ("alg none", NOT_GOOD, unsigned("none")),
        ("alg nOnE", NOT_GOOD, unsigned("nOnE")),
        ("no signature", NOT_GOOD, unsigned("ES256")),
        ("HS256 with the RSA key in PEM", NOT_GOOD, hmac(rsa, rsa.public_pem.as_bytes())),
        ("HS256 with the EC key in DER", NOT_GOOD, hmac(ec, &ec.public_der)),
        ("HS256 with the EC key as JWK", NOT_GOOD, hmac(ec, ec.jwk.to_string().as_bytes())),
        ("RS256 by the id of the EC key", NOT_GOOD, signed_by(rsa, "RS256", ec.key_id, Algorithm::RS256)),
        ("ES256 by the id of the RSA key", NOT_GOOD, signed_by(ec, "ES256", rsa.key_id, Algorithm::ES256)),
        ("EdDSA by the id of the EC key", NOT_GOOD, signed_by(ed, "EdDSA", ec.key_id, Algorithm::EdDSA)),
        ("ES256 in the header of an RSA signature", NOT_GOOD, signed_by(rsa, "ES256", rsa.key_id, Algorithm::RS256)),
        ("RS512", NOT_GOOD, signed_by(rsa, "RS512", rsa.key_id, Algorithm::RS512)),
        ("PS256", NOT_GOOD, signed_by(rsa, "PS256", rsa.key_id, Algorithm::PS256)),
        ("no alg", NOT_GOOD, of_ec(json!({"alg": null}))),
        ("an unknown key", NOT_GOOD, of_ec(json!({"kid": "other"}))),
        ("no key named, of several", NOT_GOOD, of_ec(json!({"kid": null}))),
        ("a key id that is no text", NOT_GOOD, of_ec(json!({"kid": 1}))),
        ("crit", NOT_GOOD, of_ec(json!({"crit": ["exp"], "exp": now() + 600}))),
        ("crit with b64", NOT_GOOD, of_ec(json!({"crit": ["b64"], "b64": true}))),
        ("an empty crit", NOT_GOOD, of_ec(json!({"crit": []}))),
        ("a payload that is not encoded", NOT_GOOD, of_ec(json!({"b64": false}))),
        ("a token for logging out", NOT_GOOD, of_ec(json!({"typ": "logout+jwt"}))),
        ("the key of a stranger under a known id", NOT_GOOD, token(&stranger, json!({}), json!({}))),
        ("the key of a stranger, sent along", NOT_GOOD, token(&stranger, json!({"jwk": stranger.jwk}), json!({}))),
    ]
}

fn bad_claims(signers: &[Signer; 3]) -> Vec<(&'static str, &'static str, String)> {
    let of = |changes: Value| token(&signers[1], json!({}), changes);
    vec![
        ("another issuer", OTHER_ISSUER, of(json!({"iss": "https://other.example"}))),
        ("an issuer with a slash more", OTHER_ISSUER, of(json!({"iss": format!("{ISSUER}/")}))),
        ("an issuer in capitals", OTHER_ISSUER, of(json!({"iss": ISSUER.to_uppercase()}))),
        ("a list of issuers", OTHER_ISSUER, of(json!({"iss": [ISSUER]}))),
        ("no issuer", NOT_GOOD, of(json!({"iss": null}))),
        ("another audience", OTHER_AUDIENCE, of(json!({"aud": "other"}))),
        ("other audiences", OTHER_AUDIENCE, of(json!({"aud": ["other", "entitled2"]}))),
        ("an empty list of audiences", OTHER_AUDIENCE, of(json!({"aud": []}))),
        ("no audience", NOT_GOOD, of(json!({"aud": null}))),
        ("an audience that is no text", NOT_GOOD, of(json!({"aud": 1}))),
        ("expired", EXPIRED, of(json!({"exp": now() - 120}))),
        ("no end", NOT_GOOD, of(json!({"exp": null}))),
        ("an end that is a text", NOT_GOOD, of(json!({"exp": (now() + 600).to_string()}))),
        ("an end before 1970", NOT_GOOD, of(json!({"exp": -1}))),
        ("an end beyond counting", NOT_GOOD, of(json!({"exp": 1e300}))),
        ("not valid yet", TOO_EARLY, of(json!({"nbf": now() + 120}))),
        ("a beginning that is a text", NOT_GOOD, of(json!({"nbf": "0"}))),
        ("a beginning that is a list", NOT_GOOD, of(json!({"nbf": [0]}))),
        ("no subject", NOT_GOOD, of(json!({"sub": null}))),
        ("a subject that is no text", NOT_GOOD, of(json!({"sub": 1}))),
        ("a subject of two names", NOBODY, of(json!({"sub": "ada for eve"}))),
        ("the server's own name", NOBODY, of(json!({"sub": "entitled"}))),
        ("longer than 8 KiB", UNKNOWN, of(json!({"x": "x".repeat(6_500)}))),
    ]
}

fn bad_shapes(signers: &[Signer; 3]) -> Vec<(&'static str, &'static str, String)> {
    let ec = &signers[1];
    let whole = token(ec, json!({}), json!({}));
    let parts: Vec<_> = whole.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { panic!("{whole}") };
    let other_payload = part(&with(claims(), json!({"sub": "eve"})).to_string());
    let twice = format!("{{\"exp\": 1, {}", &claims().to_string()[1..]);
    let header_text = json!({"alg": "ES256", "kid": ec.key_id}).to_string();
    vec![
        ("another payload", NOT_GOOD, format!("{header}.{other_payload}.{signature}")),
        ("half a signature", NOT_GOOD, format!("{header}.{payload}.{}", &signature[..40])),
        ("two parts", NOT_GOOD, format!("{header}.{payload}")),
        ("four parts", NOT_GOOD, format!("{whole}.{signature}")),
        ("a header that is no base64", NOT_GOOD, format!("{header}=.{payload}.{signature}")),
        ("a header that is no JSON", NOT_GOOD, sign("alg", &claims().to_string(), &ec.key, Algorithm::ES256)),
        ("claims that are no object", NOT_GOOD, sign(&header_text, "[1]", &ec.key, Algorithm::ES256)),
        ("a claim twice", NOT_GOOD, sign(&header_text, &twice, &ec.key, Algorithm::ES256)),
        ("an opaque token", NOT_GOOD, "entitled_c2VjcmV0".to_owned()),
        ("dots", NOT_GOOD, "..".to_owned()),
    ]
}

#[tokio::test]
async fn a_token_is_good_or_it_is_not() {
    let signers = signers();
    let file = issuer::file(&signers);
    let server = TestServer::start_with(Backend::Sqlite, |config| {
        config.auth.oidc.issuer = Some(ISSUER.to_owned());
        config.auth.oidc.audience = Some("entitled".to_owned());
        config.auth.oidc.jwks_file = Some(file.path().to_owned());
    })
    .await;
    let ask = async |token: &str| {
        let bearer = format!("Bearer {token}");
        call(server.channel.clone(), LIST_EDITIONS, &[("authorization", &bearer)], Vec::new()).await
    };
    for (name, token) in good(&signers) {
        assert!(ask(&token).await.is_ok(), "{name}: {:?}", ask(&token).await);
    }
    let bad = [bad_headers(&signers), bad_claims(&signers), bad_shapes(&signers)].concat();
    for (name, begin, token) in bad {
        let status = ask(&token).await.expect_err(name);
        let refusal = Refusal::of(&status);
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unauthenticated, "CREDENTIALS_INVALID"), "{name}");
        let longest = if token.len() > 8 << 10 { UNKNOWN } else { begin };
        assert!(refusal.message.starts_with(longest), "{name}: {}", refusal.message);
        let told = format!("{status:?}");
        let parts = token.split('.').filter(|part| part.len() > 8);
        assert!(parts.into_iter().all(|part| !told.contains(part)), "{name}: {told}");
    }
    server.stop().await;
}

#[tokio::test]
async fn claims_say_what_a_caller_may() {
    let signers = signers();
    let file = issuer::file(&signers);
    let server = TestServer::start_with(Backend::Sqlite, |config| {
        let oidc = &mut config.auth.oidc;
        oidc.issuer = Some(ISSUER.to_owned());
        oidc.audience = Some("entitled".to_owned());
        oidc.jwks_file = Some(file.path().to_owned());
        oidc.roles_claim = "realm_access.roles".to_owned();
        oidc.role_map = vec![("agents".to_owned(), entitled::service::Role::Reader)];
    })
    .await;
    let ask = async |changes: Value| {
        let bearer = format!("Bearer {}", token(&signers[0], json!({}), changes));
        let outcome = call(server.channel.clone(), LIST_EDITIONS, &[("authorization", &bearer)], Vec::new()).await;
        outcome.map_or_else(|status| status.code(), |_| Code::Ok)
    };
    assert_eq!(ask(json!({"realm_access": {"roles": ["agents"]}})).await, Code::Ok);
    // `roles` of the token are not asked, and `reader` is in no map.
    assert_eq!(ask(json!({"realm_access": {"roles": ["reader", "offline_access"]}})).await, Code::PermissionDenied);
    assert_eq!(ask(json!({})).await, Code::PermissionDenied);
    server.stop().await;
}
