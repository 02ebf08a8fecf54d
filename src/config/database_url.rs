//! Where the data is. A URL may hold a password in any of its parts, also where somebody forgot
//! to write a sign of it percent-encoded. So nothing of it is ever told but its scheme and the
//! path of a file; and the driver, which logs the parameters it does not know, is given none.

mod parameter;
mod postgres;
mod sqlite;

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::legible::shown;

/// `sqlite:PATH` or `postgres://…`. Shown without anything that may be a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

const SQLITE: &str = "sqlite:";
const POSTGRES: [&str; 2] = ["postgres://", "postgresql://"];

impl DatabaseUrl {
    /// With the password: for the driver alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub fn is_sqlite(&self) -> bool {
        self.0.starts_with(SQLITE)
    }

    /// The files with certificates and keys that connections need, by the parameters of the URL.
    pub fn tls_files(&self) -> Vec<(&'static str, PathBuf)> {
        if self.is_sqlite() { Vec::new() } else { postgres::files(&self.0) }
    }

    /// Of a file of SQLite, whatever its name is.
    pub fn of_file(path: &Path) -> Result<Self, String> {
        let path = path.to_str().ok_or("the path of the database is no UTF-8 text")?;
        let escaped = path.replace('%', "%25").replace('?', "%3F");
        format!("{SQLITE}{escaped}").parse()
    }
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self("sqlite:entitled.db".to_owned())
    }
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, Self::Err> {
        let is_path = url.starts_with(SQLITE);
        if url.contains(|letter: char| letter.is_control() || (letter.is_whitespace() && !is_path)) {
            return Err("a URL has no white space and no control characters".to_owned());
        }
        if is_path {
            sqlite::check(sqlite::path_and_parameters(url))?;
        } else if POSTGRES.iter().any(|scheme| url.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())) {
            postgres::check(url)?;
        } else {
            return Err("expected `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/DATABASE`".to_owned());
        }
        Ok(Self(url.to_owned()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_sqlite() {
            return write!(f, "{SQLITE}{}", shown(sqlite::path_and_parameters(&self.0).0));
        }
        let (scheme, _) = self.0.split_once("://").unwrap_or_default();
        write!(f, "{scheme}://…")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}
