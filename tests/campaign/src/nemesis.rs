//! What is done to the server, its database and its log, drawn from a seed: the same seed gives the same list.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use clap::ValueEnum;

/// The databases everything is tried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// One kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ValueEnum)]
pub(crate) enum Fault {
    /// The server is killed (SIGKILL), and started again at the end.
    Kill,
    /// The server stands still (SIGSTOP, SIGCONT).
    Freeze,
    /// SQLite: no file may grow any more, or be written at all (RLIMIT_FSIZE).
    FileLimit,
    /// SQLite: the disk is full (a small tmpfs).
    DiskFull,
    /// SQLite: the disk answers EIO (injected by strace).
    Eio,
    /// PostgreSQL is stopped, its sessions are ended.
    PgFast,
    /// PostgreSQL is stopped at once and recovers at its start.
    PgImmediate,
    /// PostgreSQL and all its sessions are killed.
    PgKill,
    /// PostgreSQL stands still.
    PgHang,
    /// PostgreSQL takes no writes.
    PgReadOnly,
    /// Connections to PostgreSQL break before a COMMIT gets there.
    CutBefore,
    /// Connections to PostgreSQL break after a COMMIT got there, before its answer.
    CutAfter,
    /// Connections to PostgreSQL are open, and nothing passes.
    LinkSilent,
    /// The log's disk is full (a small tmpfs).
    LogFull,
    /// Nobody reads the log any more, its pipe is closed.
    LogGone,
    /// Nobody reads the log, its pipe is open.
    LogStalled,
    /// Clients that ask for big batches and do not read the answers.
    Unread,
    /// Clients that send half of a message, of their headers, or nothing.
    HalfSent,
    /// Several times more callers than can be answered, with deadlines of 50 ms.
    Overload,
    /// Most calls have deadlines of 1 to 20 ms or are given up after that.
    Hasty,
}

/// Where a fault acts: a pair is drawn from two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Process,
    Store,
    Log,
    Clients,
}

impl Fault {
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    fn place(self) -> Place {
        match self {
            Self::Kill | Self::Freeze => Place::Process,
            Self::LogFull | Self::LogGone | Self::LogStalled => Place::Log,
            Self::Unread | Self::HalfSent | Self::Overload | Self::Hasty => Place::Clients,
            _ => Place::Store,
        }
    }

    pub(crate) fn is_of(self, database: Database) -> bool {
        match self {
            Self::FileLimit | Self::DiskFull | Self::Eio => database == Database::Sqlite,
            Self::PgFast
            | Self::PgImmediate
            | Self::PgKill
            | Self::PgHang
            | Self::PgReadOnly
            | Self::CutBefore
            | Self::CutAfter
            | Self::LinkSilent => database == Database::Postgres,
            _ => true,
        }
    }

    /// Whether the server cannot say anything meanwhile.
    pub(crate) fn silences(self) -> bool {
        self.place() == Place::Process
    }

    pub(crate) fn is_of_log(self) -> bool {
        self.place() == Place::Log
    }
}

/// What is done in one round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Injury {
    pub faults: Vec<Fault>,
    /// For so long.
    pub hold: Duration,
    /// After so many acknowledged writes.
    pub after: usize,
    /// A detail of the fault's own choice, such as which COMMIT is cut.
    pub detail: u64,
}

impl Injury {
    pub(crate) fn name(&self) -> String {
        self.faults.iter().map(|fault| fault.name()).collect::<Vec<_>>().join("+")
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.faults.contains(&fault)
    }
}

/// Draws injuries without an end: first every kind by itself, then pairs as well.
#[derive(Debug)]
pub(crate) struct Nemesis {
    random: fastrand::Rng,
    faults: Vec<Fault>,
    singles: VecDeque<Fault>,
    /// How often all kinds were shuffled.
    decks: u32,
}

impl Nemesis {
    pub(crate) fn new(seed: u64, database: Database, faults: &[Fault]) -> Self {
        let faults: Vec<Fault> = faults.iter().copied().filter(|fault| fault.is_of(database)).collect();
        Self { random: fastrand::Rng::with_seed(seed), faults, singles: VecDeque::new(), decks: 0 }
    }

    fn single(&mut self) -> Option<Fault> {
        if self.singles.is_empty() {
            let mut deck = self.faults.clone();
            self.random.shuffle(&mut deck);
            self.decks = self.decks.saturating_add(1);
            self.singles = deck.into();
        }
        self.singles.pop_front()
    }

    /// One that acts in another place.
    fn beside(&mut self, fault: Fault) -> Option<Fault> {
        let others: Vec<Fault> = self.faults.iter().copied().filter(|other| other.place() != fault.place()).collect();
        self.random.choice(others)
    }
}

impl Iterator for Nemesis {
    type Item = Injury;

    fn next(&mut self) -> Option<Injury> {
        let first = self.single()?;
        let is_pair = self.decks > 1 && self.random.u8(0..3) == 0;
        let second = if is_pair { self.beside(first) } else { None };
        // Some outages last longer than health may take to tell.
        let millis = if self.random.u8(0..6) == 0 { 12_000 } else { self.random.u64(300..3_500) };
        Some(Injury {
            faults: std::iter::once(first).chain(second).collect(),
            hold: Duration::from_millis(millis),
            after: self.random.usize(20..200),
            detail: self.random.u64(..),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn drawn(seed: u64, database: Database) -> Vec<Injury> {
        Nemesis::new(seed, database, Fault::value_variants()).take(100).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_list() {
        assert_eq!(drawn(7, Database::Postgres), drawn(7, Database::Postgres));
        assert_ne!(drawn(7, Database::Postgres), drawn(8, Database::Postgres));
    }

    #[test]
    fn every_kind_comes_once_before_any_comes_again() {
        for database in [Database::Sqlite, Database::Postgres] {
            let all = Fault::value_variants().iter().filter(|fault| fault.is_of(database)).count();
            let first: Vec<_> = drawn(3, database).into_iter().take(all).map(|injury| injury.faults).collect();
            assert!(first.iter().all(|faults| faults.len() == 1));
            assert_eq!(first.into_iter().flatten().collect::<BTreeSet<_>>().len(), all);
        }
    }

    #[test]
    fn pairs_act_in_two_places_of_one_database() {
        let pairs: Vec<_> = drawn(5, Database::Sqlite).into_iter().filter(|injury| injury.faults.len() == 2).collect();
        assert!(!pairs.is_empty());
        for pair in pairs {
            assert_ne!(pair.faults[0].place(), pair.faults[1].place());
            assert!(pair.faults.iter().all(|fault| fault.is_of(Database::Sqlite)), "{pair:?}");
        }
    }
}
