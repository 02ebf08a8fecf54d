//! Editions by file: the cases of `tests/corpus-editions/`, each asked of a server with the
//! catalogue files it names, and what a server says to files that do not do.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use entitled::catalog::CatalogError;
use entitled::config::Config;
use entitled::proto::v1;

use crate::corpus;
use crate::server::{Backend, TestServer};

/// A file of the examples.
fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/editions").join(name)
}

#[tokio::test]
async fn every_case_comes_out_as_written() {
    let mut failures = Vec::new();
    let mut used = Vec::new();
    for file in corpus::files_in("tests/corpus-editions") {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let mut case = corpus::load(&file);
        // The runner knows the other keys.
        let case_keys = case.as_object_mut().unwrap();
        let catalog = case_keys.remove("catalog").unwrap_or_default();
        let catalog: Vec<PathBuf> =
            catalog.as_array().unwrap().iter().map(|file| example(file.as_str().unwrap())).collect();
        let default_edition = case_keys.remove("default_edition").map(|id| id.as_str().unwrap().to_owned());
        used.extend(catalog.clone());
        let settings =
            |config: &mut Config| (config.catalog.files, config.catalog.default_edition) = (catalog, default_edition);
        let server = TestServer::start_with(Backend::Sqlite, settings).await;
        let mut answers = Vec::new();
        corpus::run_file(&server, &name, &case, &mut answers, &mut failures).await;
        assert!(!answers.is_empty(), "{name} asks nothing");
        server.stop().await;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let examples = std::fs::read_dir(example("")).unwrap().map(|entry| entry.unwrap().path());
    let examples = examples.filter(|file| file.extension().is_some_and(|extension| extension == "toml"));
    let idle: Vec<PathBuf> = examples.filter(|file| !used.contains(file)).collect();
    assert_eq!(idle, Vec::<PathBuf>::new(), "examples without a case");
}

#[tokio::test]
async fn a_default_edition_of_ones_own_answers_where_none_is_named() {
    let settings = |config: &mut Config| {
        config.catalog.files = vec![example("lodestar-care-2026.toml")];
        config.catalog.default_edition = Some("lodestar-care-2026".to_owned());
    };
    let server = TestServer::start_with(Backend::Sqlite, settings).await;
    let editions = server.catalog().list_editions(v1::ListEditionsRequest::default()).await.unwrap().into_inner();
    let editions: Vec<_> = editions.editions.iter().map(|it| (it.edition_id.as_str(), it.is_default)).collect();
    assert_eq!(editions, [("lodestar-care-2026", true), ("unified-enterprise-2023", false)]);
    let services = server.catalog().list_services(v1::ListServicesRequest::default()).await.unwrap().into_inner();
    assert_eq!(services.services[0].service_id, "care");
    server.stop().await;
}

/// Without the embedded edition neither it nor its services are there.
#[tokio::test]
async fn files_that_stand_alone_leave_the_embedded_edition_out() {
    let settings = |config: &mut Config| config.catalog.alone = vec![example("lodestar-care-2026.toml")];
    let server = TestServer::start_with(Backend::Sqlite, settings).await;
    let editions = server.catalog().list_editions(v1::ListEditionsRequest::default()).await.unwrap().into_inner();
    let editions: Vec<_> = editions.editions.iter().map(|it| (it.edition_id.as_str(), it.is_default)).collect();
    assert_eq!(editions, [("lodestar-care-2026", true)]);
    server.stop().await;

    let lodestar = [example("lodestar-care-2026.toml")];
    let output = entitled(&["catalog", "validate", "--output", "json", "--catalog-only"], &lodestar);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let editions: Vec<_> = told["editions"].as_array().unwrap().iter().map(|it| &it["edition_id"]).collect();
    assert_eq!(editions, ["lodestar-care-2026"]);
    // An overlay of the embedded edition has nothing to lie over.
    let output = entitled(&["catalog", "validate", "--catalog-only"], &[example("local-products.toml")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no such edition"), "{output:?}");
}

#[test]
fn what_does_nothing_is_warned_of_and_a_rule_is_explained() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("idle.toml");
    let text = "overlay = \"unified-enterprise-2023\"\n[[groups]]\nid = \"empty\"\nname.en = \"Empty\"\n";
    std::fs::write(&file, text).unwrap();
    let files = [file];
    let output = entitled(&["catalog", "validate", "--output", "table"], &files);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let warning = format!("{}:3: no service is in the group `empty`: it is never shown", files[0].display());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), format!("warning: {warning}\n"));
    let output = entitled(&["catalog", "validate", "--output", "json"], &files);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["warnings"][0]["line"], 3, "{told:#}");

    let output = entitled(&["catalog", "validate", "--explain", "severity"], &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("reads:       severities (default: all)"));
    let output = entitled(&["catalog", "validate", "--explain", "severty"], &[]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `severity`?"), "{output:?}");
}

