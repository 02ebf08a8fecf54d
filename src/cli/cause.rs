//! Why a connection is not there, in words that say what to do.

use std::error::Error;
use std::io;

use rustls::{CertificateError, Error as TlsError};

/// The first of all causes.
pub(super) fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause
}

/// What the system said, without what was done when it said so.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    if let Some(why) = of_tls(error) {
        return why;
    }
    let cause = root(error);
    let text = cause.to_string();
    match cause.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => "connection refused".to_owned(),
        // An alert of TLS, read as a frame of HTTP/2.
        _ if text.ends_with("frame with invalid size") => {
            "what answers there does not speak HTTP/2 in clear: use https:// if it speaks TLS".to_owned()
        }
        // HTTP/2 hands on what TLS said as a text.
        _ => text.strip_prefix(ALERT).and_then(of_alert).unwrap_or(text),
    }
}

/// What TLS says of an alert, before the name of the alert.
const ALERT: &str = "received fatal alert: ";

/// Why there is no TLS connection, if it is TLS that failed.
pub(super) fn of_tls(error: &(dyn Error + 'static)) -> Option<String> {
    let mut causes = std::iter::successors(Some(error), |error| (*error).source());
    let why = causes.find_map(|cause| {
        let wrapped = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        cause.downcast_ref::<TlsError>().or_else(|| wrapped?.downcast_ref::<TlsError>())
    })?;
    Some(match why {
        TlsError::InvalidCertificate(why) => of_certificate(why),
        TlsError::AlertReceived(alert) => {
            of_alert(&format!("{alert:?}")).unwrap_or_else(|| format!("the server ended the handshake: {alert:?}"))
        }
        TlsError::InvalidMessage(_) => {
            "what answers there does not speak TLS: use http:// if it is meant to be so".to_owned()
        }
        why => format!("TLS failed: {why}"),
    })
}

/// What the server says of our certificate.
fn of_alert(name: &str) -> Option<String> {
    match name {
        "CertificateRequired" => Some("the server asks for a certificate: give one with --cert and --key".to_owned()),
        "UnknownCA"
        | "BadCertificate"
        | "UnsupportedCertificate"
        | "CertificateExpired"
        | "CertificateRevoked"
        | "CertificateUnknown"
        | "DecryptError"
        | "AccessDenied" => Some(format!("the server refuses the certificate of --cert: {name}")),
        _ => None,
    }
}

fn of_certificate(why: &CertificateError) -> String {
    match why {
        // With the name of a trusted one, too.
        CertificateError::UnknownIssuer
        | CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its certificate is signed by no authority that is trusted here: name its authority with --ca".to_owned()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired: it needs a new one, if the clock of this machine is right".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet: is the clock of this machine right?".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name: use one of the certificate's names in --address".to_owned()
        }
        why => format!("its certificate cannot be trusted: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tls_says_is_told_in_words_that_say_what_to_do() {
        let of_text = |text: &str| root_cause(&*Box::<dyn Error + Send + Sync>::from(text));
        let of_error = |why: TlsError| of_tls(&io::Error::new(io::ErrorKind::InvalidData, why)).unwrap();
        assert!(of_text("received fatal alert: CertificateRequired").contains("give one with --cert and --key"));
        assert!(of_text("received fatal alert: UnknownCA").contains("refuses the certificate of --cert"));
        assert!(of_text("connection error detected: frame with invalid size").contains("use https://"));
        assert_eq!(of_text("connection closed"), "connection closed");
        assert_eq!(of_tls(&io::Error::from(io::ErrorKind::BrokenPipe)), None);
        for (why, expected) in [
            (CertificateError::UnknownIssuer, "--ca"),
            (CertificateError::Expired, "has expired"),
            (CertificateError::NotValidYet, "clock"),
            (CertificateError::NotValidForName, "another name"),
            (CertificateError::Revoked, "cannot be trusted"),
        ] {
            let told = of_error(TlsError::InvalidCertificate(why));
            assert!(told.contains(expected), "{told}");
        }
        assert!(of_error(TlsError::AlertReceived(rustls::AlertDescription::CertificateExpired)).contains("--cert"));
        assert!(of_error(TlsError::HandshakeNotComplete).starts_with("TLS failed: "));
    }
}
