//! The tables of `docs/ERRORS.md`, of the published enum and the embedded catalogue. What stands before them is written
//! by hand.

use std::collections::{BTreeMap, BTreeSet};

use entitled::catalog::{Catalog, Clause, ClauseKind, Locale};
use entitled::cli::document;
use entitled::proto::v1;

use super::comments::{in_cell, paragraphs, pool};
use crate::corpus;
use crate::server::{Backend, TestServer, request_id};

pub(super) const PAGE: &str = "docs/ERRORS.md";

const BEGIN: &str =
    "<!-- `make docs` writes what follows: change error_reason.proto, the catalogue or its rules. -->\n";

const REASONS: &str = "
## Reasons, one by one

As [`error_reason.proto`](../proto/entitled/v1/error_reason.proto) publishes them. Metadata beside `x_request_id`, which every
error has.

| reason | status | meaning, and what to do | metadata |
|---|---|---|---|
";

const CLAUSES: &str = "
## Clauses, one by one

The clauses of the embedded edition, in the order in which they are given. *Judged by*: a **check** names the clause among the
`reasons` of a \"no\", or among the open conditions; a **purchase** and a **ledger** write that it forbids are
FAILED_PRECONDITION with its code; a **note** refuses nothing. *Turned by*: the remedies that the server gave for it in the
decision cases of `tests/corpus/`, as [`RemedyKind`](API.md#remedykind) calls them. The parts in braces are the metadata;
`entitled catalog clauses` has the texts in Indonesian, too. Other editions have other clauses
([CATALOGUE.md](CATALOGUE.md)); `ListClauses` lists those of a server.

| code | section | judged by | fails when | text | turned by |
|---|---|---|---|---|---|
";

/// The page with its tables as they should be.
pub(super) async fn page(found: &str) -> String {
    let (introduction, _) = found.split_once(BEGIN).unwrap_or((found, ""));
    let remedies = remedies().await;
    let catalog = Catalog::embedded().unwrap();
    let clauses = catalog.default_edition().clauses.iter().map(|clause| row(clause, remedies.get(&clause.code)));
    let introduction = introduction.trim_end();
    format!("{introduction}\n\n{BEGIN}{REASONS}{}{CLAUSES}{}", reasons().concat(), clauses.collect::<String>())
}

/// A row for each value of the enum that is sent.
fn reasons() -> Vec<String> {
    let values = pool().get_enum_by_name("entitled.v1.ErrorReason").unwrap();
    let sent = values.values().filter(|value| value.number() != 0);
    sent.map(|value| {
        let name = value.name().strip_prefix("ERROR_REASON_").unwrap().to_owned();
        let text = paragraphs(&values.parent_file(), value.path()).join(" ");
        let parts = text.split_once(": ").and_then(|(status, rest)| Some((status, metadata(rest)?)));
        let (status, (meaning, metadata)) =
            parts.unwrap_or_else(|| panic!("{name}: neither status nor metadata: {text}"));
        let known = |word: &str| word.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
        assert!(known(status), "{name} begins with no status: {text}");
        format!("| `{name}` | {status} | {} | {} |\n", in_cell(&capital(meaning)), in_cell(metadata))
            .replace("|  |", "| |")
    })
    .collect()
}

/// What a comment says of the meaning, and of the metadata.
fn metadata(text: &str) -> Option<(&str, &str)> {
    match text.split_once(" Metadata: ") {
        Some((meaning, metadata)) => Some((meaning, metadata.strip_suffix('.')?)),
        None => text.strip_suffix(" No metadata.").map(|meaning| (meaning, "")),
    }
}

fn capital(text: &str) -> String {
    text[..1].to_uppercase() + &text[1..]
}

fn row(clause: &Clause, remedies: Option<&BTreeSet<String>>) -> String {
    let mut judged: Vec<_> =
        clause.kinds.iter().map(|kind| if *kind == ClauseKind::Gate { "check" } else { kind.as_str() }).collect();
    if clause.waivable {
        judged.push("waivable");
    }
    let turned: Vec<_> = remedies.into_iter().flatten().map(|kind| format!("`{kind}`")).collect();
    let cells = [
        format!("`{}`", clause.code),
        clause.section.clone(),
        judged.join(", "),
        clause.rule.fails_when().to_owned(),
        in_cell(clause.text.get(Locale::English)),
        turned.join(", "),
    ];
    let cells = cells.map(|cell| if cell.is_empty() { " |".to_owned() } else { format!(" {cell} |") });
    format!("|{}\n", cells.concat())
}

/// The remedies that each clause was given in any decision case.
async fn remedies() -> BTreeMap<String, BTreeSet<String>> {
    let server = TestServer::start(Backend::Sqlite).await;
    let mut given = BTreeMap::<_, BTreeSet<_>>::new();
    for file in corpus::files() {
        let case = corpus::load(&file);
        let request = document::read(&case["document"].to_string()).unwrap().request;
        let customer_id = request.customer.as_ref().unwrap().customer_id.clone();
        let request = v1::ApplyContractRequest { request_id: request_id(), ..request };
        server.contracts().apply_contract(request).await.unwrap();
        for check in corpus::list(&case, "checks") {
            let answer = corpus::ask(&server, &customer_id, &corpus::over(&case["ask"], &check["ask"])).await;
            for reason in ["reasons", "open_conditions"].iter().flat_map(|list| corpus::list(&answer, list)) {
                let kind = reason["remedy"]["kind"].as_str().and_then(|kind| kind.strip_prefix("REMEDY_KIND_"));
                let code = reason["code"].as_str().unwrap().to_owned();
                given.entry(code).or_default().extend(kind.map(str::to_owned));
            }
        }
    }
    server.stop().await;
    given
}

/// The table by status, which is written by hand, leaves no reason out.
#[test]
fn the_introduction_names_every_reason() {
    let page = super::read(PAGE);
    let (introduction, _) = page.split_once(BEGIN).unwrap();
    for row in reasons() {
        let name = row.split('`').nth(1).unwrap();
        assert!(introduction.contains(&format!("`{name}`")), "{name}");
    }
}