/// An overlay with a mistake in lines 4 and 6.
fn wrong(directory: &Path) -> PathBuf {
    let file = directory.join("wrong.toml");
    let text = "overlay = \"unified-enterprise-2023\"\n[[services]]\nid = \"workshops\"\ncountries_only = [\"UK\"]\n\
                [hours.business]\nclose = \"9\"\n";
    std::fs::write(&file, text).unwrap();
    file
}

const MISTAKES: [&str; 2] =
    ["4: `UK` is no country of ISO 3166 such as `GB`", "6: `business.close`: `9` is no time of day like `09:00`"];

fn entitled(arguments: &[&str], files: &[PathBuf]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
    // An address nobody answers at: validating asks no server.
    command.env("ENTITLED_ADDRESS", "http://127.0.0.1:1").args(arguments).args(files).output().unwrap()
}

#[test]
fn files_are_validated_without_a_server() {
    let files = ["lodestar-care-2026.toml", "local-products.toml"].map(example);
    let output = entitled(&["catalog", "validate", "--output", "json"], &files);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let editions: Vec<_> = told["editions"].as_array().unwrap().iter().map(|it| &it["edition_id"]).collect();
    assert_eq!(editions, ["unified-enterprise-2023", "lodestar-care-2026"]);
    let maximum = serde_json::json!({
        "file": files[1].display().to_string(),
        "edition_id": "unified-enterprise-2023",
        "noun": "service",
        "id": "developer-support",
        "fields": ["purchase.maximum"],
    });
    assert!(told["changes"].as_array().unwrap().contains(&maximum), "{told:#}");

    let output = entitled(&["catalog", "validate", "--output", "table"], &files);
    let table = String::from_utf8(output.stdout).unwrap();
    for part in ["lodestar-care-2026", "local-products.toml, over unified-enterprise-2023", "purchase.maximum"] {
        assert!(table.contains(part), "{table}");
    }

    let directory = tempfile::tempdir().unwrap();
    let files = [wrong(directory.path())];
    let output = entitled(&["catalog", "validate", "--output", "table"], &files);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let expected = MISTAKES.map(|mistake| format!("error: {}:{mistake}\n", files[0].display())).concat();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    let output = entitled(&["catalog", "validate", "--output", "json"], &files);
    assert_eq!(output.status.code(), Some(1));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["mistakes"][1]["line"], 6);

    let refused = entitled(&["serve", "--listen", "127.0.0.1:0", "--catalog"], &files);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(String::from_utf8(refused.stderr).unwrap().ends_with(&expected));
}

#[tokio::test]
async fn a_server_refuses_a_catalogue_with_mistakes_and_tells_all() {
    let directory = tempfile::tempdir().unwrap();
    let file = wrong(directory.path());
    let mut config = Config::default();
    config.server.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    config.store.database = format!("sqlite:{}", directory.path().join("entitled.db").display()).parse().unwrap();
    config.catalog.files = vec![file.clone()];
    let database = directory.path().join("entitled.db");
    let served = entitled::server::serve(config, |_| panic!("it serves"), async {}).await;
    let error = served.unwrap_err().downcast::<CatalogError>().unwrap();
    let expected = MISTAKES.map(|mistake| format!("{}:{mistake}", file.display())).join("\n");
    assert_eq!(error.to_string(), expected);
    assert!(!database.exists(), "a server that does not start leaves nothing behind");
}
