//! One server with its database and its callers: what a round's faults act on.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use entitled::error::BoxError;
use tempfile::TempDir;

use crate::caller::Callers;
use crate::crowd::Crowd;
use crate::nemesis::{Database, Fault, Injury};
use crate::topology::{Cluster, Link, Log, Proxy, Server, Tmpfs, run, signal};
use crate::workload::Workload;

/// Room for the database of a round, and for a log.
const DISK: &str = "64m";
const LOG_DISK: &str = "32m";
/// So that there is something to write all the time.
const TALKATIVE: &str = "debug,h2=info,hyper=info";

/// What a campaign brings to every round.
#[derive(Debug)]
pub(crate) struct Stage {
    pub binary: PathBuf,
    pub cluster: Option<Cluster>,
    /// Given to every server.
    pub environment: Vec<(String, String)>,
}

#[derive(Debug)]
pub(crate) struct Scene<'a> {
    cluster: Option<&'a mut Cluster>,
    /// Past the proxy.
    pub database_url: String,
    pub server: Server,
    pub shared: Arc<Callers>,
    pub workload: Workload,
    proxy: Option<Proxy>,
    wal: PathBuf,
    disk: Option<Tmpfs>,
    log_disk: Option<Tmpfs>,
    _directory: TempDir,
}

/// What goes away again when a fault is healed.
#[derive(Debug)]
pub(crate) enum Wound {
    Nothing,
    Injector(Child),
    Crowd(Crowd),
}

impl<'a> Scene<'a> {
    /// A new, empty database, and a server on it.
    pub(crate) async fn set(stage: &'a mut Stage, database: Database, injury: &Injury) -> Result<Self, BoxError> {
        let directory = tempfile::tempdir()?;
        let disk = injury.has(Fault::DiskFull).then(|| Tmpfs::mount(DISK)).transpose()?;
        let log_disk = injury.has(Fault::LogFull).then(|| Tmpfs::mount(LOG_DISK)).transpose()?;
        let file = disk.as_ref().map_or(directory.path(), Tmpfs::path).join("entitled.db");
        let mut proxy = None;
        let (database_url, server_url) = match (&mut stage.cluster, database) {
            (Some(cluster), Database::Postgres) => {
                let url = cluster.database().await?;
                migrate(&stage.binary, &url)?;
                let link = proxy.insert(Proxy::start(&url).await?);
                (url, link.url.clone())
            }
            _ => (format!("sqlite:{}", file.display()), format!("sqlite:{}", file.display())),
        };
        let log = log_disk.as_ref().map_or(directory.path(), Tmpfs::path).join("log");
        let mut environment = stage.environment.clone();
        if injury.faults.iter().any(|fault| fault.is_of_log()) {
            environment.push(("ENTITLED_LOG".to_owned(), TALKATIVE.to_owned()));
        }
        let server = Server::start(&stage.binary, &server_url, Log::new(log, log_disk.is_some()), environment)?;
        let shared = Callers::new(&server.url())?;
        let workload = Workload::new(&shared);
        Ok(Self {
            cluster: stage.cluster.as_mut(),
            database_url,
            server,
            shared,
            workload,
            proxy,
            wal: file.with_extension("db-wal"),
            disk,
            log_disk,
            _directory: directory,
        })
    }

    fn cluster(&mut self) -> Result<&mut Cluster, BoxError> {
        self.cluster.as_deref_mut().ok_or_else(|| "there is no PostgreSQL".into())
    }

    fn link(&self, link: Link) {
        if let Some(proxy) = &self.proxy {
            proxy.set(link);
        }
    }

