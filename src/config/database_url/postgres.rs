//! A URL of PostgreSQL, read as the driver reads it.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;
use url::Url;

use super::parameter::{self, Parameter};

/// What else a session needs is set by this program.
const KNOWN: [Parameter; 10] = [
    Parameter { name: "host", check: filled },
    Parameter {
        name: "hostaddr",
        check: |value| value.parse::<std::net::IpAddr>().map(drop).or_else(|_| one_of("an IP address")),
    },
    Parameter {
        name: "port",
        check: |value| value.parse::<u16>().map(drop).or_else(|_| one_of("a number, 0 to 65535")),
    },
    Parameter { name: "dbname", check: filled },
    Parameter { name: "user", check: filled },
    Parameter { name: "password", check: |_| Ok(()) },
    Parameter {
        name: "sslmode",
        check: |value| match value {
            "disable" | "allow" | "prefer" | "require" | VERIFY => Ok(()),
            // The driver trusts the public authorities beside the one of `sslrootcert`, and would not look at the name.
            "verify-ca" => {
                one_of("`verify-full`: by `verify-ca` any name's certificate of any public authority would do")
            }
            _ => one_of("`disable`, `allow`, `prefer`, `require` or `verify-full`"),
        },
    },
    Parameter { name: "sslrootcert", check: file },
    Parameter { name: "sslcert", check: file },
    Parameter { name: "sslkey", check: file },
];

/// The one mode that proves who the server is.
const VERIFY: &str = "verify-full";
/// Parameters that name files.
const FILES: [&str; 3] = ["sslrootcert", "sslcert", "sslkey"];

/// The driver would take the contents as well; a key has no place in a URL.
fn file(value: &str) -> Result<(), String> {
    if value.is_empty() || value.contains("-----") { one_of("the path of a PEM file") } else { Ok(()) }
}

/// The files that the URL names, by their parameters.
pub(super) fn files(url: &str) -> Vec<(&'static str, PathBuf)> {
    let Ok(url) = Url::parse(url) else { return Vec::new() };
    let files = url.query_pairs().filter_map(|(name, value)| {
        let name = FILES.into_iter().find(|known| *known == name)?;
        Some((name, PathBuf::from(value.as_ref())))
    });
    files.collect()
}

/// What goes only with something else.
fn check_together(url: &Url) -> Result<(), String> {
    let value = |name: &str| url.query_pairs().find(|(known, _)| *known == name).map(|(_, value)| value);
    if value("sslrootcert").is_some() && value("sslmode").as_deref() != Some(VERIFY) {
        return Err("`sslrootcert` in the URL goes with `sslmode=verify-full`: no other mode verifies".to_owned());
    }
    if value("sslcert").is_some() != value("sslkey").is_some() {
        return Err("`sslcert` and `sslkey` go together in the URL: a certificate and its private key".to_owned());
    }
    Ok(())
}

fn filled(value: &str) -> Result<(), String> {
    if value.is_empty() { one_of("a value") } else { Ok(()) }
}

/// Of the value itself nothing is told.
fn one_of(expected: &str) -> Result<(), String> {
    Err(format!("expected {expected}"))
}

pub(super) fn check(url: &str) -> Result<(), String> {
    // What the parser says has no part of the URL in it.
    let url = Url::parse(url).map_err(|why| {
        format!("not a URL ({why}); in a user or a password `/`, `?`, `#`, `@`, `:` and `%` are percent-encoded")
    })?;
    if url.fragment().is_some() {
        return Err("a `#` begins nothing in the URL of a database; in a password it is written `%23`".to_owned());
    }
    if url.path().contains('@') {
        return Err("an `@` stands behind the host; in a password `/` is written `%2F`, `?` `%3F`".to_owned());
    }
    let parts = [
        ("user", url.username()),
        ("password", url.password().unwrap_or_default()),
        ("host", url.host_str().unwrap_or_default()),
        ("database", url.path()),
    ];
    for (name, part) in parts {
        let decoded = percent_decode_str(part).decode_utf8();
        if !decoded.is_ok_and(|text| !text.contains('\0')) {
            return Err(format!("the {name} in the URL is no UTF-8 text, percent-decoded"));
        }
    }
    parameter::check(url.query().unwrap_or_default(), &KNOWN)?;
    check_together(&url)
}
