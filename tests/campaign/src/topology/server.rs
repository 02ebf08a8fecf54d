//! A server as its users run it: the built program in a process of its own.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use entitled::error::BoxError;

use super::{Log, run, signal};

/// How long a start may take, on a machine that has other things to do.
const START: Duration = Duration::from_secs(20);
/// The drain time of the settings, and a margin.
const STOP: Duration = Duration::from_secs(25);
const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Server {
    binary: PathBuf,
    pub address: SocketAddr,
    database: String,
    environment: Vec<(String, String)>,
    pub log: Log,
    child: Option<Child>,
}

impl Server {
    /// Started, but perhaps not yet listening.
    pub(crate) fn start(
        binary: &Path,
        database: &str,
        log: Log,
        environment: Vec<(String, String)>,
    ) -> Result<Self, BoxError> {
        // Free now; whoever takes it in between fails the start loudly.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let (binary, database) = (binary.to_owned(), database.to_owned());
        let mut server = Self { binary, address, database, environment, log, child: None };
        server.start_again()?;
        Ok(server)
    }

    pub(crate) fn start_again(&mut self) -> Result<(), BoxError> {
        let mut child = Command::new(&self.binary)
            .args(["serve", "--listen", &self.address.to_string(), "--database", &self.database])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(self.log.stderr()?)
            .spawn()?;
        if let Some(pipe) = child.stderr.take() {
            self.log.follow(pipe)?;
        }
        self.child = Some(child);
        Ok(())
    }

    /// Until it takes connections.
    pub(crate) async fn listening(&mut self) -> Result<(), BoxError> {
        let begun = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if self.has_ended()?.is_some() || begun.elapsed() > START {
                return Err(format!("the server did not start: {}", self.log.tail()).into());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().map(Child::id).unwrap_or_default()
    }

    pub(crate) fn has_ended(&mut self) -> Result<Option<ExitStatus>, BoxError> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?),
            None => Ok(None),
        }
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) -> Result<(), BoxError> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    pub(crate) fn signal(&self, name: &str) -> Result<(), BoxError> {
        signal(name, self.pid())
    }

    /// The largest file it may write.
    pub(crate) fn limit_files(&self, limit: &str) -> Result<(), BoxError> {
        run("prlimit", &["--pid", &self.pid().to_string(), &format!("--fsize={limit}:unlimited")])
    }

    /// The most memory it ever had, in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or_default()
    }

    /// Asks it to stop; what it ended with, or nothing if it had to be killed.
    pub(crate) async fn stop(&mut self) -> Result<Option<ExitStatus>, BoxError> {
        self.signal("TERM")?;
        let begun = Instant::now();
        while begun.elapsed() < STOP {
            if let Some(status) = self.has_ended()? {
                self.child = None;
                return Ok(Some(status));
            }
            tokio::time::sleep(LOOK).await;
        }
        self.kill()?;
        Ok(None)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Also where a round breaks off.
        let _ = self.kill();
    }
}
