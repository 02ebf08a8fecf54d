//! R50: messages may be compressed, and expand to no more than a message may have.

use std::io::Read as _;

use entitled::proto::v1;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use futures_util::future::join_all;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use prost::Message as _;
use prost::bytes::Bytes;
use tonic::body::Body;
use tonic::{Code, Status};

use crate::process::Process;
use crate::raw::{Patient, patient};
use crate::sample::{Refusal, check, stored};
use crate::server::{Backend, TestServer};

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const BATCH: &str = "/entitled.v1.EntitlementService/BatchCheckEntitlements";
const CLAUSES: &str = "/entitled.v1.CatalogService/ListClauses";

fn gzip(message: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    GzEncoder::new(message, Compression::best()).read_to_end(&mut compressed).unwrap();
    compressed
}

/// 1 GiB in 32 KiB: each block of zstd says a byte, and that it comes 131,072 times.
fn zstd_bomb() -> Vec<u8> {
    const BLOCKS: u32 = 8_192;
    let block = |number: u32| {
        let head = u32::from(number + 1 == BLOCKS) | 1 << 1 | (128 << 10) << 3;
        let [a, b, c, _] = head.to_le_bytes();
        [a, b, c, 0]
    };
    let head = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3];
    [head.to_vec(), (0..BLOCKS).flat_map(block).collect()].concat()
}

async fn call(client: &Patient, origin: &str, path: &str, encoding: &str, message: &[u8]) -> Response<Bytes> {
    let body = [&[1][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    let request = Request::post(format!("http://{origin}{path}")).header("content-type", "application/grpc");
    let request = request.header("grpc-encoding", encoding).header("grpc-accept-encoding", encoding);
    let response = client.request(request.body(Body::new(Full::new(body.into()))).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    Response::from_parts(head, body.collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn what_is_sent_compressed_is_answered_and_large_answers_are_compressed() {
    let server = TestServer::start(Backend::Sqlite).await;
    stored(&server, "contoso").await;
    let (client, origin) = (patient(), server.address.to_string());
    let question = check("contoso").encode_to_vec();
    for (encoding, compressed) in [("gzip", gzip(&question)), ("zstd", zstd::encode_all(&*question, 3).unwrap())] {
        let answer = call(&client, &origin, CHECK, encoding, &compressed).await;
        assert!(!answer.headers().contains_key("grpc-encoding"), "small answers are plain: {answer:?}");
        assert_eq!(answer.body()[0], 0);
        let answer = v1::CheckEntitlementResponse::decode(&answer.body()[5..]).unwrap();
        assert_eq!(answer.decision(), v1::Decision::Entitled);

        let answer = call(&client, &origin, CLAUSES, encoding, &compressed[..0]).await;
        assert_eq!(Refusal::of(&Status::from_header_map(answer.headers()).unwrap()).reason, "MESSAGE_MALFORMED");
    }
    let answer = call(&client, &origin, CLAUSES, "gzip", &gzip(&[])).await;
    assert_eq!((answer.headers()["grpc-encoding"].as_bytes(), answer.body()[0]), (&b"gzip"[..], 1));
    let mut plain = Vec::new();
    GzDecoder::new(&answer.body()[5..]).read_to_end(&mut plain).unwrap();
    let expected = server.catalog().list_clauses(v1::ListClausesRequest::default()).await.unwrap().into_inner();
    assert_eq!(v1::ListClausesResponse::decode(plain.as_slice()).unwrap(), expected);
    server.stop().await;
}

/// gRPC's own clients (Python, C++, Java, Node) take a refusal for a broken stream if an empty frame of data ends it. Then
/// they tell neither its code nor its details.
#[tokio::test]
async fn a_refusal_ends_with_its_headers() {
    let server = TestServer::start(Backend::Sqlite).await;
    let (client, origin) = (patient(), server.address.to_string());
    let unknown = check("nobody").encode_to_vec();
    let body = |message: &[u8]| [&[0][..], &u32::try_from(message.len()).unwrap().to_be_bytes(), message].concat();
    let paths =
        [CHECK, BATCH, CLAUSES, "/entitled.v1.LedgerService/ConsumeUnits", "/entitled.v1.LedgerService/Unknown"];
    for path in paths {
        for accepted in ["identity", "identity, deflate, gzip"] {
            let message = if path == CLAUSES { b"malformed" } else { &*unknown };
            let request = Request::post(format!("http://{origin}{path}")).header("content-type", "application/grpc");
            let request = request.header("grpc-accept-encoding", accepted).header("te", "trailers");
            let request = request.body(Body::new(Full::new(body(message).into()))).unwrap();
            let answer = client.request(request).await.unwrap();
            assert!(answer.headers().contains_key("grpc-status"), "{path}, {accepted}: {answer:?}");
            assert!(answer.body().is_end_stream(), "{path}, {accepted}: {answer:?}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_take_no_memory() {
    let directory = tempfile::tempdir().unwrap();
    let server = Process::start(&format!("sqlite:{}", directory.path().join("a.db").display()));
    let origin = server.until_up().await.to_string();
    let bombs = [("gzip", gzip(&vec![0; 32 << 20])), ("zstd", zstd_bomb())];
    assert!(bombs.iter().all(|(_, bomb)| bomb.len() < 40 << 10));
    let clients: Vec<_> = (0..4).map(|_| patient()).collect();
    let before = server.peak_memory();
    let calls = clients.iter().flat_map(|client| {
        let (origin, bombs) = (&origin, &bombs);
        (0..50).flat_map(move |_| {
            bombs
                .iter()
                .flat_map(move |(encoding, bomb)| [CHECK, BATCH].map(|path| call(client, origin, path, encoding, bomb)))
        })
    });
    for answer in join_all(calls).await {
        let refusal = Refusal::of(&Status::from_header_map(answer.headers()).unwrap());
        assert_eq!(refusal.code, Code::ResourceExhausted, "{refusal:?}");
        assert!(["MESSAGE_TOO_LARGE", "OVERLOADED"].contains(&refusal.reason.as_str()), "{refusal:?}");
    }
    let grown = server.peak_memory() - before;
    assert!(grown < 96 << 10, "{grown} KiB more for 800 bombs");
    server.stop();
}
