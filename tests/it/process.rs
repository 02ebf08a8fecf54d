//! A server in a process of its own, as its users run it.

use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use entitled::proto::v1::ledger_service_client::LedgerServiceClient;
use tonic::transport::Channel;

pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    pub fn start(database: &str) -> Self {
        // Free now; whoever takes it in between fails the test loudly.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = Command::new(env!("CARGO_BIN_EXE_entitled"))
            .args(["serve", "--listen", &address, "--database", database])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address }
    }

    /// One to which a file that may not grow is a write that fails, as on a full disk, and no signal to die of.
    pub fn start_ignoring_file_limits(database: &str) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_entitled")])
            .args(["serve", "--listen", &address, "--database", database])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, address }
    }

    /// One that logs everything there is to log into a file.
    pub fn start_logging(database: &str, format: &str, log: &Path) -> Self {
        let log = File::create(log).unwrap();
        let output = log.try_clone().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let child = Command::new(env!("CARGO_BIN_EXE_entitled"))
            .args(["serve", "--listen", &address, "--database", database])
            .envs([("ENTITLED_LOG", "trace"), ("ENTITLED_LOG_FORMAT", format)])
            .stdout(output)
            .stderr(log)
            .spawn()
            .unwrap();
        Self { child, address }
    }

    /// What a server says that does not start.
    pub fn refused(database: &str, arguments: &[&str]) -> String {
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
    pub fn limit_file_size(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let (id, limit) = (self.child.id().to_string(), format!("--fsize={limit}:unlimited"));
        assert!(Command::new("prlimit").args(["--pid", &id, &limit]).status().unwrap().success());
    }

    /// Asks it to stop, and waits for its end.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap();
    }

    /// By a connection of one's own, once it takes calls.
    pub async fn ledger(&self) -> LedgerServiceClient<Channel> {
        loop {
            match Channel::from_shared(format!("http://{}", self.address)).unwrap().connect().await {
                Ok(channel) => return LedgerServiceClient::new(channel),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// `kill -9`, by its own id.
    pub fn signal(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-9", &id]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Also where a test fails before.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
