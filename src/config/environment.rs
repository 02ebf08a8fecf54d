//! The environment: which of its variables are ours, and which only look like it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::catalog::ZONEINFO;
use super::secret_file;
use super::table::settings;
use crate::legible::excerpt;
use crate::suggest::{did_you_mean, nearest};

/// What our variables begin with.
const PREFIX: &str = "ENTITLED_";
/// The file of settings.
pub(super) const CONFIG: &str = "ENTITLED_CONFIG";
/// Ours beside the settings. The clients read theirs by their flags, and a server may have them too.
const OTHERS: [&str; 9] = [
    CONFIG,
    "ENTITLED_ADDRESS",
    "ENTITLED_CA",
    "ENTITLED_CERT",
    // Of shells that complete a command line; empty or 0, it asks for nothing.
    "ENTITLED_COMPLETE",
    "ENTITLED_KEY",
    "ENTITLED_OUTPUT",
    "ENTITLED_TOKEN",
    "ENTITLED_TOKEN_FILE",
];

/// Variables with our prefix, by their names.
#[derive(Debug, Default)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// That of this process.
    #[expect(clippy::disallowed_methods, reason = "with `variable` the one place that reads the environment")]
    pub fn of_process() -> Self {
        let all = std::env::vars_os().map(|(name, value)| (name.to_string_lossy().into_owned(), value));
        Self(all.filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }

    #[cfg(test)]
    pub fn of(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect())
    }

    /// A variable's text; an empty one is not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.to_str().filter(|value| !value.is_empty())
    }

    /// The directory of zone data that it names.
    pub fn zoneinfo(&self) -> Option<PathBuf> {
        self.get(ZONEINFO).map(PathBuf::from)
    }

    /// What is wrong with it as a whole. Values are not told: a token may be among them.
    pub fn mistakes(&self) -> Vec<String> {
        let mistake = |(name, value): (&String, &OsString)| {
            if !is_known(name) {
                return (!is_service_link(name, value)).then(|| unknown(name));
            }
            value.to_str().is_none().then(|| format!("{name}: this is no UTF-8 text"))
        };
        self.0.iter().filter_map(mistake).collect()
    }
}

/// A variable of the environment; an empty one is not set.
#[expect(clippy::disallowed_methods, reason = "with `Environment` the one place that reads the environment")]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn variables() -> impl Iterator<Item = &'static str> {
    settings().map(|setting| setting.variable).chain(OTHERS)
}

fn is_known(name: &str) -> bool {
    let is_of_file = |setting| secret_file::variable(setting).is_some_and(|variable| variable == name);
    variables().any(|variable| variable == name) || settings().any(is_of_file)
}

fn unknown(name: &str) -> String {
    // What all begin with says nothing of how near they are.
    let own = name.strip_prefix(PREFIX).unwrap_or(name);
    let hint = match nearest(own, variables().filter_map(|variable| variable.strip_prefix(PREFIX))) {
        Some(nearest) => did_you_mean(&format!("{PREFIX}{nearest}")),
        None => format!("known are {}", variables().collect::<Vec<_>>().join(", ")),
    };
    format!("there is no variable `{}`; {hint}", excerpt(name))
}

/// Kubernetes tells every pod where the services beside it are: of one called `entitled` or
/// `entitled-db` by variables such as `ENTITLED_SERVICE_HOST` and `ENTITLED_DB_PORT_5432_TCP_ADDR`.
fn is_service_link(name: &str, value: &OsString) -> bool {
    let is_url = || value.to_str().is_some_and(|value| value.contains("://"));
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_url())
        || name.rsplit_once("_PORT_").is_some_and(|(_, port)| is_port(port))
}

/// `5432_TCP`, or `5432_TCP_ADDR`.
fn is_port(text: &str) -> bool {
    let mut parts = text.splitn(3, '_');
    let (number, protocol, part) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    !number.is_empty()
        && number.bytes().all(|digit| digit.is_ascii_digit())
        && matches!(protocol, Some("TCP" | "UDP" | "SCTP"))
        && matches!(part, None | Some("PROTO" | "PORT" | "ADDR"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_variables_are_told_with_the_nearest_name_and_never_their_value() {
        let environment = Environment::of(&[
            ("ENTITLED_LISEN", "s3cret"),
            ("ENTITLED_LISTEN", ""),
            ("ENTITLED_TOKEN", "s3cret"),
            ("ENTITLED_ADDRESS", "x"),
            ("ENTITLED_PORT", "8080"),
            ("ENTITLED_\u{1b}[2J", "s3cret"),
        ]);
        let mistakes = environment.mistakes();
        assert_eq!(mistakes.len(), 3, "{mistakes:#?}");
        assert!(mistakes[0].starts_with("there is no variable `ENTITLED_\\u{1b}[2J`; "), "{mistakes:#?}");
        assert_eq!(mistakes[1], "there is no variable `ENTITLED_LISEN`; did you mean `ENTITLED_LISTEN`?");
        assert!(mistakes[2].starts_with("there is no variable `ENTITLED_PORT`; "), "{mistakes:#?}");
        assert!(!mistakes.concat().contains("s3cret"));
        assert_eq!(environment.get("ENTITLED_LISTEN"), None);
    }

    #[test]
    fn what_an_orchestrator_tells_of_a_service_of_our_name_is_no_mistake() {
        let links = [
            ("ENTITLED_SERVICE_HOST", "10.0.0.11"),
            ("ENTITLED_SERVICE_PORT", "50051"),
            ("ENTITLED_SERVICE_PORT_GRPC", "50051"),
            ("ENTITLED_PORT", "tcp://10.0.0.11:50051"),
            ("ENTITLED_PORT_50051_TCP", "tcp://10.0.0.11:50051"),
            ("ENTITLED_PORT_50051_TCP_PROTO", "tcp"),
            ("ENTITLED_PORT_50051_TCP_PORT", "50051"),
            ("ENTITLED_PORT_50051_TCP_ADDR", "10.0.0.11"),
            ("ENTITLED_DB_SERVICE_HOST", "10.0.0.12"),
            ("ENTITLED_DB_PORT_5432_TCP_ADDR", "10.0.0.12"),
            ("ENTITLED_DB_PORT_5432_UDP", "udp://10.0.0.12:5432"),
        ];
        assert_eq!(Environment::of(&links).mistakes(), Vec::<String>::new());
        for (name, value) in [("ENTITLED_PORT_TCP", "x"), ("ENTITLED_PORT_1_ICMP", "x"), ("ENTITLED_SERVICE", "x")] {
            assert_eq!(Environment::of(&[(name, value)]).mistakes().len(), 1, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_setting_that_is_no_text_is_not_passed_over() {
        use std::os::unix::ffi::OsStringExt as _;
        let value = OsString::from_vec(b"sqlite:\xff".to_vec());
        let environment = Environment([("ENTITLED_DATABASE_URL".to_owned(), value)].into());
        assert_eq!(environment.mistakes(), ["ENTITLED_DATABASE_URL: this is no UTF-8 text"]);
    }
}
