//! What is no message at all.

use tonic::{Code, Status};

use crate::raw;
use crate::sample::Refusal;
use crate::server::{Backend, TestServer};

const CHECK: &str = "/entitled.v1.EntitlementService/CheckEntitlement";
const APPLY: &str = "/entitled.v1.ContractService/ApplyContract";

#[tokio::test]
async fn what_the_transport_refuses_is_told_in_the_same_words() {
    let server = TestServer::start(Backend::Sqlite).await;
    let malformed = |status: Status| {
        let refusal = Refusal::of(&status);
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::InvalidArgument, "MESSAGE_MALFORMED"),
            "{refusal:?}"
        );
    };
    for garbage in [vec![0xff], vec![0xff; 64], vec![0x0a, 0x7f, 1], b"hello".to_vec(), vec![0x0a, 2, 0xc3, 0x28]] {
        malformed(raw::call(server.channel.clone(), CHECK, garbage.clone()).await.unwrap_err());
        malformed(raw::call(server.channel.clone(), APPLY, garbage).await.unwrap_err());
    }
    for size in [(1 << 20) + 1, 5 << 20] {
        for path in [CHECK, APPLY] {
            let refusal =
                Refusal::of(&raw::call(server.another_channel().await, path, vec![0; size]).await.unwrap_err());
            assert_eq!(
                (refusal.code, refusal.reason.as_str()),
                (Code::ResourceExhausted, "MESSAGE_TOO_LARGE"),
                "{refusal:?}"
            );
            assert_eq!(refusal.metadata("limit_bytes"), Some("1048576"));
        }
    }
    // The largest message that is read. A field of number 2047 is nobody's.
    let mut largest = vec![0xfa, 0x7f, 0xfb, 0xff, 0x3f];
    largest.resize(1 << 20, b' ');
    let refusal = Refusal::of(&raw::call(server.channel.clone(), CHECK, largest).await.unwrap_err());
    assert_eq!(refusal.violations.len(), 4, "{refusal:?}");

    let mut channel = server.another_channel().await;
    for (name, body) in [
        ("no message", ""),
        ("half a header", "\0\0\0"),
        ("half a message", "\0\0\0\0\x09half"),
        ("an unknown flag", "\x08\0\0\0\0"),
        ("compressed by nothing", "\x01\0\0\0\0"),
    ] {
        let response = raw::post(&mut channel, CHECK, &[], body).await;
        let status = Status::from_header_map(response.headers()).unwrap_or_else(|| panic!("{name}: {response:?}"));
        malformed(status);
    }
    for encoding in ["gzip", "zstd"] {
        let response = raw::post(&mut channel, CHECK, &[("grpc-encoding", encoding)], "\x01\0\0\0\x05plain").await;
        malformed(Status::from_header_map(response.headers()).unwrap());
    }
    let response = raw::post(&mut channel, CHECK, &[("grpc-encoding", "snappy")], "\x01\0\0\0\0").await;
    assert_eq!(response.headers()["grpc-accept-encoding"], "gzip,zstd,identity");
    let refusal = Refusal::of(&Status::from_header_map(response.headers()).unwrap());
    assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unimplemented, "ENCODING_UNSUPPORTED"), "{refusal:?}");
    for path in
        ["/entitled.v1.EntitlementService/NoSuchCall", "/entitled.v2.EntitlementService/CheckEntitlement", "/", "/x"]
    {
        let response = raw::post(&mut channel, path, &[], "\0\0\0\0\0").await;
        let refusal = Refusal::of(&Status::from_header_map(response.headers()).unwrap());
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unimplemented, "METHOD_UNKNOWN"), "{refusal:?}");
    }
    let response = raw::post(&mut channel, CHECK, &[("content-type", "application/json")], "{}").await;
    malformed(Status::from_header_map(response.headers()).unwrap());
    server.stop().await;
}
