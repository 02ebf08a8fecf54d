use tokio::sync::watch;

use super::*;
use crate::config::ServerSettings;

fn limits() -> Arc<Limits> {
    Limits::new(&ServerSettings { max_calls: 2, max_unsent: 8, ..ServerSettings::default() }, watch::channel(false).1)
}

fn connection() -> Arc<Connection> {
    Connection::new(limits())
}

fn after(connection: &Connection, seconds: u64) -> ConnectionVerdict {
    connection.verdict_at(connection.begun + seconds * 1_000)
}

fn closes(connection: &Connection, seconds: u64) -> bool {
    matches!(after(connection, seconds), ConnectionVerdict::Close(_))
}

#[test]
fn a_client_has_to_begin_to_end_what_it_began_and_to_read() {
    let connection = connection();
    assert!(!closes(&connection, 5) && closes(&connection, 6));
    connection.preface_received();
    assert!(!closes(&connection, 6));
    for note in [Connection::frame_since, Connection::blocked_since] {
        note(&connection, connection.begun);
        assert!(!closes(&connection, 10) && closes(&connection, 11));
        note(&connection, 0);
        assert!(!closes(&connection, 11));
    }
}

#[test]
fn an_answer_has_to_be_taken_within_fifteen_seconds() {
    let connection = connection();
    connection.preface_received();
    let answer = connection.track_unsent(Bytes::from_static(b"answer"), CallKind::Read).unwrap();
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
    connection.preface_received();
    let call = CallPermit::take(&connection, CallKind::Read).unwrap();
    assert_eq!(after(&connection, 1_000), ConnectionVerdict::Keep);
    drop(call);
    assert_eq!(after(&connection, 299), ConnectionVerdict::Keep);
    assert_eq!(after(&connection, 302), ConnectionVerdict::Retire);
    connection.limits.is_crowded.store(true, Ordering::Relaxed);
    assert_eq!(after(&connection, 12), ConnectionVerdict::Retire);
}

#[test]
fn answers_and_requests_are_bounded_and_given_back() {
    let connection = connection();
    let large = Bytes::from(vec![0; (1 << 20) + 1]);
    let only = connection.track_unsent(large.clone(), CallKind::Read).unwrap();
    assert!(connection.is_full());
    assert!(connection.track_unsent(Bytes::from_static(b"x"), CallKind::Read).is_none());
    assert!(
        CallPermit::take(&connection, CallKind::Read).is_none()
            && CallPermit::take(&connection, CallKind::Stream).is_none()
    );
    assert!(CallPermit::take(&connection, CallKind::Probe).is_some());
    assert!(connection.track_unsent(Bytes::from_static(b"x"), CallKind::Probe).is_some());
    assert!(!connection.is_at_rest());
    drop(only);
    assert!(!connection.is_full());

    let request_bytes = RequestBytes::new(&connection);
    assert!(request_bytes.grow(REQUESTS) && !request_bytes.grow(1));
    drop(request_bytes);
    assert!(RequestBytes::new(&connection).grow(1));
    assert_eq!((connection.limits.answers.used(), connection.limits.requests.used()), (0, 0));
}

#[test]
fn all_connections_together_have_so_many_calls() {
    let (one, two) = (connection(), Connection::new(limits()));
    let same = Connection::new(Arc::clone(&one.limits));
    let calls = [CallPermit::take(&one, CallKind::Read), CallPermit::take(&same, CallKind::Write)];
    assert!(calls.iter().all(Option::is_some));
    assert!(CallPermit::take(&same, CallKind::Read).is_none() && CallPermit::take(&two, CallKind::Read).is_some());
    drop(calls);
    assert!(CallPermit::take(&same, CallKind::Read).is_some());
}

#[test]
fn connections_that_hold_many_calls_leave_room_for_the_others() {
    let settings = ServerSettings { max_calls: 8, ..ServerSettings::default() };
    let limits = Limits::new(&settings, watch::channel(false).1);
    let take = |connection: &Arc<Connection>| CallPermit::take(connection, CallKind::Read);
    let calls_of = |connection: &Arc<Connection>| std::iter::from_fn(|| take(connection)).collect::<Vec<_>>();
    let [first, second, third] = [(); 3].map(|()| Connection::new(Arc::clone(&limits)));
    let held = calls_of(&first);
    assert_eq!(held.len(), 4, "half of all: nobody else has calls");
    assert_eq!(calls_of(&second).len(), 2, "a third of all: one more may come");
    let others = (calls_of(&second), take(&third).unwrap());
    assert_eq!(limits.busy_connections.load(Ordering::Relaxed), 3);
    assert!(take(&first).is_none() && take(&second).is_none() && take(&third).is_some());
    drop((held, others));
    assert_eq!(limits.busy_connections.load(Ordering::Relaxed), 0);
}

#[test]
fn streams_of_health_take_no_share_of_the_calls() {
    let limits = Limits::new(&ServerSettings { max_calls: 1, ..ServerSettings::default() }, watch::channel(false).1);
    let connection = Connection::new(limits);
    let _watch = CallPermit::take(&connection, CallKind::Stream).unwrap();
    let call = CallPermit::take(&connection, CallKind::Read).unwrap();
    assert!(CallPermit::take(&connection, CallKind::Read).is_none());
    drop(call);
    assert!(CallPermit::take(&connection, CallKind::Write).is_some());
}
