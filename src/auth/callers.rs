//! The callers of a file, and how they are found.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::service::Caller;

/// The SHA-256 of a token. A token is 256 random bits: nobody finds it by trying, and no slower hash is needed.
pub(super) type TokenDigest = [u8; 32];

pub(super) fn digest_of(token: &str) -> TokenDigest {
    Sha256::digest(token).into()
}

/// The names in a client's certificate.
#[derive(Debug, Clone, Copy)]
pub struct CertificateNames<'a> {
    /// As RFC 4514 writes it.
    pub subject: &'a str,
    pub dns_names: &'a [String],
    pub uris: &'a [String],
    pub emails: &'a [String],
}

/// The name that a row is about, in whole: nothing in it stands for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CertificateName {
    Subject(String),
    Dns(String),
    Uri(String),
    Email(String),
}

impl CertificateName {
    fn is_in(&self, names: &CertificateNames<'_>) -> bool {
        match self {
            Self::Subject(name) => name == names.subject,
            Self::Dns(name) => names.dns_names.iter().any(|it| it.eq_ignore_ascii_case(name)),
            Self::Uri(name) => names.uris.contains(name),
            Self::Email(name) => names.emails.iter().any(|it| it.eq_ignore_ascii_case(name)),
        }
    }
}

/// Every caller of a file.
#[derive(Debug, Default)]
pub(super) struct Callers {
    pub tokens: Vec<(TokenDigest, Caller)>,
    pub certificates: Vec<(CertificateName, Caller)>,
}

impl Callers {
    /// Compares with every row, in a time that does not depend on how much of a hash is right.
    pub(super) fn with_token(&self, digest: &TokenDigest) -> Option<Caller> {
        let mut found = None;
        for (known, caller) in &self.tokens {
            if bool::from(known.ct_eq(digest)) {
                found = Some(caller);
            }
        }
        found.cloned()
    }

    /// The first row that has one of the names.
    pub(super) fn with_certificate(&self, names: &CertificateNames<'_>) -> Option<Caller> {
        self.certificates.iter().find(|(name, _)| name.is_in(names)).map(|(_, caller)| caller.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_addresses_have_no_case() {
        let (dns_names, emails) = (["Client.Example".to_owned()], ["Billing@Example.com".to_owned()]);
        let uris = ["spiffe://Example/Billing".to_owned()];
        let names = CertificateNames { subject: "CN=client", dns_names: &dns_names, uris: &uris, emails: &emails };
        for (name, is_in) in [
            (CertificateName::Dns("client.example".into()), true),
            (CertificateName::Email("billing@EXAMPLE.com".into()), true),
            (CertificateName::Email("billing@example.org".into()), false),
            (CertificateName::Uri("spiffe://example/billing".into()), false),
            (CertificateName::Subject("CN=Client".into()), false),
        ] {
            assert_eq!(name.is_in(&names), is_in, "{name:?}");
        }
    }
}
