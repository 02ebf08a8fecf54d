//! Pages of `docs/` that are made of what they describe. They are compared with it, and written anew by `make docs`.

mod api;
mod comments;
mod contracts;
mod errors;
mod schema;

use std::path::{Path, PathBuf};

fn path(page: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(page)
}

fn read(page: &str) -> String {
    std::fs::read_to_string(path(page)).unwrap_or_default()
}

/// Tells the first line that differs: the pages are long.
fn assert_current(page: &str, expected: &str) {
    let found = read(page);
    let mut lines = expected.lines().map(Some).chain([None]).zip(found.lines().map(Some).chain([None]));
    if let Some((expected, found)) = lines.find(|(expected, found)| expected != found) {
        panic!("{page} is not what the sources say: run `make docs`\nexpected {expected:?}\nfound    {found:?}");
    }
    assert_eq!(found, expected, "{page}: run `make docs`");
}

#[test]
fn the_reference_is_that_of_the_protos() {
    assert_current(api::PAGE, &api::page());
}

#[test]
fn the_page_of_documents_is_that_of_the_protos_and_the_catalogue() {
    assert_current(contracts::PAGE, &contracts::page());
}

#[test]
fn the_schema_is_that_of_the_protos() {
    assert_current(contracts::SCHEMA, &contracts::schema());
}

#[tokio::test]
async fn the_errors_are_those_of_the_enum_and_the_catalogue() {
    assert_current(errors::PAGE, &errors::page(&read(errors::PAGE)).await);
}

#[tokio::test]
#[ignore = "writes the pages: `make docs`"]
async fn write() {
    std::fs::write(path(api::PAGE), api::page()).unwrap();
    std::fs::write(path(contracts::PAGE), contracts::page()).unwrap();
    std::fs::write(path(contracts::SCHEMA), contracts::schema()).unwrap();
    std::fs::write(path(errors::PAGE), errors::page(&read(errors::PAGE)).await).unwrap();
}
