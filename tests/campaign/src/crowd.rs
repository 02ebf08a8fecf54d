//! Clients nobody wishes for: they do not read, do not end their sentences, or are too many.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use entitled::error::BoxError;
use entitled::proto::v1;
use futures_util::future;
use prost::Message as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::caller::{Caller, Callers, Patience};
use crate::contract::{self, CUSTOMERS};
use crate::history::Write;

const BATCH: &str = "/entitled.v1.EntitlementService/BatchCheckEntitlements";
const CONSUME: &str = "/entitled.v1.LedgerService/ConsumeUnits";
const HEALTH: &str = "/grpc.health.v1.Health/Check";

/// Connections that do not read, and what each of them asks for.
const UNREAD: usize = 6;
const BATCHES: usize = 4;
const CHECKS: usize = 1_000;
const HALF_SENT: usize = 40;
/// Several times what can be answered within their deadlines.
const CALLERS: usize = 128;
const CALLERS_A_CONNECTION: usize = 32;
const HURRY: Duration = Duration::from_millis(50);

/// Goes away with its value.
#[derive(Debug)]
pub(crate) struct Crowd {
    members: JoinSet<()>,
    is_over: watch::Sender<bool>,
}

impl Crowd {
    fn new() -> Self {
        Self { members: JoinSet::new(), is_over: watch::Sender::new(false) }
    }

    /// Asks for big batches and reads no answer.
    pub(crate) fn unread(address: SocketAddr) -> Self {
        let mut crowd = Self::new();
        for _ in 0..UNREAD {
            crowd.members.spawn(async move {
                // Whatever the server does to such a client is right.
                let _ = ask_and_do_not_read(address).await;
            });
        }
        crowd
    }

    /// Stops in the middle: of the connection's first bytes, of a request, of its message.
    pub(crate) fn half_sent(address: SocketAddr) -> Self {
        let mut crowd = Self::new();
        for number in 0..HALF_SENT {
            crowd.members.spawn(async move {
                let _ = stop_in_the_middle(address, number).await;
            });
        }
        crowd
    }

    /// More callers than can be answered in time. What they ask for is kept like every write.
    pub(crate) fn overload(shared: &Arc<Callers>) -> Self {
        let mut crowd = Self::new();
        let mut caller = Caller::new(shared);
        for (number, (customer_id, _)) in CUSTOMERS.iter().cycle().take(CALLERS).enumerate() {
            if number.is_multiple_of(CALLERS_A_CONNECTION) {
                caller = Caller::new(shared);
            }
            let (caller, is_over) = (caller.clone(), crowd.is_over.subscribe());
            crowd.members.spawn(async move {
                while !*is_over.borrow() {
                    let write = Write::Consume(contract::consume(customer_id, 1));
                    let answer = caller.ask(&write, Patience::Deadline(HURRY)).await.answer;
                    // A closed door is no reason to knock without a pause.
                    if !answer.is_sign_of_life() {
                        tokio::time::sleep(HURRY.saturating_mul(10)).await;
                    }
                }
            });
        }
        crowd
    }

    /// Callers get their last answers; the others just go.
    pub(crate) async fn leave(mut self) {
        self.is_over.send_replace(true);
        let callers = async { while self.members.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(HURRY.saturating_mul(100), callers).await;
    }
}

async fn ask_and_do_not_read(address: SocketAddr) -> Result<(), BoxError> {
    let socket = TcpStream::connect(address).await?;
    let (mut client, connection) =
        h2::client::Builder::new().initial_window_size(0).handshake::<_, Bytes>(socket).await?;
    let batch = v1::BatchCheckEntitlementsRequest {
        checks: std::iter::repeat_with(|| contract::check("contoso")).take(CHECKS).collect(),
        view: v1::View::Full.into(),
        ..Default::default()
    };
    let message = framed(&batch.encode_to_vec());
    let asking = async {
        let mut answers = Vec::new();
        for _ in 0..BATCHES {
            client = client.ready().await?;
            let (answer, mut body) = client.send_request(request(BATCH)?, false)?;
            body.send_data(message.clone(), true)?;
            answers.push((answer, body));
        }
        // Never looked at, but not given up either.
        future::pending::<Result<(), BoxError>>().await
    };
    tokio::select! {
        ended = connection => Ok(ended?),
        ended = asking => ended,
    }
}

async fn stop_in_the_middle(address: SocketAddr, number: usize) -> Result<(), BoxError> {
    let mut socket = TcpStream::connect(address).await?;
    match number.checked_rem(4) {
        Some(0) => future::pending().await,
        Some(1) => {
            socket.write_all(b"PRI * HTTP/2.0\r\n\r\n").await?;
            future::pending().await
        }
        other => {
            let path = if other == Some(2) { HEALTH } else { CONSUME };
            let (mut client, connection) = h2::client::handshake::<TcpStream>(socket).await?;
            let asking = async {
                let (_answer, mut body) = client.send_request(request(path)?, false)?;
                // It promises more than it sends.
                body.send_data(Bytes::from_static(&[0, 0, 0, 100, 0, 10, 3]), false)?;
                future::pending::<Result<(), BoxError>>().await
            };
            tokio::select! {
                ended = connection => Ok(ended?),
                ended = asking => ended,
            }
        }
    }
}

fn request(path: &str) -> Result<http::Request<()>, http::Error> {
    let uri = format!("http://localhost{path}");
    http::Request::post(uri).header("content-type", "application/grpc").header("te", "trailers").body(())
}

fn framed(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::new();
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}
