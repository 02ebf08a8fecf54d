//! What the metadata of a call say of who makes it.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};

use crate::error::{Error, Result, reason};
use crate::service::is_name;

/// For whom the caller calls.
pub(super) const ON_BEHALF_OF: &str = "x-entitled-on-behalf-of";

const MALFORMED: &str = "`authorization` is not `Bearer TOKEN`; send it so, in visible characters of ASCII";
const SEVERAL: &str = "`authorization` is there more than once; send one `Bearer TOKEN`";

/// The token of the call, if it has one.
pub(super) fn token(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => bearer(value).map(Some).ok_or(Error::Unauthenticated(MALFORMED)),
        (Some(_), Some(_)) => Err(Error::Unauthenticated(SEVERAL)),
    }
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() && !token.contains([' ', '\t'])).then_some(token)
}

/// The user that the call is for, if it names one.
pub(super) fn on_behalf_of(headers: &HeaderMap) -> Option<Result<&str>> {
    let mut values = headers.get_all(ON_BEHALF_OF).iter();
    let user = values.next()?.to_str().ok().filter(|user| is_name(user) && values.next().is_none());
    let told = "expected one user, of 1 to 255 visible characters of ASCII without white space";
    Some(user.ok_or_else(|| Error::invalid(ON_BEHALF_OF, reason::FIELD_INVALID, told)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_bearer_token_is_one() {
        let token = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
            }
            token(&headers).map(|token| token.map(str::to_owned)).map_err(|error| error.to_string())
        };
        for good in ["Bearer abc.d-_~+/=", "bearer abc.d-_~+/=", "BEARER  abc.d-_~+/= "] {
            assert_eq!(token(&[good.as_bytes()]), Ok(Some("abc.d-_~+/=".to_owned())), "{good}");
        }
        assert_eq!(token(&[]), Ok(None));
        let bad: [&[u8]; 9] = [
            b"",
            b"Bearer",
            b"Bearer ",
            b"abc",
            b"Basic YTpi",
            b"Bearer a b",
            b"Bearer a\tb",
            "Bearer é".as_bytes(),
            b"Bearer,abc",
        ];
        for bad in bad {
            assert_eq!(token(&[bad]), Err(MALFORMED.to_owned()), "{bad:?}");
        }
        assert_eq!(token(&[b"Bearer abc", b"Bearer abc"]), Err(SEVERAL.to_owned()));
    }

    #[test]
    fn one_user_is_named_or_none() {
        let user = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(ON_BEHALF_OF, HeaderValue::from_bytes(value).unwrap());
            }
            on_behalf_of(&headers).map(|user| user.map(str::to_owned).map_err(|error| error.to_string()))
        };
        assert_eq!(user(&[]), None);
        assert_eq!(user(&[b"ada@example.org"]), Some(Ok("ada@example.org".to_owned())));
        let bad: [&[&[u8]]; 5] = [&[b""], &[b"ada for eve"], &["zoë".as_bytes()], &[b"ada", b"eve"], &[b"anonymous"]];
        for bad in bad {
            assert!(user(bad).unwrap().unwrap_err().contains("one user"), "{bad:?}");
        }
    }
}
