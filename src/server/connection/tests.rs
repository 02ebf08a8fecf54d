use tokio::sync::watch;

use super::*;
use crate::config::ServerSettings;

fn edge() -> Arc<Edge> {
    Edge::new(&ServerSettings { max_calls: 2, max_unsent: 8, ..ServerSettings::default() }, watch::channel(false).1)
}

fn connection() -> Arc<Connection> {
    Connection::new(edge())
}

fn after(connection: &Connection, seconds: u64) -> Verdict {
    connection.verdict_at(connection.begun + seconds * 1_000)
}

fn closes(connection: &Connection, seconds: u64) -> bool {
    matches!(after(connection, seconds), Verdict::Closes(_))
}

#[test]
fn a_client_has_to_begin_to_end_what_it_began_and_to_read() {
    let connection = connection();
    assert!(!closes(&connection, 5) && closes(&connection, 6));
    connection.greeted();
    assert!(!closes(&connection, 6));
    for note in [Connection::within_since, Connection::blocked_since] {
        note(&connection, connection.begun);
        assert!(!closes(&connection, 10) && closes(&connection, 11));
        note(&connection, 0);
        assert!(!closes(&connection, 11));
    }
}

#[test]
fn an_answer_has_to_be_taken_within_fifteen_seconds() {
    let connection = connection();
    connection.greeted();
    let answer = connection.hold(Bytes::from_static(b"answer"), Kind::Read).unwrap();
    let rest = answer.slice(3..);
    drop(answer);
    assert!((0..=10).all(|seconds| !closes(&connection, seconds)));
    assert!(closes(&connection, 15));
    drop(rest);
    assert!(!closes(&connection, 15));
}

#[test]
fn a_connection_without_calls_retires_sooner_in_a_crowd() {
    let connection = connection();
    connection.greeted();
    let call = Ticket::take(&connection, Kind::Read).unwrap();
    assert_eq!(after(&connection, 1_000), Verdict::Stays);
    drop(call);
    assert_eq!(after(&connection, 299), Verdict::Stays);
    assert_eq!(after(&connection, 302), Verdict::Retires);
    connection.edge.is_crowded.store(true, Ordering::Relaxed);
    assert_eq!(after(&connection, 12), Verdict::Retires);
}

#[test]
fn answers_and_requests_are_bounded_and_given_back() {
    let connection = connection();
    let large = Bytes::from(vec![0; (1 << 20) + 1]);
    let only = connection.hold(large.clone(), Kind::Read).unwrap();
    assert!(connection.is_full());
    assert!(connection.hold(Bytes::from_static(b"x"), Kind::Read).is_none());
    assert!(Ticket::take(&connection, Kind::Read).is_none() && Ticket::take(&connection, Kind::Stream).is_none());
    assert!(Ticket::take(&connection, Kind::Probe).is_some());
    assert!(connection.hold(Bytes::from_static(b"x"), Kind::Probe).is_some());
    assert!(!connection.is_at_rest());
    drop(only);
    assert!(!connection.is_full());

    let intake = Intake::new(&connection);
    assert!(intake.grow(REQUESTS) && !intake.grow(1));
    drop(intake);
    assert!(Intake::new(&connection).grow(1));
    assert_eq!((connection.edge.answers.used(), connection.edge.requests.used()), (0, 0));
}

#[test]
fn all_connections_together_have_so_many_calls() {
    let (one, two) = (connection(), Connection::new(edge()));
    let same = Connection::new(Arc::clone(&one.edge));
    let calls = [Ticket::take(&one, Kind::Read), Ticket::take(&same, Kind::Write)];
    assert!(calls.iter().all(Option::is_some));
    assert!(Ticket::take(&same, Kind::Read).is_none() && Ticket::take(&two, Kind::Read).is_some());
    drop(calls);
    assert!(Ticket::take(&same, Kind::Read).is_some());
}

#[test]
fn connections_that_hold_many_calls_leave_room_for_the_others() {
    let settings = ServerSettings { max_calls: 8, ..ServerSettings::default() };
    let edge = Edge::new(&settings, watch::channel(false).1);
    let take = |connection: &Arc<Connection>| Ticket::take(connection, Kind::Read);
    let calls_of = |connection: &Arc<Connection>| std::iter::from_fn(|| take(connection)).collect::<Vec<_>>();
    let [first, second, third] = [(); 3].map(|()| Connection::new(Arc::clone(&edge)));
    let held = calls_of(&first);
    assert_eq!(held.len(), 4, "half of all: nobody else has calls");
    assert_eq!(calls_of(&second).len(), 2, "a third of all: one more may come");
    let others = (calls_of(&second), take(&third).unwrap());
    assert_eq!(edge.busy_connections.load(Ordering::Relaxed), 3);
    assert!(take(&first).is_none() && take(&second).is_none() && take(&third).is_some());
    drop((held, others));
    assert_eq!(edge.busy_connections.load(Ordering::Relaxed), 0);
}

#[test]
fn streams_of_health_take_no_share_of_the_calls() {
    let edge = Edge::new(&ServerSettings { max_calls: 1, ..ServerSettings::default() }, watch::channel(false).1);
    let connection = Connection::new(edge);
    let _watch = Ticket::take(&connection, Kind::Stream).unwrap();
    let call = Ticket::take(&connection, Kind::Read).unwrap();
    assert!(Ticket::take(&connection, Kind::Read).is_none());
    drop(call);
    assert!(Ticket::take(&connection, Kind::Write).is_some());
}
