//! Stands between the server and PostgreSQL: cuts connections at COMMIT, or lets nothing pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use entitled::error::BoxError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What the link does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    Passes,
    /// Breaks with every so manieth COMMIT, before it gets there.
    CutsBefore(u64),
    /// Breaks with every so manieth COMMIT, once it is there.
    CutsAfter(u64),
    /// Stays open, and nothing gets through.
    IsSilent,
}

#[derive(Debug)]
struct Shared {
    link: watch::Sender<Link>,
    commits: AtomicU64,
}

/// Its connections end with its value.
#[derive(Debug)]
pub(crate) struct Proxy {
    /// The database's URL, by way of the proxy.
    pub url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(url: &str) -> Result<Self, BoxError> {
        let (user, rest) = url.split_once('@').ok_or("the URL names no user")?;
        let (server, database) = rest.split_once('/').ok_or("the URL names no database")?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        // In clear: the proxy reads the messages, and a question about TLS is none of them.
        let url = format!("{user}@{}/{database}?sslmode=disable", listener.local_addr()?);
        let shared = Arc::new(Shared { link: watch::Sender::new(Link::Passes), commits: AtomicU64::new(0) });
        let task = tokio::spawn(accept(listener, server.to_owned(), Arc::clone(&shared)));
        Ok(Self { url, shared, task })
    }

    pub(crate) fn set(&self, link: Link) {
        self.shared.link.send_replace(link);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, server: String, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        // A database that is away refuses, and so does the link.
        if let Ok(server) = TcpStream::connect(&server).await {
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            tokio::spawn(forward(client, server, Arc::clone(&shared)));
        }
    }
}

async fn forward(client: TcpStream, server: TcpStream, shared: Arc<Shared>) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let is_cut = AtomicBool::new(false);
    // Either direction's end closes both.
    tokio::select! {
        _ = ask(from_client, to_server, &shared, &is_cut) => {}
        _ = answer(from_server, to_client, &shared, &is_cut) => {}
    }
}

/// Message by message: a `COMMIT` among the values of a statement is none.
async fn ask(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    is_cut: &AtomicBool,
) -> Result<(), BoxError> {
    let mut link = shared.link.subscribe();
    // The first message has no type.
    let first = message(&mut from, Vec::new()).await?;
    to.write_all(&first).await?;
    loop {
        let kind = vec![from.read_u8().await?];
        let said = message(&mut from, kind).await?;
        let now = *link.wait_for(|link| *link != Link::IsSilent).await?;
        let is_hit = |every: u64| {
            let count = shared.commits.fetch_add(1, Ordering::Relaxed);
            count.checked_rem(every).unwrap_or(0) == 0
        };
        match now {
            Link::CutsBefore(every) if is_commit(&said) && is_hit(every) => return Ok(()),
            Link::CutsAfter(every) if is_commit(&said) && is_hit(every) => {
                // Before it goes: its answer must not get through.
                is_cut.store(true, Ordering::SeqCst);
                to.write_all(&said).await?;
                return Ok(to.flush().await?);
            }
            _ => to.write_all(&said).await?,
        }
    }
}

/// The rest of a message behind its type, with all before it.
async fn message(from: &mut OwnedReadHalf, mut head: Vec<u8>) -> Result<Vec<u8>, BoxError> {
    let length = from.read_u32().await?;
    let rest = usize::try_from(length)?.checked_sub(4).ok_or("a message shorter than its length")?;
    head.extend(length.to_be_bytes());
    let start = head.len();
    head.resize(start.saturating_add(rest), 0);
    from.read_exact(head.get_mut(start..).unwrap_or_default()).await?;
    Ok(head)
}

/// A simple query or a statement to be prepared that begins with the word.
fn is_commit(message: &[u8]) -> bool {
    let Some((kind @ (b'Q' | b'P'), rest)) = message.split_first() else { return false };
    let text = rest.get(4..).unwrap_or_default();
    // A statement has its name before its text.
    let text = if *kind == b'Q' { Some(text) } else { text.splitn(2, |byte| *byte == 0).nth(1) };
    let words = text.unwrap_or_default().trim_ascii_start();
    words.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"COMMIT"))
}

async fn answer(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    is_cut: &AtomicBool,
) -> Result<(), BoxError> {
    let mut link = shared.link.subscribe();
    let mut buffer = vec![0; 65_536];
    loop {
        let read = from.read(&mut buffer).await?;
        link.wait_for(|link| *link != Link::IsSilent).await?;
        if read == 0 || is_cut.load(Ordering::SeqCst) {
            return Ok(());
        }
        to.write_all(buffer.get(..read).unwrap_or_default()).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(kind: u8, text: &[u8]) -> Vec<u8> {
        let mut message = vec![kind];
        message.extend((text.len() as u32 + 4).to_be_bytes());
        message.extend(text);
        message
    }

    #[test]
    fn a_commit_is_told_from_its_word() {
        assert!(is_commit(&said(b'Q', b"COMMIT\0")));
        assert!(is_commit(&said(b'P', b"name\0 commit\0\0\0")));
        assert!(!is_commit(&said(b'Q', b"SELECT 'COMMIT'\0")));
        assert!(!is_commit(&said(b'B', b"COMMIT\0")));
        assert!(!is_commit(&said(b'P', b"COMMIT\0SELECT 1\0")));
    }
}
