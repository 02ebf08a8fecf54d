//! The configurations for ghz in `tests/load/`: nothing here starts ghz, which no registry of Rust, Python or Node has. So
//! its keys are compared with what ghz 0.121 reads, and the messages are sent as ghz would send them.

mod template;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use entitled::proto::v1;
use prost::Message as _;
use tonic::Request;

use self::template::Load;
use crate::demo_data;
use crate::raw::Bytes;
use crate::server::{Backend, TestServer};

/// Of the structure `Config` of ghz, those that we set; its reader ignores other keys without a word.
const KEYS: [&str; 12] = [
    "call",
    "concurrency",
    "connections",
    "data",
    "host",
    "import-paths",
    "insecure",
    "name",
    "proto",
    "tags",
    "timeout",
    "total",
];
const CALLS: usize = 200;

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn loads() -> Vec<(String, Load)> {
    let files = std::fs::read_dir(project().join("tests/load")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| file.extension().is_some_and(|extension| extension == "json"));
    let loads: Vec<_> =
        files.map(|file| (file.file_stem().unwrap().to_string_lossy().into_owned(), Load::read(&file))).collect();
    let names: BTreeSet<_> = loads.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["batch", "check", "consume", "list", "mixed", "target"]));
    loads
}

#[test]
fn the_configurations_are_what_ghz_reads() {
    for (name, Load { config, method }) in loads() {
        let keys: BTreeSet<_> = config.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(KEYS), "{name}");
        assert_eq!(config["name"], name.as_str());
        assert_eq!((&config["host"], &config["insecure"]), (&"127.0.0.1:50051".into(), &true.into()), "{name}");
        // Paths begin at the root of the project: there the command of the README is given.
        let proto = PathBuf::from(config["proto"].as_str().unwrap());
        let imported = Path::new(config["import-paths"][0].as_str().unwrap());
        assert!(project().join(&proto).is_file(), "{name}");
        assert_eq!(proto.strip_prefix(imported).unwrap(), Path::new(method.parent_file().name()), "{name}");
        let p99: u32 = config["tags"]["p99_ms"].as_str().unwrap().parse().unwrap();
        assert!((1..=1_000).contains(&p99), "{name}");
        assert!(config["total"].as_u64().unwrap() >= config["concurrency"].as_u64().unwrap(), "{name}");
    }
}

#[test]
fn the_messages_are_about_many_customers_and_each_write_is_another() {
    for (name, load) in loads() {
        let messages: BTreeSet<_> = (0..CALLS).map(|number| load.message(number)).collect();
        assert!(messages.len() > CALLS / 2, "{name}: only {} of {CALLS} messages differ", messages.len());
        if name == "consume" {
            let id = |message: &Vec<u8>| v1::ConsumeUnitsRequest::decode(message.as_slice()).unwrap().request_id;
            assert_eq!(messages.iter().map(id).collect::<BTreeSet<_>>().len(), CALLS);
        }
    }
}

#[tokio::test]
async fn every_message_is_answered_on_the_demo_data() {
    let server = TestServer::start(Backend::Sqlite).await;
    demo_data::filled(&server, &["--customers", "1000"]).await;
    for (name, load) in loads() {
        let mut grpc = tonic::client::Grpc::new(server.channel.clone());
        for number in 0..CALLS {
            let message = load.message(number);
            grpc.ready().await.unwrap();
            let answer = grpc.unary(Request::new(message), load.path().parse().unwrap(), Bytes).await;
            let answer = answer.unwrap_or_else(|status| panic!("{name} {number}: {status:?}")).into_inner();
            if name == "batch" {
                let answer = v1::BatchCheckEntitlementsResponse::decode(answer.as_slice()).unwrap();
                let is_answer = |result: &v1::BatchCheckResult| {
                    matches!(result.result, Some(v1::batch_check_result::Result::Response(_)))
                };
                assert!(answer.results.iter().all(is_answer), "{answer:?}");
            }
        }
    }
    server.stop().await;
}
