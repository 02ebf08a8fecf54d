//! Reads the fields that requests of several services share.

use super::read::Reader;
use crate::catalog::Locale;
use crate::error::reason;
use crate::proto::v1;
use crate::service::{Bytes, Consistency, Page, View, revision};
use crate::store::Epoch;

/// Rows are sent as messages.
impl<M: prost::Message> Bytes for M {
    fn bytes(&self) -> usize {
        self.encoded_len()
    }
}

const MOST_SOLUTIONS: usize = 100;

pub(crate) fn read_page(read: &mut Reader, size: i32, token: String) -> Page {
    Page::new(size, token).unwrap_or_else(|| {
        read.refuse("page_size", reason::FIELD_OUT_OF_RANGE, format!("`{size}` is below 0"));
        Page::default()
    })
}

/// An empty locale equals an absent one: texts are then in the language the caller prefers.
pub(crate) fn read_locale(read: &mut Reader, locale: Option<String>, preferred: Locale) -> Locale {
    read.optional_language("locale", locale).map_or(preferred, |tag| Locale::from_tag(&tag))
}

pub(crate) fn read_view(read: &mut Reader, view: i32) -> View {
    match read.optional_enum("view", view) {
        Some(v1::View::Full) => View::Full,
        Some(v1::View::Basic | v1::View::Unspecified) | None => View::Basic,
    }
}

pub(crate) fn read_consistency(
    read: &mut Reader,
    epoch: &Epoch,
    field: &str,
    customer_id: &str,
    consistency: Option<v1::Consistency>,
) -> Consistency {
    use v1::consistency::Requirement;
    match consistency.and_then(|consistency| consistency.requirement) {
        None | Some(Requirement::MinimizeLatency(_) | Requirement::FullyConsistent(false)) => {
            Consistency::MinimizeLatency
        }
        Some(Requirement::FullyConsistent(true)) => Consistency::Full,
        Some(Requirement::AtLeastRevision(token)) if token.is_empty() => Consistency::MinimizeLatency,
        Some(Requirement::AtLeastRevision(token)) => {
            let field = format!("{field}.at_least_revision");
            match revision::of_customer(epoch, customer_id, &token) {
                Ok(revision) => Consistency::AtLeast(revision),
                Err(mistake) => {
                    read.refuse(field, mistake.reason(), mistake.message());
                    Consistency::MinimizeLatency
                }
            }
        }
    }
}

/// Each solution once.
pub(crate) fn read_solutions(read: &mut Reader, field: &str, solution_ids: Vec<String>) -> Vec<String> {
    if solution_ids.len() > MOST_SOLUTIONS {
        let message = format!("{} are more than {MOST_SOLUTIONS}", solution_ids.len());
        read.refuse(field, reason::FIELD_OUT_OF_RANGE, message);
        return Vec::new();
    }
    let mut solutions: Vec<String> = Vec::new();
    for (row, id) in solution_ids.into_iter().enumerate() {
        let id = read.required_id(&format!("{field}[{row}]"), id);
        if !solutions.contains(&id) {
            solutions.push(id);
        }
    }
    solutions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_request_says_of_the_language_comes_first() {
        let indonesian = Locale::Indonesian;
        let cases =
            [(None, indonesian), (Some(""), indonesian), (Some("en"), Locale::English), (Some("fr"), Locale::English)];
        for (own, locale) in cases {
            let mut read = Reader::default();
            assert_eq!(read_locale(&mut read, own.map(str::to_owned), indonesian), locale, "{own:?}");
            assert!(read.violations.is_empty());
        }
    }
}