    pub(crate) async fn injure(&mut self, fault: Fault, detail: u64) -> Result<Wound, BoxError> {
        // Every COMMIT, every second one, …
        let every = detail.checked_rem(4).unwrap_or(0).saturating_add(1);
        match fault {
            Fault::Kill => self.server.kill()?,
            Fault::Freeze => self.server.signal("STOP")?,
            Fault::FileLimit if detail.is_multiple_of(2) => self.server.limit_files("0")?,
            Fault::FileLimit => self.server.limit_files(&std::fs::metadata(&self.wal)?.len().to_string())?,
            Fault::DiskFull => self.disk.as_ref().ok_or("there is no disk to fill")?.fill()?,
            Fault::Eio => return Ok(Wound::Injector(inject_eio(self.server.pid(), detail)?)),
            Fault::PgFast => self.cluster()?.stop("INT").await?,
            Fault::PgImmediate => self.cluster()?.stop("QUIT").await?,
            Fault::PgKill => self.cluster()?.kill()?,
            Fault::PgHang => self.cluster()?.signal_all("STOP")?,
            Fault::PgReadOnly => self.cluster()?.read_only(true).await?,
            Fault::CutBefore => self.link(Link::CutsBefore(every)),
            Fault::CutAfter => self.link(Link::CutsAfter(every)),
            Fault::LinkSilent => self.link(Link::IsSilent),
            Fault::LogFull => self.log_disk.as_ref().ok_or("there is no disk to fill")?.fill()?,
            Fault::LogGone => self.server.log.leave(),
            Fault::LogStalled => self.server.log.stall(),
            Fault::Unread => return Ok(Wound::Crowd(Crowd::unread(self.server.address))),
            Fault::HalfSent => return Ok(Wound::Crowd(Crowd::half_sent(self.server.address))),
            Fault::Overload => return Ok(Wound::Crowd(Crowd::overload(&self.shared))),
            Fault::Hasty => self.workload.set_hasty(70),
        }
        Ok(Wound::Nothing)
    }

    pub(crate) async fn heal(&mut self, fault: Fault, wound: Wound) -> Result<(), BoxError> {
        match wound {
            Wound::Nothing => {}
            Wound::Injector(mut strace) => {
                // Whom it injured may have been killed, and then it has ended as well.
                let _ = signal("INT", strace.id());
                strace.wait()?;
            }
            Wound::Crowd(crowd) => crowd.leave().await,
        }
        match fault {
            Fault::Kill => self.server.start_again()?,
            Fault::Freeze => self.server.signal("CONT")?,
            Fault::FileLimit => self.server.limit_files("unlimited")?,
            Fault::DiskFull => self.disk.as_ref().map_or(Ok(()), Tmpfs::clear)?,
            Fault::PgFast | Fault::PgImmediate | Fault::PgKill => self.cluster()?.start_again()?,
            Fault::PgHang => self.cluster()?.signal_all("CONT")?,
            Fault::PgReadOnly => self.cluster()?.read_only(false).await?,
            Fault::CutBefore | Fault::CutAfter | Fault::LinkSilent => self.link(Link::Passes),
            Fault::LogFull => self.log_disk.as_ref().map_or(Ok(()), Tmpfs::clear)?,
            Fault::LogStalled => self.server.log.read_on(),
            Fault::Hasty => self.workload.be_usual(),
            // Who has gone does not come back; crowds have left.
            Fault::LogGone | Fault::Eio | Fault::Unread | Fault::HalfSent | Fault::Overload => {}
        }
        Ok(())
    }
}

fn migrate(binary: &Path, url: &str) -> Result<(), BoxError> {
    run(&binary.to_string_lossy(), &["migrate", "--database", url])
}

/// Writes or syncs fail, all of them or every third one.
fn inject_eio(pid: u32, detail: u64) -> Result<Child, BoxError> {
    let calls = if detail.is_multiple_of(2) { "pwrite64" } else { "fdatasync,fsync" };
    let when = if detail.checked_rem(4).unwrap_or(0) < 2 { "" } else { ":when=1+3" };
    let strace = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")])
        .args(["-e", &format!("inject={calls}:error=EIO{when}"), "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    Ok(strace)
}
