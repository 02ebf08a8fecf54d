//! A private PostgreSQL cluster, and what the database's own benchmark makes of it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection};

use super::load::LoadResult;

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.sh");
/// Accounts by the hundred thousand: enough that clients do not wait for each other's rows.
const SCALE: &str = "10";

/// Gone when dropped.
pub(crate) struct PgCluster {
    url: String,
    _lifeline: ChildStdin,
    script: Child,
}

impl PgCluster {
    pub(crate) async fn start() -> Self {
        let mut script =
            Command::new("sh").arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sh");
        let lifeline = script.stdin.take().unwrap();
        let mut url = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let cluster = Self { url: url.trim_end().to_owned(), _lifeline: lifeline, script };
        assert!(!cluster.url.is_empty(), "no PostgreSQL: the script says why");
        for (setting, expected) in [("fsync", "on"), ("synchronous_commit", "on")] {
            assert_eq!(cluster.ask(&format!("SHOW {setting}")).await, expected, "{setting}");
        }
        cluster
    }

    /// A database of its own.
    pub(crate) async fn database(&self, name: &str) -> String {
        self.run(&format!("CREATE DATABASE {name}")).await;
        format!("{}/{name}", self.url.trim_end_matches("/postgres"))
    }

    /// Without the pool's maintenance task: it may never end, and keep its thread.
    async fn connect(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1).idle_timeout(None).max_lifetime(None).sqlx_logging(false);
        Database::connect(options).await.unwrap()
    }

    pub(crate) async fn run(&self, sql: &str) {
        let database = self.connect().await;
        database.execute_unprepared(sql).await.unwrap();
        database.close().await.unwrap();
    }

    async fn ask(&self, sql: &str) -> String {
        let database = self.connect().await;
        let statement = sea_orm::Statement::from_string(database.get_database_backend(), sql);
        let answer = database.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap();
        database.close().await.unwrap();
        answer
    }

    pub(crate) fn prepare_pgbench(&self) {
        self.pgbench(&["--initialize", "--quiet", "--scale", SCALE]);
    }

    /// Transactions a second of the benchmark's own `simple-update`.
    pub(crate) fn simple_update(&self, clients: usize, period: Duration) -> f64 {
        self.rate(&["--skip-some-updates"], clients, period)
    }

    /// Transactions a second of a script.
    pub(crate) fn script(&self, script: &Path, clients: usize, period: Duration) -> f64 {
        self.rate(&["--no-vacuum", "--file", script.to_str().unwrap()], clients, period)
    }

    /// How long `simple-update` takes where transactions come at a constant rate, each counted from when it was due.
    pub(crate) fn simple_update_at(&self, rate: u32, clients: usize, period: Duration) -> LoadResult {
        let directory = tempfile::tempdir().unwrap();
        let (prefix, rate, clients) = (directory.path().join("log"), rate.to_string(), clients.to_string());
        let (prefix, seconds) = (prefix.to_str().unwrap(), period.as_secs().to_string());
        self.pgbench(&[
            "--skip-some-updates",
            "--client",
            &clients,
            "--jobs",
            "2",
            "--time",
            &seconds, //
            "--rate",
            &rate,
            "--log",
            "--log-prefix",
            prefix,
        ]);
        let logs = std::fs::read_dir(directory.path()).unwrap();
        let logs: Vec<_> = logs.map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap()).collect();
        let lines = logs.iter().flat_map(|log| log.lines());
        let micros = lines.map(|line| line.split(' ').nth(2).unwrap().parse().unwrap());
        LoadResult::new(micros.map(Duration::from_micros).collect(), period)
    }

    fn rate(&self, arguments: &[&str], clients: usize, period: Duration) -> f64 {
        let (clients, seconds) = (clients.to_string(), period.as_secs().to_string());
        let common = ["--client", &clients, "--jobs", "2", "--time", &seconds];
        let output = self.pgbench(&[arguments, &common].concat());
        let rate = output.lines().find_map(|line| line.strip_prefix("tps = "));
        rate.and_then(|rate| rate.split(' ').next()?.parse().ok()).unwrap_or_else(|| panic!("no rate in: {output}"))
    }

    fn pgbench(&self, arguments: &[&str]) -> String {
        let output = Command::new(find_pgbench()).args(arguments).arg(&self.url).output().expect("pgbench");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for PgCluster {
    fn drop(&mut self) {
        // The script takes its data away when it is told a line, or when the pipe closes.
        let _ = std::io::Write::write_all(&mut &self._lifeline, b"\n");
        let _ = self.script.wait();
    }
}

/// Debian keeps it out of `PATH`, one directory a version.
fn find_pgbench() -> String {
    let find = "command -v pgbench || printf '%s\\n' /usr/lib/postgresql/*/bin/pgbench | sort -rV | head -n 1";
    let output = Command::new("sh").args(["-c", find]).output().expect("sh");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
