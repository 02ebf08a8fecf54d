//! A server in a process of its own, as its users run it.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use tonic::transport::Channel;

pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    pub(crate) fn start(database: &str) -> Self {
        Self::start_with(database, &[], None)
    }

    /// With other settings, and with something that reads its errors.
    pub(crate) fn start_with(database: &str, environment: &[(&str, &str)], errors: Option<Stdio>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
        command.envs(environment.iter().copied()).stdout(Stdio::null()).stderr(errors.unwrap_or_else(Stdio::null));
        Self::serve(command, database)
    }

    /// One whose standard output goes elsewhere, and that logs nothing.
    pub(crate) fn start_silent(database: &str, environment: &[(&str, &str)], output: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
        command.envs(environment.iter().copied()).stdout(output).stderr(Stdio::null());
        Self::serve(command, database)
    }

    /// One that logs everything there is to log into a file.
    pub(crate) fn start_logging(database: &str, format: &str, log: &Path) -> Self {
        let log = File::create(log).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_entitled"));
        command.envs([("ENTITLED_LOG", "trace"), ("ENTITLED_LOG_FORMAT", format)]);
        command.stdout(log.try_clone().unwrap()).stderr(log);
        Self::serve(command, database)
    }

    fn serve(mut command: Command, database: &str) -> Self {
        // Free now; whoever takes it in between fails the test loudly.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        command.args(["serve", "--listen", &address.to_string(), "--database", database]);
        Self { child: command.spawn().unwrap(), address }
    }

    /// What a server says that does not start.
    pub(crate) fn refused(database: &str, arguments: &[&str]) -> String {
        // One that starts all the same is ended, and the test fails.
        let output = Command::new("timeout")
            .args(["20", env!("CARGO_BIN_EXE_entitled"), "serve", "--listen", "127.0.0.1:0", "--database", database])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stderr).unwrap()
    }

    /// From now on no file grows beyond so many bytes; none: as large as it likes.
    pub(crate) fn limit_file_size(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let (id, limit) = (self.child.id().to_string(), format!("--fsize={limit}:unlimited"));
        assert!(Command::new("prlimit").args(["--pid", &id, &limit]).status().unwrap().success());
    }

    /// From now on it may have so many files open; how many it might before.
    pub(crate) fn limit_open_files(&self, limit: u64) -> u64 {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let before = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
        let before = before.split_whitespace().next().unwrap().parse().unwrap();
        let (id, limit) = (self.child.id().to_string(), format!("--nofile={limit}:"));
        assert!(Command::new("prlimit").args(["--pid", &id, &limit]).status().unwrap().success());
        before
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn stop(mut self) {
        self.tell("TERM");
        self.child.wait().unwrap();
    }

    /// What it logs; it has to be piped.
    pub(crate) fn errors(&mut self) -> ChildStderr {
        self.child.stderr.take().unwrap()
    }

    /// Its address, once it takes calls.
    pub(crate) async fn until_up(&self) -> SocketAddr {
        self.channel().await;
        self.address
    }

    /// The most memory it has had at once, in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches("kB").trim_end().parse().unwrap()
    }

    pub(crate) async fn channel(&self) -> Channel {
        loop {
            match Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await {
                Ok(channel) => return channel,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// By a connection of one's own, once it takes calls.
    pub(crate) async fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel().await)
    }

    /// `kill -9`, by its own id.
    pub(crate) fn signal(&self) {
        self.tell("KILL");
    }

    pub(crate) fn tell(&self, signal: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
    }

    /// Its exit status, once it has ended; a hang fails.
    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "the server does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Also where a test fails before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
