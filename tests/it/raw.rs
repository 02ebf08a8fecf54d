//! Calls below the generated clients: messages and frames as bytes.

use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use prost::bytes::{Buf as _, BufMut as _};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::Channel;
use tonic::{Request, Status};
use tower::Service as _;

/// Messages are what they are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining()).to_vec()))
    }
}

/// A connection that leaves it to the server to see to a deadline: a channel of tonic has a timer
/// of its own, and answers by it.
pub(crate) type Patient = Client<HttpConnector, tonic::body::Body>;

pub(crate) fn patient() -> Patient {
    Client::builder(TokioExecutor::new()).http2_only(true).build_http()
}

/// A request with these words as its deadline.
pub(crate) fn within<T>(timeout: &'static str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("grpc-timeout", timeout.parse().unwrap());
    request
}

/// One unary call with any bytes as its message.
pub(crate) async fn call(channel: Channel, path: &'static str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static(path);
    Ok(grpc.unary(Request::new(message), path, Bytes).await?.into_inner())
}

/// One HTTP request with any text as its body: what a broken client sends.
pub(crate) async fn post(
    channel: &mut Channel,
    path: &str,
    headers: &[(&'static str, &'static str)],
    body: &str,
) -> http::Response<tonic::body::Body> {
    let mut request = http::Request::post(path).header("content-type", "application/grpc").header("te", "trailers");
    for (name, value) in headers {
        request.headers_mut().unwrap().insert(*name, (*value).parse().unwrap());
    }
    std::future::poll_fn(|context| channel.poll_ready(context)).await.unwrap();
    channel.call(request.body(tonic::body::Body::new(body.to_owned())).unwrap()).await.unwrap()
}
