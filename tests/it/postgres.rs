//! A private PostgreSQL cluster for this test process: started by the first test that asks for a database,
//! gone when the process ends.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectOptions, ConnectionTrait as _, Database};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/postgres.sh");

#[derive(Debug)]
pub struct Cluster {
    /// `postgres://USER@HOST:PORT`, as a superuser; a path of `/postgres` leads to the maintenance database.
    pub server_url: String,
    databases: AtomicU32,
    /// The script removes the cluster when this pipe closes: statics are not dropped, but no end of a process,
    /// not even a kill, leaves its pipes open.
    _lifeline: ChildStdin,
    _script: Child,
}

/// The `postgres://` URL of a new, empty database, for one test alone.
pub async fn database() -> String {
    let cluster = cluster();
    let name = format!("test_{}", cluster.databases.fetch_add(1, Ordering::Relaxed));
    // Not a shared pool: a connection must not outlive the runtime of the test that opened it.
    let mut options = ConnectOptions::new(format!("{}/postgres", cluster.server_url));
    options.max_connections(1).sqlx_logging(false);
    let admin = Database::connect(options).await.expect("the private cluster accepts connections");
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a new database");
    admin.close().await.expect("the connection closes");
    format!("{}/{name}", cluster.server_url)
}

/// The cluster of this process, started by the first call.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    match CLUSTER.get_or_init(start) {
        Ok(cluster) => cluster,
        Err(message) => panic!("no PostgreSQL for the tests: {message}"),
    }
}

fn start() -> Result<Cluster, String> {
    let mut script = Command::new("sh")
        .arg(SCRIPT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // An interrupt at the terminal, or a kill of the tests' process group, must not hit what cleans up after them.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("{SCRIPT}: {error}"))?;
    let (Some(lifeline), Some(stdout), Some(mut stderr)) =
        (script.stdin.take(), script.stdout.take(), script.stderr.take())
    else {
        return Err("the script has no pipes".into());
    };
    let mut url = String::new();
    BufReader::new(stdout).read_line(&mut url).map_err(|error| error.to_string())?;
    let Some(server_url) = url.trim_end().strip_suffix("/postgres") else {
        let mut message = String::new();
        stderr.read_to_string(&mut message).map_err(|error| error.to_string())?;
        return Err(message);
    };
    Ok(Cluster { server_url: server_url.into(), databases: AtomicU32::new(0), _lifeline: lifeline, _script: script })
}

#[tokio::test]
async fn each_database_is_new_and_empty() {
    for url in [database().await, database().await] {
        let database = Database::connect(url).await.expect("a connection");
        database.execute_unprepared("CREATE TABLE only_here (id INT)").await.expect("nothing is there yet");
        database.close().await.expect("the connection closes");
    }
}
