//! Programs of the system that do one thing to a process or a directory.

use std::process::{Command, Stdio};

use entitled::error::BoxError;

/// Runs a program to its end; what it complains of otherwise.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Result<(), BoxError> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("{program}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(format!("{program} {}: {}", arguments.join(" "), stderr.trim()).into())
        }
    }
}

/// Sends a signal, by its name, to one process.
pub(crate) fn signal(name: &str, pid: u32) -> Result<(), BoxError> {
    run("kill", &["-s", name, &pid.to_string()])
}
