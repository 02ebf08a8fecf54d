//! The parameters behind the `?`. Only names from lists of ours are ever told: a password with
//! an unescaped `&` or `?` looks like a parameter too.

use crate::suggest::nearest_or_all;

/// A parameter that may be given, or why not.
pub(super) struct Parameter {
    pub name: &'static str,
    /// Whether a value does; otherwise what is expected, or why there is none that does.
    pub check: fn(&str) -> Result<(), String>,
}

/// Checks the parameters of a query, each by its row of `known`.
pub(super) fn check(query: &str, known: &[Parameter]) -> Result<(), String> {
    let mut seen: Vec<&str> = Vec::new();
    for (index, (name, value)) in url::form_urlencoded::parse(query.as_bytes()).enumerate() {
        let place = index.saturating_add(1);
        let Some(parameter) = known.iter().find(|parameter| parameter.name == name) else {
            return Err(unknown(place, &name, known));
        };
        let name = parameter.name;
        (parameter.check)(&value).map_err(|why| format!("the parameter `{name}` of the URL: {why}"))?;
        if seen.contains(&name) {
            return Err(format!("the parameter `{name}` is twice in the URL"));
        }
        seen.push(name);
    }
    Ok(())
}

fn unknown(place: usize, name: &str, known: &[Parameter]) -> String {
    let lower = name.to_lowercase();
    if let Some(parameter) = known.iter().find(|parameter| parameter.name == lower) {
        return format!("the parameter `{0}` of the URL is written in small letters: `{0}`", parameter.name);
    }
    let what = match ELSEWHERE.iter().find(|known| **known == lower) {
        Some(name) => format!("the parameter `{name}` of the URL is not taken here"),
        None => format!(
            "the URL has an unknown parameter, number {place} behind the `?` (in a password `&` is written `%26`)"
        ),
    };
    let names: Vec<_> = known.iter().map(|parameter| parameter.name).collect();
    let hint = nearest_or_all(&lower, &names);
    format!("{what}; {hint}")
}

/// What other programs take: no secret, whatever else stands in the URL.
const ELSEWHERE: [&str; 36] = [
    "_pragma",
    "application_name",
    "channel_binding",
    "client_encoding",
    "connect_timeout",
    "connection_limit",
    "fallback_application_name",
    "gssencmode",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "nolock",
    "options",
    "passfile",
    "pgbouncer",
    "pool_timeout",
    "psow",
    "replication",
    "require_auth",
    "requirepeer",
    "schema",
    "search_path",
    "service",
    "ssl",
    "ssl-ca",
    "ssl-cert",
    "ssl-key",
    "ssl-mode",
    "ssl-root-cert",
    "sslcrl",
    "sslpassword",
    "statement-cache-capacity",
    "target_session_attrs",
];
