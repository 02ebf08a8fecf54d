//! A private PostgreSQL cluster for this test process: started by the first test that asks for a database,
//! gone when the process ends.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::ConnectionTrait as _;

use crate::database::connect;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.sh");

#[derive(Debug)]
pub(crate) struct Cluster {
    /// `postgres://USER@HOST:PORT`, as a superuser; a path of `/postgres` leads to the maintenance database.
    pub server_url: String,
    databases: AtomicU32,
    /// It removes the cluster when its standard input closes: statics are not dropped, but no end of a process,
    /// not even a kill, leaves its pipes open.
    script: Child,
    answers: BufReader<ChildStdout>,
}

/// The `postgres://` URL of a new, empty database, for one test alone.
pub(crate) async fn database() -> String {
    cluster().database().await
}

/// The cluster of this process, started by the first call.
pub(crate) fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    match CLUSTER.get_or_init(Cluster::start) {
        Ok(cluster) => cluster,
        Err(message) => panic!("no PostgreSQL for the tests: {message}"),
    }
}

impl Cluster {
    /// A cluster of one's own, gone with its value.
    pub(crate) fn start() -> Result<Self, String> {
        Self::start_as(&[])
    }

    /// Another cluster that streams from this one, and takes no writes until it is promoted.
    pub(crate) fn replica(&self) -> Result<Self, String> {
        Self::start_as(&[&format!("{}/postgres", self.server_url)])
    }

    fn start_as(arguments: &[&str]) -> Result<Self, String> {
        let mut script = Command::new("sh")
            .arg(SCRIPT)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // An interrupt at the terminal, or a kill of the tests' process group, must not hit what cleans up after
            // them.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{SCRIPT}: {error}"))?;
        let mut answers = BufReader::new(script.stdout.take().ok_or("the script has no pipes")?);
        let mut url = String::new();
        answers.read_line(&mut url).map_err(|error| error.to_string())?;
        match url.trim_end().strip_suffix("/postgres") {
            Some(url) => Ok(Self { server_url: url.into(), databases: AtomicU32::new(0), script, answers }),
            None => Err(complaint(&mut script)),
        }
    }

    /// The `postgres://` URL of a new, empty database.
    pub(crate) async fn database(&self) -> String {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        // Not a shared pool: a connection must not outlive the runtime of the test that opened it.
        let admin = connect(&format!("{}/postgres", self.server_url)).await;
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a new database");
        admin.close().await.expect("the connection closes");
        format!("{}/{name}", self.server_url)
    }

    /// `kill -9`, for the server and all its sessions at once.
    pub(crate) fn kill(&mut self) {
        self.tell("kill", "killed");
    }

    /// Starts the killed server again, on the same data and the same port.
    pub(crate) fn start_again(&mut self) {
        self.tell("start", "started");
    }

    /// Makes a replica a primary; returns once it takes writes.
    pub(crate) fn promote(&mut self) {
        self.tell("promote", "promoted");
    }

    fn tell(&mut self, word: &str, expected: &str) {
        writeln!(self.script.stdin.as_mut().unwrap(), "{word}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(answer.trim_end() == expected, "{}", complaint(&mut self.script));
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Closes its standard input first.
        let _ = self.script.wait();
    }
}

/// Why the script has ended.
fn complaint(script: &mut Child) -> String {
    let mut message = String::new();
    match script.stderr.take().map(|mut stderr| stderr.read_to_string(&mut message)) {
        Some(Err(error)) => error.to_string(),
        _ => message,
    }
}

#[tokio::test]
async fn each_database_is_new_and_empty() {
    for url in [database().await, database().await] {
        let database = connect(&url).await;
        database.execute_unprepared("CREATE TABLE only_here (id INT)").await.expect("nothing is there yet");
        database.close().await.expect("the connection closes");
    }
}

#[tokio::test]
async fn a_killed_cluster_comes_back_with_what_it_had() {
    let mut cluster = Cluster::start().unwrap();
    let url = cluster.database().await;
    let before = connect(&url).await;
    before.execute_unprepared("CREATE TABLE kept (id INT)").await.unwrap();
    cluster.kill();
    before.execute_unprepared("SELECT 1").await.expect_err("its sessions are killed as well");
    cluster.start_again();
    let after = connect(&url).await;
    after.execute_unprepared("INSERT INTO kept VALUES (1)").await.expect("the table is there");
}
