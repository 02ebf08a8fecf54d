//! An issuer of tokens: its keys, and the file that tells them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{KeyPair, PKCS_ED25519, PKCS_RSA_SHA256, PublicKeyData as _, RsaKeySize};
use serde_json::{Value, json};
use tempfile::NamedTempFile;

pub(in crate::auth) const ISSUER: &str = "https://issuer.example/realms/support";

/// A key that signs.
pub(in crate::auth) struct Signer {
    pub key_id: &'static str,
    pub algorithm: Algorithm,
    /// As tokens have it.
    pub name: &'static str,
    pub key: EncodingKey,
    /// What everybody may know of it.
    pub jwk: Value,
    pub public_pem: String,
    pub public_der: Vec<u8>,
}

impl Signer {
    fn new(key_id: &'static str, algorithm: Algorithm, pair: &KeyPair) -> Self {
        let pem = pair.serialize_pem();
        let (name, key) = match algorithm {
            Algorithm::RS256 => ("RS256", EncodingKey::from_rsa_pem(pem.as_bytes())),
            Algorithm::ES256 => ("ES256", EncodingKey::from_ec_pem(pem.as_bytes())),
            _ => ("EdDSA", EncodingKey::from_ed_pem(pem.as_bytes())),
        };
        let key = key.unwrap();
        let mut jwk = match algorithm {
            // The library does not read its own keys of this kind.
            Algorithm::EdDSA => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key_raw());
                json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x})
            }
            _ => serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap(),
        };
        jwk.as_object_mut().unwrap().insert("kid".to_owned(), json!(key_id));
        let (public_pem, public_der) = (pair.public_key_pem(), pair.subject_public_key_info());
        Self { key_id, algorithm, name, key, jwk, public_pem, public_der }
    }

    pub(super) fn rsa(key_id: &'static str) -> Self {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        Self::new(key_id, Algorithm::RS256, &pair)
    }

    pub(in crate::auth) fn ec(key_id: &'static str) -> Self {
        Self::new(key_id, Algorithm::ES256, &KeyPair::generate().unwrap())
    }

    pub(super) fn ed(key_id: &'static str) -> Self {
        Self::new(key_id, Algorithm::EdDSA, &KeyPair::generate_for(&PKCS_ED25519).unwrap())
    }
}

/// One of each kind: RSA, EC, Ed25519.
pub(super) fn signers() -> [Signer; 3] {
    [Signer::rsa("rsa"), Signer::ec("ec"), Signer::ed("ed")]
}

/// The JWKS of the keys.
pub(in crate::auth) fn jwks(signers: &[Signer]) -> String {
    json!({ "keys": signers.iter().map(|signer| &signer.jwk).collect::<Vec<_>>() }).to_string()
}

pub(super) fn file(signers: &[Signer]) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), jwks(signers)).unwrap();
    file
}
