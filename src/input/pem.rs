//! Certificates and keys in PEM form. What is wrong is told without anything of a key.

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Every certificate of a file, of which there is at least one.
pub fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, &'static str> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err("this file has no certificate in PEM form"),
    }
}

/// The first private key of a file.
pub fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, &'static str> {
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(
        |_| "this file has no private key that can be read: PEM form with PKCS#8, PKCS#1 or SEC1, without a passphrase",
    )
}
