use std::fmt;
use std::str::FromStr;

/// Where the data is: `sqlite:PATH` or `postgres://…`. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// With the password: for the driver alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with("sqlite:")
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self("sqlite:entitled.db".to_owned())
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if known.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
            Ok(Self(url.to_owned()))
        } else {
            // The value may hold a password.
            Err("expected `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`")
        }
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_sqlite() {
            return f.write_str(&self.0);
        }
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        write!(f, "{scheme}://")?;
        // The last `@`, wherever it is: a password may hold `/`, `?` and `@` unescaped.
        let rest = match rest.rsplit_once('@') {
            Some((user, host)) => {
                let (user, password) = user.split_once(':').map_or((user, ""), |(user, _)| (user, ":***"));
                write!(f, "{user}{password}@")?;
                host
            }
            None => rest,
        };
        let (host, parameters) = rest.split_once('?').map_or((rest, None), |(host, rest)| (host, Some(rest)));
        f.write_str(host)?;
        for (index, parameter) in parameters.into_iter().flat_map(|all| all.split('&')).enumerate() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = if name.to_ascii_lowercase().contains("password") { "***" } else { value };
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let shown = |url: &str| {
            let url: DatabaseUrl = url.parse().unwrap();
            assert!(!format!("{url:?}{url}").contains("secret"), "{url}");
            url.to_string()
        };
        assert_eq!(shown("postgres://me:secret@db:5432/entitled"), "postgres://me:***@db:5432/entitled");
        assert_eq!(
            shown("postgresql://me:s/e?c@secret@db/e?sslmode=require"),
            "postgresql://me:***@db/e?sslmode=require"
        );
        assert_eq!(shown("postgres://db/e?user=me&password=secret"), "postgres://db/e?user=me&password=***");
        assert_eq!(shown("postgres://me@db/e"), "postgres://me@db/e");
        assert_eq!(shown("sqlite:entitled.db"), "sqlite:entitled.db");
        for wrong in ["", "sqlite:", "mysql://secret", "entitled.db"] {
            assert!(!wrong.parse::<DatabaseUrl>().unwrap_err().contains("secret"));
        }
    }
}
