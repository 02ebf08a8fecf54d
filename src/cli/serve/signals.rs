//! The signals that stop a server, obeyed in a thread of their own: also while all others are busy,
//! and whatever they do, the process ends in bounded time.

use std::io;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};

use super::CUT_OFF;
use crate::telemetry;

/// Signals are told by the exit status as shells have it.
const BY_SIGNAL: i32 = 128;
const INTERRUPT: i32 = 2;
const TERMINATE: i32 = 15;
/// SIGXFSZ, on Linux and the BSDs.
#[cfg(unix)]
const FILE_SIZE: i32 = 25;
/// What may come after the drain time: the store closes, the last lines of the log are written.
const AFTERWARDS: Duration = Duration::from_secs(8);
/// How often it is seen whether the server's threads still turn,
const BEAT: Duration = Duration::from_secs(1);
/// and after how many missed beats it is told that they do not.
const LATE: Duration = Duration::from_secs(5);

/// Obeys from the moment this returns. The first signal asks the server to stop, the second ends the
/// process at once, and so does the end of `drain`, and some seconds.
pub(super) async fn listen(drain: Duration) -> io::Result<impl Future<Output = ()> + Send> {
    let (ask, mut asked) = watch::channel(false);
    let (tell, told) = oneshot::channel();
    let server = Handle::current();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build();
        let _ = match runtime {
            Ok(own) => own.block_on(async {
                match Signals::new() {
                    Ok(signals) => {
                        let _ = tell.send(Ok(()));
                        obey(signals, &ask, &server, drain).await;
                        Ok(())
                    }
                    Err(error) => tell.send(Err(error)),
                }
            }),
            Err(error) => tell.send(Err(error)),
        };
    })?;
    told.await.map_err(io::Error::other)??;
    Ok(async move {
        // An error means that the thread is gone, which only ends with the process.
        let _ = asked.wait_for(|asked| *asked).await;
    })
}

async fn obey(mut signals: Signals, ask: &watch::Sender<bool>, server: &Handle, drain: Duration) {
    tokio::select! {
        _ = signals.next() => {}
        () = see_turning(server) => {}
    }
    let _ = ask.send(true);
    tokio::select! {
        signal = signals.next() => {
            tracing::warn!("asked to stop a second time: ending at once");
            end(BY_SIGNAL.saturating_add(signal))
        }
        () = tokio::time::sleep(drain.saturating_add(AFTERWARDS)) => {
            tracing::error!("the server did not end in time: ending it");
            end(CUT_OFF.into())
        }
    }
}

fn end(code: i32) {
    telemetry::flush();
    process::exit(code)
}

/// Health is answered by the server's threads. That they do not turn is told from here, by the one
/// thread that does.
async fn see_turning(server: &Handle) {
    let begun = Instant::now();
    let seen = Arc::new(AtomicU64::new(0));
    let mut ticks = tokio::time::interval(BEAT);
    let mut is_told = false;
    loop {
        ticks.tick().await;
        let now = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        let behind = Duration::from_millis(now.saturating_sub(seen.load(Ordering::Relaxed)));
        if behind < LATE {
            is_told = false;
        } else if !std::mem::replace(&mut is_told, true) {
            tracing::error!(?behind, "the server's threads have not turned for a while: something keeps them busy");
        }
        let seen = Arc::clone(&seen);
        server.spawn(async move { seen.fetch_max(now, Ordering::Relaxed) });
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// Held, so that a write beyond the limit of file sizes is an error and not the end of the process.
    _file_size: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            _file_size: signal(SignalKind::from_raw(FILE_SIZE))?,
        })
    }

    /// The number of the next one.
    async fn next(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => INTERRUPT,
            _ = self.terminate.recv() => TERMINATE,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> i32 {
        let _ = tokio::signal::ctrl_c().await;
        INTERRUPT
    }
}
