//! A private PostgreSQL cluster, gone with its value; and what can be done to it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use entitled::error::BoxError;
use sea_orm::{ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, Statement};

use super::{run, signal};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/postgres.sh");
/// How long it may take to end by itself.
const STOP: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(10);

#[derive(Debug)]
pub(crate) struct Cluster {
    /// `postgres://USER@HOST:PORT`, as a superuser.
    server_url: String,
    data: PathBuf,
    /// It removes the cluster when its standard input closes.
    script: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
    databases: u32,
}

impl Cluster {
    pub(crate) async fn start() -> Result<Self, BoxError> {
        let mut script = Command::new("sh")
            .arg(SCRIPT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // An interrupt at the terminal must not hit what cleans up.
            .process_group(0)
            .spawn()?;
        let words = script.stdin.take().ok_or("the script has no pipes")?;
        let mut answers = BufReader::new(script.stdout.take().ok_or("the script has no pipes")?);
        let mut url = String::new();
        answers.read_line(&mut url)?;
        let Some(server_url) = url.trim_end().strip_suffix("/postgres").map(str::to_owned) else {
            return Err(complaint(&mut script).into());
        };
        let mut cluster = Self { server_url, data: PathBuf::new(), script, words, answers, databases: 0 };
        cluster.data = cluster.data_directory().await?.into();
        Ok(cluster)
    }

    async fn admin(&self) -> Result<DatabaseConnection, BoxError> {
        let mut options = ConnectOptions::new(format!("{}/postgres", self.server_url));
        // Without the pool's maintenance task: it may never end, and keep its thread.
        options.max_connections(1).idle_timeout(None).max_lifetime(None).sqlx_logging(false);
        Ok(Database::connect(options).await?)
    }

    async fn data_directory(&self) -> Result<String, BoxError> {
        let admin = self.admin().await?;
        let statement = Statement::from_string(admin.get_database_backend(), "SHOW data_directory");
        let row = admin.query_one_raw(statement).await?.ok_or("no data directory")?;
        admin.close().await?;
        Ok(row.try_get_by_index(0)?)
    }

    /// Statements outside of any transaction, also where sessions are read-only.
    async fn tell(&self, statements: &[&str]) -> Result<(), BoxError> {
        let admin = self.admin().await?;
        let writable = "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE";
        for statement in std::iter::once(&writable).chain(statements) {
            admin.execute_unprepared(statement).await?;
        }
        Ok(admin.close().await?)
    }

    /// The URL of a new, empty database; the one before it goes.
    pub(crate) async fn database(&mut self) -> Result<String, BoxError> {
        let before = format!("DROP DATABASE IF EXISTS round_{} WITH (FORCE)", self.databases);
        self.databases = self.databases.saturating_add(1);
        let name = format!("round_{}", self.databases);
        self.tell(&[&before, &format!("CREATE DATABASE {name}")]).await?;
        Ok(format!("{}/{name}", self.server_url))
    }

    fn postmaster(&self) -> Result<u32, BoxError> {
        let file = fs::read_to_string(self.data.join("postmaster.pid"))?;
        Ok(file.lines().next().ok_or("no process id")?.trim().parse()?)
    }

    /// The server and all its sessions and helpers.
    fn processes(&self) -> Result<Vec<u32>, BoxError> {
        let postmaster = self.postmaster()?;
        let output = Command::new("ps").args(["-A", "-o", "pid=", "-o", "ppid="]).output()?;
        let table = String::from_utf8(output.stdout)?;
        let children = table.lines().filter_map(|line| {
            let mut numbers = line.split_whitespace().filter_map(|number| number.parse::<u32>().ok());
            let (pid, parent) = (numbers.next()?, numbers.next()?);
            (parent == postmaster).then_some(pid)
        });
        Ok(std::iter::once(postmaster).chain(children).collect())
    }

    /// SIGINT ends the sessions (`fast`), SIGQUIT leaves the rest to recovery (`immediate`).
    pub(crate) async fn stop(&self, name: &str) -> Result<(), BoxError> {
        signal(name, self.postmaster()?)?;
        let begun = Instant::now();
        while self.data.join("postmaster.pid").exists() {
            if begun.elapsed() > STOP {
                return Err("PostgreSQL does not stop".into());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// `kill -9`, for the server and all its sessions at once.
    pub(crate) fn kill(&mut self) -> Result<(), BoxError> {
        self.say("kill", "killed")
    }

    /// Starts what was stopped or killed again, on the same data and the same port.
    pub(crate) fn start_again(&mut self) -> Result<(), BoxError> {
        self.say("start", "started")
    }

    /// Sends all of it a signal: STOP or CONT.
    pub(crate) fn signal_all(&self, name: &str) -> Result<(), BoxError> {
        let processes: Vec<String> = self.processes()?.iter().map(u32::to_string).collect();
        let mut arguments = vec!["-s", name];
        arguments.extend(processes.iter().map(String::as_str));
        // A session may have ended in between.
        run("kill", &arguments).or(Ok(()))
    }

    pub(crate) async fn read_only(&self, is_on: bool) -> Result<(), BoxError> {
        let setting =
            if is_on { "SET default_transaction_read_only = on" } else { "RESET default_transaction_read_only" };
        self.tell(&[&format!("ALTER SYSTEM {setting}"), "SELECT pg_reload_conf()"]).await
    }

    fn say(&mut self, word: &str, expected: &str) -> Result<(), BoxError> {
        writeln!(self.words, "{word}")?;
        let mut answer = String::new();
        self.answers.read_line(&mut answer)?;
        if answer.trim_end() == expected { Ok(()) } else { Err(complaint(&mut self.script).into()) }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // What stands still could not stop.
        let _ = self.signal_all("CONT");
        // The word ends the script; its pipe closes only behind this.
        let _ = writeln!(self.words, "end");
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
