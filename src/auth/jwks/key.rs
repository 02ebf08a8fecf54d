//! A public key, and the one algorithm it verifies.

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// No issuer has more at a time.
const MOST_KEYS: usize = 100;

/// A key of an issuer.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub id: Option<String>,
    /// By the kind of the key alone: what a token says of its algorithm must be the same.
    pub algorithm: Algorithm,
    pub key: DecodingKey,
    jwk: Jwk,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.jwk == other.jwk
    }
}

#[derive(Deserialize)]
struct Written {
    keys: Vec<Value>,
}

/// The keys of a JWKS that verify signatures; others, and those of kinds that are not known, are left out.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Key>, serde_json::Error> {
    let Written { keys } = serde_json::from_slice(text)?;
    Ok(keys.into_iter().take(MOST_KEYS).filter_map(|key| read(serde_json::from_value(key).ok()?)).collect())
}

fn read(jwk: Jwk) -> Option<Key> {
    let common = &jwk.common;
    let (algorithm, named) = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => (Algorithm::RS256, KeyAlgorithm::RS256),
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        _ => return None,
    };
    let is_for_it = common.key_algorithm.is_none_or(|it| it == named);
    let is_for_signatures = common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    let verifies = common.key_operations.as_ref().is_none_or(|it| it.contains(&KeyOperations::Verify));
    if !(is_for_it && is_for_signatures && verifies) {
        return None;
    }
    Some(Key { id: common.key_id.clone(), algorithm, key: DecodingKey::from_jwk(&jwk).ok()?, jwk })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_keys_that_verify_in_a_way_we_know_are_taken() {
        let ec = |more: Value| {
            let mut key = json!({
                "kty": "EC", "crv": "P-256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            });
            key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            key
        };
        let okp =
            json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "ed"});
        let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "rsa", "use": "sig"});
        let keys = json!({ "keys": [
            ec(json!({"kid": "a"})), ec(json!({"kid": "b", "alg": "ES256", "use": "sig", "key_ops": ["verify"]})), okp, rsa,
            // Not these.
            ec(json!({"kid": "1", "use": "enc"})), ec(json!({"kid": "2", "alg": "ES384"})),
            ec(json!({"kid": "3", "key_ops": ["sign"]})), ec(json!({"kid": "4", "crv": "P-384"})),
            ec(json!({"kid": "5", "alg": "HS256"})), ec(json!({"kid": "6", "alg": "new"})),
            json!({"kty": "oct", "k": "c2VjcmV0", "kid": "7"}), json!({"kty": "new", "kid": "8"}),
            json!({"kty": "RSA", "kid": "9"}), json!(1), json!({"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "PS256"}),
        ]});
        let read: Vec<_> = parse(keys.to_string().as_bytes()).unwrap();
        let read: Vec<_> = read.iter().map(|key| (key.id.as_deref().unwrap_or(""), key.algorithm)).collect();
        let expected =
            [("a", Algorithm::ES256), ("b", Algorithm::ES256), ("ed", Algorithm::EdDSA), ("rsa", Algorithm::RS256)];
        assert_eq!(read, expected);
        for broken in ["", "[]", "{}", "{\"keys\": {}}"] {
            assert!(parse(broken.as_bytes()).is_err(), "{broken}");
        }
    }
}
