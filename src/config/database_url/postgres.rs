//! A URL of PostgreSQL, read as the driver reads it.

use percent_encoding::percent_decode_str;
use url::Url;

use super::parameter::{self, Parameter};

/// What else a session needs is set by this program. Connections are made without TLS.
const KNOWN: [Parameter; 7] = [
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
            "disable" | "allow" | "prefer" => Ok(()),
            _ => one_of("`disable`, `allow` or `prefer`: connections are made without TLS"),
        },
    },
];

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
    parameter::check(url.query().unwrap_or_default(), &KNOWN)
}
