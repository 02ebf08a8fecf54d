//! Reads the names in the certificate of a client.

use std::fmt::Write as _;

use chrono::DateTime;
use rustls_pki_types::CertificateDer;
use x509_parser::asn1_rs::ToDer as _;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

use crate::grpc::ClientCertificate;

/// The names RFC 4514 has for types of attributes; others are told by their number.
const NAMES: [(&str, &str); 9] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.6", "C"),
    ("2.5.4.9", "STREET"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
];

/// An error where anything in it has no meaning: who a caller is must not be guessed.
pub(super) fn read(certificate: &CertificateDer<'_>) -> Result<ClientCertificate, Unreadable> {
    let (_, certificate) = X509Certificate::from_der(certificate).map_err(|_| Unreadable)?;
    let names = certificate.subject_alternative_name().map_err(|_| Unreadable)?;
    let (mut dns_names, mut uris, mut emails) = (Vec::new(), Vec::new(), Vec::new());
    for name in names.iter().flat_map(|names| &names.value.general_names) {
        match name {
            GeneralName::DNSName(name) => dns_names.push((*name).to_owned()),
            GeneralName::URI(name) => uris.push((*name).to_owned()),
            GeneralName::RFC822Name(name) => emails.push((*name).to_owned()),
            GeneralName::Invalid(..) => return Err(Unreadable),
            _ => {}
        }
    }
    let subject = certificate.subject();
    let common_name = subject.iter_common_name().last().map(|name| name.as_str().map(str::to_owned)).transpose();
    Ok(ClientCertificate {
        subject: rfc4514(subject),
        common_name: common_name.map_err(|_| Unreadable)?,
        dns_names,
        uris,
        emails,
        serial: hex::encode(certificate.raw_serial()).trim_start_matches('0').to_owned(),
        expires: DateTime::from_timestamp(certificate.validity().not_after.timestamp(), 0).ok_or(Unreadable)?,
    })
}

#[derive(Debug, thiserror::Error)]
#[error("the names in the client's certificate cannot be read")]
pub(super) struct Unreadable;

/// The most specific part first, as it is the last one in the certificate.
fn rfc4514(name: &X509Name<'_>) -> String {
    let parts: Vec<_> = name.iter_rdn().map(|part| part.iter().map(attribute).collect::<Vec<_>>().join("+")).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join(",")
}

fn attribute(attribute: &AttributeTypeAndValue<'_>) -> String {
    let number = attribute.attr_type().to_id_string();
    let name = NAMES.iter().find(|(known, _)| *known == number).map(|(_, name)| *name);
    match (name, attribute.as_str()) {
        (Some(name), Ok(value)) => format!("{name}={}", escaped(value)),
        (name, _) => {
            let value = attribute.attr_value().to_der_vec().unwrap_or_default();
            format!("{}=#{}", name.unwrap_or(&number), hex::encode(value))
        }
    }
}

fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    value.chars().enumerate().fold(String::new(), |mut text, (place, letter)| {
        let is_special = matches!(letter, '"' | '+' | ',' | ';' | '<' | '>' | '\\')
            || (letter == '#' && place == 0)
            || (letter == ' ' && (place == 0 || place == last));
        if letter.is_control() {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                let _ = write!(text, "\\{byte:02x}");
            }
        } else {
            if is_special {
                text.push('\\');
            }
            text.push(letter);
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, DnType, KeyPair, SanType, SerialNumber, date_time_ymd};

    use super::*;

    #[test]
    fn the_names_of_a_certificate_are_read_as_they_are() {
        let mut params = CertificateParams::new(["client.example".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "NL");
        params.distinguished_name.push(DnType::OrganizationName, " Contoso, Ltd. #1 ");
        params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), "77");
        params.distinguished_name.push(DnType::CommonName, "#billing=\u{1}+é");
        params.subject_alt_names.push(SanType::URI("spiffe://example/billing".try_into().unwrap()));
        params.subject_alt_names.push(SanType::Rfc822Name("billing@example.com".try_into().unwrap()));
        params.serial_number = Some(SerialNumber::from(vec![0x0a, 0xff]));
        params.not_after = date_time_ymd(2100, 1, 2);
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let names = read(certificate.der()).unwrap();
        assert_eq!(
            names,
            ClientCertificate {
                subject: r"CN=\#billing=\01\+é,2.5.4.5=#0c023737,O=\ Contoso\, Ltd. #1\ ,C=NL".to_owned(),
                common_name: Some("#billing=\u{1}+é".to_owned()),
                dns_names: vec!["client.example".to_owned()],
                uris: vec!["spiffe://example/billing".to_owned()],
                emails: vec!["billing@example.com".to_owned()],
                serial: "aff".to_owned(),
                expires: "2100-01-02T00:00:00Z".parse().unwrap(),
            }
        );
        assert!(read(&CertificateDer::from(vec![1, 2, 3])).is_err());
    }
}
