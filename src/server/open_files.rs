//! Limits the connections by the number of files that a process may open: every connection is an open file.

/// What the process needs besides: SQLite's files, the log, the runtime's own.
const RESERVED: usize = 128;

/// How many of `clients` connections there is room for, beside so many to a database; raises the limit of open files, as
/// far as this process may.
#[cfg(unix)]
pub(super) fn allow_beside(database: usize, clients: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limits = getrlimit(Resource::Nofile);
    let wanted = u64::try_from(clients.saturating_add(database).saturating_add(RESERVED)).unwrap_or(u64::MAX);
    let Some(current) = limits.current.filter(|current| *current < wanted) else { return clients };
    let highest = limits.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = Rlimit { current: Some(highest), maximum: limits.maximum };
    let files = if setrlimit(Resource::Nofile, raised).is_ok() { highest } else { current };
    let room = room(usize::try_from(files).unwrap_or(usize::MAX), database, clients);
    if room < clients {
        tracing::warn!(
            files,
            max_clients = clients,
            max_connections = database,
            room,
            "the limit of open files (ulimit -n) leaves no room for max_clients connections: fewer are taken"
        );
    }
    room
}

#[cfg(not(unix))]
pub fn allow_beside(_: usize, clients: usize) -> usize {
    clients
}

/// However few files there are, some callers get in.
fn room(files: usize, database: usize, clients: usize) -> usize {
    let files = files.saturating_sub(database);
    files.saturating_sub(RESERVED).max(files / 2).clamp(1, clients.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_what_the_files_leave() {
        assert_eq!(room(10_000, 10, 1_024), 1_024);
        assert_eq!(room(1_024, 0, 1_024), 896);
        assert_eq!(room(1_024, 100, 1_024), 796);
        assert_eq!(room(64, 0, 1_024), 32);
        assert_eq!(room(64, 100, 1_024), 1);
        assert_eq!(room(0, 0, 1_024), 1);
    }
}
