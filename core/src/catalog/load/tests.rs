mod documentation;
mod kinds;
mod mistakes;
mod overlays;
mod warnings;

use proptest::prelude::*;

use super::*;
use crate::catalog::Rule;

/// The built-in edition with one more file of its own.
fn with_part(text: &str) -> EditionSource {
    let mut source = EditionSource::unified_enterprise_2023();
    source.files.push(("more.toml".to_owned(), text.to_owned()));
    source
}

fn told(error: &CatalogError) -> Vec<String> {
    error.mistakes.iter().map(ToString::to_string).collect()
}

/// What is wrong when the files are loaded beside the built-in edition, in this order.
fn mistakes(files: &[(&str, &str)]) -> Vec<String> {
    told(&with_files(files, None).unwrap_err())
}

fn with_files(files: &[(&str, &str)], default_edition: Option<&str>) -> Result<Loaded, CatalogError> {
    let embedded = EditionSource::unified_enterprise_2023();
    let mut sources = Sources::default();
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    for (name, text) in embedded.files.iter().cloned().chain(files) {
        sources.push(&name, &text);
    }
    load(&sources, embedded.files.len(), default_edition, true)
}

fn overlay(text: &str) -> String {
    format!("overlay = \"unified-enterprise-2023\"\n{text}")
}

/// The mistakes of one overlay, without its name.
fn overlay_mistakes(text: &str) -> Vec<String> {
    mistakes(&[("o.toml", &overlay(text))]).iter().map(|told| told.replace("o.toml:", "")).collect()
}

/// The smallest edition there can be.
const SMALL: &str = r#"
[edition]
id = "small"
name.en = "Small"
base_package = "base"
[[groups]]
id = "all"
name.en = "All"
[[clauses]]
code = "NOT_BOUGHT"
section = "1"
kinds = ["gate"]
rule = "purchased"
text.en = "Nobody bought {service_id}."
[[services]]
id = "base"
name.en = "Base"
group = "all"
plan = "BASE"
clauses = ["NOT_BOUGHT"]
[remedies]
BUY.en = "Order {value}."
RENEW.en = ""
WAIT_UNTIL.en = ""
DESIGNATE_LOCATION.en = ""
ADD_PRODUCT.en = ""
ADD_QUANTITY.en = ""
RECORD_WAIVER.en = ""
CHANGE_REQUEST.en = ""
NONE.en = ""
[[clauses]]
code = "TOO_SOON"
section = "1"
kinds = ["gate", "ledger"]
rule = "term_not_started"
text.en = ""
[[clauses]]
code = "OVER"
section = "1"
kinds = ["gate", "ledger"]
rule = "term_expired"
text.en = ""
[[clauses]]
code = "ENDED"
section = "1"
kinds = ["gate", "ledger"]
rule = "term_terminated"
text.en = ""
[[clauses]]
code = "DRAFT"
section = "1"
kinds = ["gate", "ledger"]
rule = "state_draft"
text.en = ""
[[clauses]]
code = "PAUSED"
section = "1"
kinds = ["gate", "ledger"]
rule = "state_suspended"
text.en = ""
[[clauses]]
code = "LOST"
section = "1"
kinds = ["gate", "ledger"]
rule = "window_forfeited"
text.en = ""
"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Whatever is cut out of a file or put into it: it is read, or its mistakes have places in it.
    #[test]
    fn no_file_breaks_the_loader(
        cut in any::<prop::sample::Index>(),
        length in 0_usize..40,
        put in prop::sample::select(vec!["", "\"", "[[", "]", "=", "{", "}", "\n", "id", "é", "[[services]]\n", "0"]),
    ) {
        let example = include_str!("../../../../examples/editions/lodestar-care-2026.toml");
        let begin = cut.index(example.len());
        let end = (begin + length).min(example.len());
        let (Some(before), Some(after)) = (example.get(..begin), example.get(end..)) else { return Ok(()) };
        let text = format!("{before}{put}{after}");
        if let Err(error) = with_files(&[("f.toml", &text)], None) {
            let lines = text.split('\n').count();
            for mistake in error.mistakes {
                prop_assert!(mistake.file == "f.toml" && (1..=lines).contains(&mistake.line), "{}", mistake);
            }
        }
    }
}
