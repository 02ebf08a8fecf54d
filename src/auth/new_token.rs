//! Makes static tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustls::crypto::aws_lc_rs::default_provider;
use serde::Serialize;

use super::callers::digest_of;
use super::callers_file::{TokenRow, token};
use crate::service::Role;

/// Whoever finds a token in a text can tell what it opens.
const PREFIX: &str = "entitled_";

/// A token and its row in the file of tokens. The token is in no file: it is told once.
#[expect(missing_debug_implementations, reason = "a token is in no text but the one it is told by")]
pub struct NewToken {
    pub token: String,
    /// TOML.
    pub row: String,
}

#[derive(Serialize)]
struct Rows {
    token: [TokenRow; 1],
}

/// A token of 256 random bits, or what is wrong with its row.
pub fn new_token(principal: &str, roles: &[Role], customers: Vec<String>) -> Result<NewToken, String> {
    let mut bits = [0; 32];
    default_provider().secure_random.fill(&mut bits).map_err(|_| "the system gives no random bits".to_owned())?;
    let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits));
    let row = || TokenRow {
        principal: principal.to_owned(),
        sha256: hex::encode(digest_of(&secret)),
        roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
        customers: customers.clone(),
    };
    token(row())?;
    let row = toml::to_string(&Rows { token: [row()] }).map_err(|error| error.to_string())?;
    Ok(NewToken { token: secret, row })
}

#[cfg(test)]
mod tests {
    use super::super::callers_file::CallersFile;
    use super::*;

    #[test]
    fn a_new_token_is_good_by_its_row() {
        let (one, other) = (make(), make());
        assert_ne!(one.token, other.token);
        assert_eq!(one.token.len(), PREFIX.len() + 43);
        assert!(!one.row.contains(&one.token));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), [one.row, other.row].join("\n")).unwrap();
        let callers = CallersFile::open(file.path()).unwrap().callers();
        for token in [&one.token, &other.token] {
            assert_eq!(&*callers.with_token(&digest_of(token)).unwrap().principal, "a\"b\\");
        }
        assert!(callers.with_token(&digest_of("x")).is_none());
    }

    fn make() -> NewToken {
        new_token("a\"b\\", &[Role::Reader, Role::ContractAdmin], vec!["contoso".to_owned()]).unwrap()
    }

    #[test]
    fn a_row_that_would_be_refused_is_not_made() {
        let refused = |principal: &str, customer: &str| new_token(principal, &[], vec![customer.to_owned()]).err();
        assert!(refused("a b", "*").unwrap().starts_with("principal: "));
        assert!(refused("a", "Contoso").unwrap().starts_with("customers: "));
        assert_eq!(refused("a", "*"), None);
    }
}
