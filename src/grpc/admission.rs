//! Limits how many long calls run at a time, for each kind of call. So quick calls find a thread however many long
//! calls there are, and few answers are in memory.
//!
//! A call takes its place at its gate only after its whole request has arrived. So a client that sends half a request
//! blocks nobody else.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::{BoxFuture, Either};
use http::{Request, Response};
use http_body::{Body as _, Frame};
use http_body_util::Full;
use prost::bytes::{Bytes, BytesMut};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use super::MESSAGE_LIMIT;
use crate::service::Gate;

/// What stands before a message: whether it is compressed, and its length.
const PREFIX: usize = 5;

/// How many of a kind wait to be let in; the next is RESOURCE_EXHAUSTED.
const WAITING: usize = 256;

/// Decide many questions at once.
const BULK: [&str; 2] =
    ["/entitled.v1.EntitlementService/BatchCheckEntitlements", "/entitled.v1.EntitlementService/ListEntitlements"];
/// Read as much as they are asked for.
const LISTS: [&str; 7] = [
    "/entitled.v1.ContractService/ListAuditRecords",
    "/entitled.v1.ContractService/ListCustomers",
    "/entitled.v1.ContractService/ListWorkOrders",
    "/entitled.v1.LedgerService/GetBlock",
    "/entitled.v1.LedgerService/ListBlocks",
    "/entitled.v1.LedgerService/ListEntries",
    "/entitled.v1.LedgerService/ListReservations",
];
/// Read and judge whole documents.
const CONTRACT_WRITES: [&str; 11] = [
    "/entitled.v1.ContractService/CreateCustomer",
    "/entitled.v1.ContractService/UpdateCustomer",
    "/entitled.v1.ContractService/CreateWorkOrder",
    "/entitled.v1.ContractService/ApplyContract",
    "/entitled.v1.ContractService/AmendWorkOrder",
    "/entitled.v1.ContractService/RenewWorkOrder",
    "/entitled.v1.ContractService/SuspendWorkOrder",
    "/entitled.v1.ContractService/ResumeWorkOrder",
    "/entitled.v1.ContractService/TerminateWorkOrder",
    "/entitled.v1.ContractService/RecordWaiver",
    "/entitled.v1.ContractService/RevokeWaiver",
];

/// A gate for each kind.
#[derive(Debug, Clone)]
pub struct Admission {
    bulk: Gate,
    lists: Gate,
    contract_writes: Gate,
}

impl Admission {
    /// For so many threads: bulk work shall leave some of them to the others.
    pub fn new(threads: usize) -> Self {
        Self {
            bulk: Gate::new(threads.div_euclid(2), WAITING),
            lists: Gate::new(threads, WAITING),
            contract_writes: Gate::new(threads, WAITING),
        }
    }

    fn gate(&self, path: &str) -> Option<&Gate> {
        match path {
            _ if BULK.contains(&path) => Some(&self.bulk),
            _ if LISTS.contains(&path) => Some(&self.lists),
            _ if CONTRACT_WRITES.contains(&path) => Some(&self.contract_writes),
            _ => None,
        }
    }
}

impl<S> Layer<S> for Admission {
    type Service = Admitted<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Admitted { admission: self.clone(), inner }
    }
}

/// The service made by [`Admission`].
#[derive(Debug, Clone)]
pub struct Admitted<S> {
    admission: Admission,
    inner: S,
}

impl<S> Service<Request<Body>> for Admitted<S>
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Either<S::Future, BoxFuture<'static, Result<Self::Response, Self::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(gate) = self.admission.gate(request.uri().path()).cloned() else {
            return Either::Left(self.inner.call(request));
        };
        let next = self.inner.clone();
        let mut ready = std::mem::replace(&mut self.inner, next);
        Either::Right(Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = match read_request(body).await {
                Ok(bytes) => Body::new(Full::new(bytes)),
                Err(status) => return Ok(status.into_http()),
            };
            match gate.enter().await {
                // In until the answer is there; sending it is bounded elsewhere.
                Ok(_permit) => ready.call(Request::from_parts(head, body)).await,
                Err(error) => Ok(Status::from(error).into_http()),
            }
        }))
    }
}

/// Reads a request to its end, or to where it is longer than the largest message. The rest is left: by what is read
/// tonic sees that the message is too large. It must not read on itself, for then a client could still keep it waiting.
pub async fn read_request(mut body: Body) -> Result<Bytes, Status> {
    let mut bytes = BytesMut::new();
    while bytes.len() <= MESSAGE_LIMIT.saturating_add(PREFIX) {
        match poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await.transpose()?.map(Frame::into_data) {
            // Copied: frames as they come hold on to more than they bring.
            Some(Ok(data)) => bytes.extend_from_slice(&data),
            // Trailers: nothing follows them, and no call of ours looks at them.
            Some(Err(_)) | None => break,
        }
    }
    Ok(bytes.freeze())
}

#[cfg(test)]
mod tests {
    use prost_reflect::DescriptorPool;

    use super::*;
    use crate::proto::FILE_DESCRIPTOR_SET;

    #[tokio::test]
    async fn a_request_is_read_to_its_end_or_to_where_it_is_too_long() {
        let longest = MESSAGE_LIMIT + PREFIX;
        for (sent, kept) in [(0, 0), (longest, longest), (longest + 1, longest + 1)] {
            assert_eq!(read_request(Body::new("x".repeat(sent))).await.unwrap().len(), kept);
        }
        // Its end is not waited for.
        assert_eq!(read_request(Body::new(Endless)).await.unwrap().len(), longest + 1);
    }

    /// Byte by byte, without an end.
    struct Endless;

    impl http_body::Body for Endless {
        type Data = Bytes;
        type Error = Status;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0])))))
        }
    }

    #[test]
    fn every_path_is_a_call_of_the_api() {
        let pool = DescriptorPool::decode(FILE_DESCRIPTOR_SET).unwrap();
        for path in BULK.into_iter().chain(LISTS).chain(CONTRACT_WRITES) {
            let (service, method) = path.trim_start_matches('/').split_once('/').unwrap();
            let service = pool.get_service_by_name(service).unwrap();
            assert!(service.methods().any(|known| known.name() == method), "{path}");
        }
    }
}
