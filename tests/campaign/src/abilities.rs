//! What can be done to a process or a file system here, found out by trying.

use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use entitled::error::BoxError;

use crate::nemesis::Fault;
use crate::topology::{Tmpfs, signal};

/// How long an injector may take to take hold.
const HOLD: Duration = Duration::from_millis(300);

/// The faults that cannot be made here, and why.
pub(crate) fn lacking(faults: &[Fault]) -> Vec<(Fault, String)> {
    let mut lacking = Vec::new();
    let disks = [Fault::DiskFull, Fault::LogFull];
    if disks.iter().any(|fault| faults.contains(fault))
        && let Err(error) = Tmpfs::mount("1m")
    {
        lacking.extend(disks.map(|fault| (fault, error.to_string())));
    }
    if faults.contains(&Fault::Eio)
        && let Err(error) = try_injection()
    {
        lacking.push((Fault::Eio, error.to_string()));
    }
    lacking.retain(|(fault, _)| faults.contains(fault));
    lacking
}

/// Attaches to a process as `scene` does: a container may forbid it.
fn try_injection() -> Result<(), BoxError> {
    let mut victim = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn()?;
    let strace = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"])
        .args(["-p", &victim.id().to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let outcome = strace.map_err(|error| BoxError::from(format!("strace: {error}"))).and_then(|mut strace| {
        thread::sleep(HOLD);
        match strace.try_wait()? {
            // It has hold of it.
            None => signal("INT", strace.id()).and_then(|()| Ok(strace.wait().map(drop)?)),
            Some(status) => Err(format!("strace cannot attach: {status}").into()),
        }
    });
    victim.kill()?;
    victim.wait()?;
    outcome
}
