//! Who may call, with what, and about whom.

mod audit;
mod certificates;
mod jwt;
mod matrix;
mod readme;
mod requests;
mod scope;
mod server_service;
mod settings;

use std::path::PathBuf;

use entitled::auth::{NewToken, new_token};
use entitled::service::Role;
use http::uri::PathAndQuery;
use tempfile::TempDir;
use tonic::client::Grpc;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::raw;
use crate::server::{Backend, TestServer};

/// A server with a file of tokens.
struct Guarded {
    server: TestServer,
    _directory: TempDir,
}

/// The file for a server, and the token of each of its rows: principal, roles, customers.
fn tokens(directory: &TempDir, rows: &[(&str, &[Role], &[&str])]) -> (PathBuf, Vec<String>) {
    let path = directory.path().join("tokens.toml");
    let rows = rows.iter().map(|(principal, roles, customers)| {
        let customers = customers.iter().map(|id| (*id).to_owned()).collect();
        new_token(principal, roles, customers).unwrap()
    });
    let (tokens, rows): (Vec<_>, Vec<_>) = rows.map(|NewToken { token, row }| (token, row)).unzip();
    std::fs::write(&path, rows.join("\n")).unwrap();
    (path, tokens)
}

impl Guarded {
    async fn start(backend: Backend, rows: &[(&str, &[Role], &[&str])]) -> (Self, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        let (path, tokens) = tokens(&directory, rows);
        let server = TestServer::start_with(backend, |config| config.auth.tokens_file = Some(path)).await;
        (Self { server, _directory: directory }, tokens)
    }
}

/// One call with these metadata and any bytes as its message.
async fn call(
    channel: Channel,
    path: &str,
    metadata: &[(&'static str, &str)],
    message: Vec<u8>,
) -> Result<Vec<u8>, Status> {
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.unwrap();
    let mut request = Request::new(message);
    for (name, value) in metadata {
        request.metadata_mut().append(*name, value.parse().unwrap());
    }
    let path: PathAndQuery = path.parse().unwrap();
    Ok(grpc.unary(request, path, raw::Bytes).await?.into_inner())
}

/// Signs the calls of a client in.
#[derive(Debug, Clone)]
struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    fn new(token: &str) -> Self {
        Self(format!("Bearer {token}").parse().unwrap())
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}
