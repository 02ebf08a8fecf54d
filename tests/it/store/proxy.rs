//! Stands between a store and its database, and stops the answers of one connection at a word
//! of one's choice.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::{Notify, watch};

/// What becomes of the stopped connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its client waits.
    Silence,
    GoOn,
    Cut,
}

pub(crate) struct Proxy {
    /// The database's URL, by way of the proxy.
    pub url: String,
    shared: Arc<Shared>,
}

struct Shared {
    word: Mutex<Option<&'static str>>,
    stopped: Notify,
    verdict: watch::Sender<Verdict>,
}

impl Proxy {
    pub(crate) async fn start(url: &str) -> Self {
        let (scheme, rest) = url.split_once('@').unwrap();
        let (server, database) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}@{}/{database}", listener.local_addr().unwrap());
        let verdict = watch::Sender::new(Verdict::Silence);
        let shared = Arc::new(Shared { word: Mutex::new(None), stopped: Notify::new(), verdict });
        let (server, here) = (server.to_owned(), Arc::clone(&shared));
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(forward(client, server, Arc::clone(&here)));
            }
        });
        Self { url, shared }
    }

    /// Stops the answers of the connection that says `word` next. What it asked reaches the
    /// database all the same.
    pub(crate) fn stop_at(&self, word: &'static str) {
        *self.shared.word.lock().unwrap() = Some(word);
        self.shared.verdict.send_replace(Verdict::Silence);
    }

    /// Until a connection was stopped.
    pub(crate) async fn stopped(&self) {
        self.shared.stopped.notified().await;
    }

    pub(crate) fn decide(&self, verdict: Verdict) {
        self.shared.verdict.send_replace(verdict);
    }
}

async fn forward(client: TcpStream, server: TcpStream, shared: Arc<Shared>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let stopped = watch::Sender::new(false);
    // Either direction's end closes both.
    tokio::select! {
        () = ask(from_client, to_server, &shared, &stopped) => {}
        () = answer(from_server, to_client, &shared, &stopped) => {}
    }
}

async fn ask(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    shared: &Shared,
    stopped: &watch::Sender<bool>,
) {
    let mut buffer = vec![0; 65536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let said = String::from_utf8_lossy(&buffer[..read]).into_owned();
        let stops = shared.word.lock().unwrap().take_if(|word| said.contains(*word)).is_some();
        if stops {
            stopped.send_replace(true);
        }
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
        if stops {
            shared.stopped.notify_one();
        }
    }
}

async fn answer(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    shared: &Shared,
    stopped: &watch::Sender<bool>,
) {
    let mut buffer = vec![0; 65536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        let verdict = if *stopped.borrow() {
            *shared.verdict.subscribe().wait_for(|verdict| *verdict != Verdict::Silence).await.unwrap()
        } else {
            Verdict::GoOn
        };
        if verdict == Verdict::Cut || to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
