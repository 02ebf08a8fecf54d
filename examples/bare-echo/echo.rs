//! A gRPC server that is tonic and nothing else: every check gets the same answer. What a check costs is told as a ratio
//! to it.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use entitled::proto::v1::{CheckEntitlementRequest, CheckEntitlementResponse};
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};
use tonic_prost::ProstCodec;
use tower::Service;

/// Serves until the process ends.
pub(crate) async fn serve(
    listener: TcpListener,
    answer: CheckEntitlementResponse,
) -> Result<(), tonic::transport::Error> {
    let server = Server::builder().tcp_nodelay(true).add_service(Echo { answer: Arc::new(answer) });
    server.serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true))).await
}

#[derive(Clone)]
struct Echo {
    answer: Arc<CheckEntitlementResponse>,
}

impl NamedService for Echo {
    const NAME: &'static str = "entitled.v1.EntitlementService";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move {
            let mut grpc = Grpc::new(ProstCodec::<CheckEntitlementResponse, CheckEntitlementRequest>::default());
            Ok(grpc.unary(echo, request).await)
        })
    }
}

impl UnaryService<CheckEntitlementRequest> for Echo {
    type Response = CheckEntitlementResponse;
    type Future = Ready<Result<Response<Self::Response>, Status>>;

    fn call(&mut self, _: Request<CheckEntitlementRequest>) -> Self::Future {
        ready(Ok(Response::new(CheckEntitlementResponse::clone(&self.answer))))
    }
}
