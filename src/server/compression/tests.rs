use std::convert::Infallible;

use tokio::sync::watch;
use tonic::Code;

use super::*;
use crate::config::ServerSettings;
use crate::server::connection::Connection;
use crate::server::limits::Limits;

const BOTH: [Encoding; 2] = [Encoding::Gzip, Encoding::Zstd];

#[test]
fn what_is_compressed_expands_to_the_same() {
    for encoding in BOTH {
        for message in [vec![], b"message".to_vec(), vec![7; MESSAGE_LIMIT]] {
            let compressed = encoding.compress(&message).unwrap();
            assert!(encoding.expand(&compressed).unwrap() == message, "{encoding:?}");
            if message.len() > 10 {
                let half = encoding.expand(&compressed[..compressed.len() / 2]);
                assert_eq!(half, Err(ExpandError::Malformed), "{encoding:?}");
            }
        }
        assert_eq!(encoding.expand(b"plain"), Err(ExpandError::Malformed), "{encoding:?}");
        // Of a bomb no more is expanded than it takes to know it.
        let bomb = encoding.compress(&vec![0; 64 << 20]).unwrap();
        assert_eq!(encoding.expand(&bomb), Err(ExpandError::TooLarge), "{encoding:?}");
        let larger = encoding.compress(&vec![7; MESSAGE_LIMIT + 1]).unwrap();
        assert_eq!(encoding.expand(&larger), Err(ExpandError::TooLarge), "{encoding:?}");
    }
}

#[test]
fn a_window_beyond_the_usual_is_not_given() {
    // A frame of zstd that asks for 128 MiB to look back, and holds one byte.
    let greedy = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 17 << 3, 0x09, 0x00, 0x00, b'x'];
    assert_eq!(Encoding::Zstd.expand(&greedy), Err(ExpandError::Malformed));
    let modest = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 13 << 3, 0x09, 0x00, 0x00, b'x'];
    assert_eq!(Encoding::Zstd.expand(&modest).unwrap(), b"x");
}

#[test]
fn the_client_says_what_it_likes_best() {
    let first_of = |list: &'static str| Encoding::first_of(&HeaderValue::from_static(list));
    assert_eq!(first_of("identity, zstd ,gzip"), Some(Encoding::Zstd));
    assert_eq!(first_of("deflate,gzip,zstd"), Some(Encoding::Gzip));
    assert_eq!(first_of("identity,br"), None);
}

/// A service that sends each message back.
async fn echo(encoding: Option<Encoding>, accepts: &'static str, body: Bytes) -> (Response<Body>, Arc<RequestBytes>) {
    let connection = Connection::new(Limits::new(&ServerSettings::default(), watch::channel(false).1));
    let counted = RequestBytes::new(&connection);
    let service = tower::service_fn(async |request: Request<Body>| {
        assert!(!request.headers().contains_key(ENCODING), "it is plain by now");
        Ok::<_, Infallible>(Response::new(request.into_body()))
    });
    let mut request = Request::post("/entitled.v1.LedgerService/GetBlock").header(ACCEPT_ENCODING, accepts);
    if let Some(encoding) = encoding {
        request = request.header(ENCODING, encoding.name());
    }
    let mut request = request.body(Body::new(Full::new(body))).unwrap();
    request.extensions_mut().insert(Arc::clone(&counted));
    (Compression.layer(service).call(request).await.unwrap(), counted)
}

async fn message(response: Response<Body>) -> (bool, Vec<u8>) {
    let sent = response.into_body().collect().await.unwrap().to_bytes();
    let (is_compressed, message) = message_of(&sent).unwrap();
    (is_compressed, message.to_vec())
}

#[tokio::test]
async fn what_expands_is_counted_and_small_answers_are_plain() {
    for encoding in BOTH {
        let small = vec![7; LARGE - PREFIX - 1];
        let sent = with_prefix(true, &encoding.compress(&small).unwrap());
        let (response, counted) = echo(Some(encoding), "gzip,zstd", sent).await;
        assert_eq!(counted.counted(), small.len());
        assert!(!response.headers().contains_key(ENCODING));
        assert!(message(response).await == (false, small), "{encoding:?}");
    }
}

#[tokio::test]
async fn large_answers_are_compressed_for_those_who_take_it() {
    let large = vec![7; LARGE];
    for encoding in BOTH {
        let (response, _) = echo(None, encoding.name(), with_prefix(false, &large)).await;
        assert_eq!(response.headers()[ENCODING], encoding.name());
        let (is_compressed, message) = message(response).await;
        assert!(is_compressed && encoding.expand(&message).unwrap() == large, "{encoding:?}");
    }
    let (response, _) = echo(None, "identity,br", with_prefix(false, &large)).await;
    assert!(message(response).await == (false, large));
}

#[tokio::test]
async fn what_cannot_be_expanded_is_refused_with_what_is_taken() {
    let bomb = with_prefix(true, &Encoding::Zstd.compress(&vec![0; 64 << 20]).unwrap());
    for (sent, code) in [(bomb, Code::ResourceExhausted), (with_prefix(true, b"plain"), Code::InvalidArgument)] {
        let (response, counted) = echo(Some(Encoding::Zstd), "", sent).await;
        assert_eq!(Status::from_header_map(response.headers()).unwrap().code(), code);
        assert_eq!(response.headers()[ACCEPT_ENCODING], "gzip,zstd,identity");
        assert_eq!(counted.counted(), 0);
    }
}
