//! The file that says who may call with which token or certificate.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::callers::{Callers, CertificateName, TokenDigest};
use crate::error::BoxError;
use crate::input;
use crate::legible::{sentence, shown};
use crate::model::is_id;
use crate::service::{AuthenticationMethod, Caller, CustomerScope, Role, is_name};

/// More callers than this are better kept by an issuer of tokens.
const MOST_ROWS: usize = 1_000;
/// Stands for every customer.
pub const ALL_CUSTOMERS: &str = "*";

/// A file of callers, as it was when it was last read and right.
#[derive(Debug)]
pub(super) struct CallersFile {
    path: PathBuf,
    callers: ArcSwap<Callers>,
    last: Mutex<Result<String, String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    token: Vec<Spanned<TokenRow>>,
    #[serde(default)]
    certificate: Vec<Spanned<CertificateRow>>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRow {
    pub principal: String,
    pub sha256: String,
    pub roles: Vec<String>,
    pub customers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateRow {
    principal: String,
    subject: Option<String>,
    dns: Option<String>,
    uri: Option<String>,
    email: Option<String>,
    roles: Vec<String>,
    customers: Vec<String>,
}

impl CallersFile {
    pub(super) fn open(path: &Path) -> Result<Self, BoxError> {
        let text = input::read_file(path).map_err(|why| format!("{}: {why}", shown(&path.display().to_string())));
        let text = text?;
        let callers = parse(&text).map_err(|mistakes| in_file(path, &mistakes))?;
        Ok(Self { path: path.to_owned(), callers: ArcSwap::from_pointee(callers), last: Mutex::new(Ok(text)) })
    }

    pub(super) fn callers(&self) -> Arc<Callers> {
        self.callers.load_full()
    }

    /// Takes the file as it is now. One that cannot be read changes nothing but the log: whoever may call goes on.
    pub(super) fn reload(&self) {
        let read = input::read_file(&self.path).map_err(|why| why.to_string());
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == read {
            return;
        }
        let parsed = match &read {
            Ok(text) => parse(text).map_err(|mistakes| in_file(&self.path, &mistakes)),
            Err(why) => Err(in_file(&self.path, &[format!(": {why}")])),
        };
        *last = read;
        match parsed {
            Ok(callers) => {
                let (tokens, certificates) = (callers.tokens.len(), callers.certificates.len());
                self.callers.store(Arc::new(callers));
                tracing::info!(file = %shown(&self.path.display().to_string()), tokens, certificates, "callers were read anew");
            }
            Err(mistakes) => tracing::error!(mistakes, "the file of callers is wrong; those before go on"),
        }
    }
}

fn in_file(path: &Path, mistakes: &[String]) -> String {
    let name = path.display().to_string();
    let told = mistakes.iter().fold(String::new(), |mut told, mistake| {
        let _ = writeln!(told, "{}{mistake}", shown(&name));
        told
    });
    told.trim_end().to_owned()
}

/// Every mistake begins with `:LINE: `, and none quotes a hash.
fn parse(text: &str) -> Result<Callers, Vec<String>> {
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1);
    let written: Written = toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        vec![format!(":{}: {}", line(at), sentence(&error.message().replace('\n', ": ")))]
    })?;
    let (mut callers, mut mistakes) = (Callers::default(), Vec::new());
    for row in written.token.into_iter().take(MOST_ROWS) {
        let at = line(row.span().start);
        match token(row.into_inner()) {
            Ok((digest, _)) if callers.tokens.iter().any(|(known, _)| *known == digest) => {
                mistakes.push(format!(":{at}: sha256: another row has the same token"));
            }
            Ok(row) => callers.tokens.push(row),
            Err(why) => mistakes.push(format!(":{at}: {why}")),
        }
    }
    for row in written.certificate.into_iter().take(MOST_ROWS) {
        let at = line(row.span().start);
        match certificate(row.into_inner()) {
            Ok((name, _)) if callers.certificates.iter().any(|(known, _)| *known == name) => {
                mistakes.push(format!(":{at}: another row has the same name of a certificate"));
            }
            Ok(row) => callers.certificates.push(row),
            Err(why) => mistakes.push(format!(":{at}: {why}")),
        }
    }
    if mistakes.is_empty() { Ok(callers) } else { Err(mistakes) }
}

pub(super) fn token(row: TokenRow) -> Result<(TokenDigest, Caller), String> {
    let TokenRow { principal, sha256, roles, customers } = row;
    let mut digest = TokenDigest::default();
    hex::decode_to_slice(&sha256, &mut digest)
        .map_err(|_| "sha256: expected the 64 hexadecimal digits of the token's SHA-256".to_owned())?;
    let caller = caller(&principal, &roles, customers)?;
    Ok((digest, caller.identified_by(AuthenticationMethod::StaticToken)))
}

fn certificate(row: CertificateRow) -> Result<(CertificateName, Caller), String> {
    let CertificateRow { principal, subject, dns, uri, email, roles, customers } = row;
    let names = [
        subject.map(CertificateName::Subject),
        dns.map(CertificateName::Dns),
        uri.map(CertificateName::Uri),
        email.map(CertificateName::Email),
    ];
    let mut names = names.into_iter().flatten();
    match (names.next(), names.next()) {
        (Some(name), None) => {
            let caller = caller(&principal, &roles, customers)?;
            Ok((name, caller.identified_by(AuthenticationMethod::ClientCertificate)))
        }
        _ => Err("expected one of `subject`, `dns`, `uri` and `email`".to_owned()),
    }
}

fn caller(principal: &str, roles: &[String], customers: Vec<String>) -> Result<Caller, String> {
    if !is_name(principal) {
        return Err("principal: expected 1 to 255 bytes without white space, and none of the server's names".to_owned());
    }
    let roles = roles.iter().map(|role| role.parse()).collect::<Result<Vec<Role>, _>>();
    let roles = roles.map_err(|why| format!("roles: {why}"))?;
    let customers = scope(customers).ok_or("customers: expected ids of customers, or `*` alone for all")?;
    Ok(Caller::new(principal, &roles, customers))
}

/// None if a text is no id.
pub(super) fn scope(customers: Vec<String>) -> Option<CustomerScope> {
    match customers.as_slice() {
        [all] if all == ALL_CUSTOMERS => Some(CustomerScope::All),
        ids => ids.iter().all(|id| is_id(id)).then(|| CustomerScope::only(customers)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000001";

    #[test]
    fn every_mistake_is_told_by_its_line_and_without_the_hash() {
        let row = |hash: &str, rest: &str| format!("[[token]]\nsha256 = \"{hash}\"\n{rest}\n");
        let good = "principal = \"a\"\nroles = [\"reader\"]\ncustomers = [\"*\"]";
        let text = [
            row(HASH, good),
            row(HASH, good),
            row("beef", good),
            row(&HASH.replace('1', "2"), "principal = \"a b\"\nroles = []\ncustomers = []"),
            row(&HASH.replace('1', "3"), "principal = \"a\"\nroles = [\"raeder\"]\ncustomers = []"),
            row(&HASH.replace('1', "4"), "principal = \"a\"\nroles = []\ncustomers = [\"*\", \"x\"]"),
            "[[certificate]]\ndns = \"a\"\nuri = \"b\"\nprincipal = \"a\"\nroles = []\ncustomers = []".to_owned(),
        ];
        let mistakes = parse(&text.concat()).unwrap_err();
        let begin = [
            ":6: sha256: another row",
            ":11: sha256: expected",
            ":16: principal: expected",
            ":21: roles: there is no role `raeder`; did you mean `reader`?",
            ":26: customers: expected",
            ":31: expected one of",
        ];
        assert_eq!(mistakes.len(), begin.len(), "{mistakes:#?}");
        for (mistake, begin) in mistakes.iter().zip(begin) {
            assert!(mistake.starts_with(begin) && !mistake.contains("beef") && !mistake.contains("0000"), "{mistake}");
        }
        for broken in ["[[token]]\nprincipal = 1", "[[tokens]]", "token = \"x\"", "[[token]]\nsha256 = \"dead"] {
            let mistakes = parse(broken).err().unwrap().concat();
            assert!(mistakes.starts_with(':') && !mistakes.contains("dead"), "{mistakes}");
        }
    }

    #[test]
    fn a_file_that_changes_is_read_again_and_one_that_is_wrong_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tokens.toml");
        let text = |principal: &str| {
            format!("[[token]]\nprincipal = \"{principal}\"\nsha256 = \"{HASH}\"\nroles = []\ncustomers = []")
        };
        let first = |file: &CallersFile| file.callers().tokens.first().map(|(_, caller)| caller.principal.to_string());
        std::fs::write(&path, text("ada")).unwrap();
        let file = CallersFile::open(&path).unwrap();
        assert_eq!(first(&file).as_deref(), Some("ada"));
        for (written, found) in [(text("eve"), Some("eve")), ("[[".to_owned(), Some("eve")), (String::new(), None)] {
            std::fs::write(&path, written).unwrap();
            file.reload();
            assert_eq!(first(&file).as_deref(), found);
        }
        std::fs::write(&path, text("ada")).unwrap();
        file.reload();
        std::fs::remove_file(&path).unwrap();
        file.reload();
        assert_eq!(first(&file).as_deref(), Some("ada"));
        assert!(CallersFile::open(&path).is_err());
    }
}
