use tokio::sync::oneshot;

use super::super::super::write::{Operation, Write};
use super::*;
use crate::service::Deadline;

const MILLI: Duration = Duration::from_millis(1);

fn job(customer_id: &str, deadline: Deadline) -> Job {
    let write = Write { customer_id: customer_id.to_owned(), operation: Operation::Expire };
    Job::new(write, deadline, oneshot::channel().0)
}

fn within(limit: Duration) -> Deadline {
    Deadline::at(Instant::now() + limit)
}

/// A state in which so many writes of each customer wait.
fn waiting(customers: &[(&str, usize)]) -> State {
    let mut state = State::default();
    for (customer_id, count) in customers {
        for _ in 0..*count {
            state.admit(job(customer_id, Deadline::default())).unwrap();
        }
    }
    state
}

/// How many writes of each customer were taken, in the order of the batch.
fn counts(jobs: &[Job]) -> Vec<(&str, usize)> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for job in jobs {
        match counts.last_mut() {
            Some((customer_id, count)) if *customer_id == job.write.customer_id => *count += 1,
            _ => counts.push((&job.write.customer_id, 1)),
        }
    }
    counts
}

#[test]
fn a_customer_that_floods_leaves_room_in_the_batch_for_all_others() {
    let mut state = waiting(&[("hog", 1_000), ("a", 1), ("b", 2)]);
    let (jobs, refused) = state.take();
    assert_eq!(counts(&jobs), [("hog", 85), ("a", 1), ("b", 2), ("hog", 168)]);
    assert!(refused.is_empty() && state.count == 747);
}

#[test]
fn a_customer_is_in_one_batch_at_a_time_and_keeps_its_turn() {
    let mut state = waiting(&[("a", 300), ("b", 1)]);
    assert_eq!(counts(&state.take().0), [("a", 128), ("b", 1), ("a", 127)]);
    assert!(state.ready.is_empty(), "both are busy");
    state.admit(job("c", Deadline::default())).unwrap();
    assert_eq!(counts(&state.take().0), [("c", 1)]);
    state.end(&HashSet::from(["a".to_owned(), "b".to_owned()]), 256, 2, false);
    assert_eq!(state.ready, ["a"]);
    assert_eq!(counts(&state.take().0), [("a", 45)]);
    assert_eq!((state.count, state.under_way, state.batches), (0, 46, 2));
}

#[test]
fn who_cannot_be_answered_in_time_is_sent_away_at_once() {
    let mut state = waiting(&[("a", 1)]);
    state.throughput.record(MILLI * 100, MAX_BATCH);
    assert!(matches!(state.admit(job("b", within(MILLI * 50))), Err(Error::Overloaded)));
    state.admit(job("b", within(MILLI * 5_000))).unwrap();
    state.admit(job("c", Deadline::default())).unwrap();
    // Alone, it is tried: how else would anybody see that it goes quicker again?
    let mut alone = State::default();
    alone.throughput.record(MILLI * 100, MAX_BATCH);
    alone.admit(job("b", within(MILLI * 50))).unwrap();
    assert_eq!(counts(&alone.take().0), [("b", 1)]);
}

#[test]
fn who_cannot_be_answered_in_time_any_more_takes_no_place_in_a_batch() {
    let mut state = State::default();
    state.admit(job("a", within(MILLI * 50))).unwrap();
    state.admit(job("b", within(MILLI * 5_000))).unwrap();
    state.throughput.record(MILLI * 100, MAX_BATCH);
    let (jobs, refused) = state.take();
    assert_eq!((counts(&jobs), counts(&refused)), (vec![("b", 1)], vec![("a", 1)]));
    assert_eq!((state.count, state.under_way), (0, 1));
    let deadline = refused[0].deadline.clone();
    refused.into_iter().for_each(Job::refuse);
    assert!(deadline.is_given_up(), "nothing will be written");
}

#[test]
fn callers_in_a_hurry_get_smaller_batches() {
    let mut state = State::default();
    state.throughput.record(MILLI * 100, 200);
    assert_eq!(state.batch_size(), MAX_BATCH);
    state.admit(job("a", within(MILLI * 300))).unwrap();
    let size = state.batch_size();
    assert!((150..=200).contains(&size), "{size}: a third of the time, at half a millisecond each");
    // Who is in no hurry gets large ones again.
    let mut state = waiting(&[("a", 256)]);
    state.throughput.record(MILLI * 100, 200);
    assert_eq!(state.take().0.len(), MAX_BATCH);
}

#[test]
fn of_the_hopeless_no_more_are_tried_than_a_batch_carries() {
    let mut state = State::default();
    for _ in 0..600 {
        state.admit(job("a", within(MILLI * 500))).unwrap();
    }
    state.throughput.record(MILLI * 1_000, MAX_BATCH);
    let (jobs, refused) = state.take();
    assert!(jobs.len() <= MAX_BATCH && jobs.len() + refused.len() == 600, "{} and {}", jobs.len(), refused.len());
}

#[test]
fn in_overload_the_newest_come_first_beside_one_of_the_oldest() {
    let mut state = waiting(&[("old", 300), ("older", 1), ("new", 1), ("newest", 1)]);
    state.throughput.record(MILLI * 200, MAX_BATCH);
    let (jobs, _) = state.take();
    let order: Vec<_> = counts(&jobs).into_iter().map(|(customer_id, _)| customer_id).collect();
    assert_eq!(order, ["old", "newest", "new", "older", "old"]);
}

#[test]
fn who_gave_up_makes_room_for_those_who_did_not() {
    let late = Deadline::at(Instant::now());
    let mut state = State::default();
    for _ in 0..CUSTOMER_CAPACITY {
        state.admit(job("a", late.clone())).unwrap();
    }
    state.swept = Instant::now() - SWEEP;
    state.admit(job("a", Deadline::default())).unwrap();
    assert_eq!((state.count, counts(&state.take().0)), (1, vec![("a", 1)]));
}

#[test]
fn a_full_queue_and_a_full_share_send_the_next_away() {
    let mut state = waiting(&[("a", CUSTOMER_CAPACITY), ("b", CUSTOMER_CAPACITY)]);
    for customer_id in ["a", "c"] {
        assert!(matches!(state.admit(job(customer_id, Deadline::default())), Err(Error::Overloaded)), "{customer_id}");
    }
}

#[test]
fn who_waits_for_a_lock_outside_the_workers_keeps_nobody_else_out() {
    let mut state = waiting(&[("locked", 1)]);
    state.throughput.record(MILLI * 100, 1);
    let writes = state.take().0.len();
    state.move_aside(writes);
    state.end(&HashSet::new(), 0, 1, false);
    assert_eq!(state.until_answer(), Duration::ZERO, "the worker has nothing to do");
    state.admit(job("b", within(MILLI * 50))).unwrap();
    assert_eq!(counts(&state.take().0), [("b", 1)]);
    assert_eq!((state.under_way, state.batches), (1, 1));
    state.end(&HashSet::from(["locked".to_owned()]), writes, 1, true);
    assert_eq!((state.under_way, state.batches), (1, 1));
}

#[test]
fn writes_that_are_given_back_come_before_later_ones_of_their_customer() {
    let mut state = waiting(&[("a", 2), ("b", 1)]);
    let (jobs, _) = state.take();
    assert_eq!(counts(&jobs), [("a", 2), ("b", 1)]);
    let begun = Deadline::at(Instant::now() + MILLI * 5);
    assert!(begun.begin());
    state.admit(job("a", Deadline::default())).unwrap();
    let write = |customer_id: &str| Write { customer_id: customer_id.to_owned(), operation: Operation::Expire };
    state.give_back(vec![Job::begun(write("a"), begun.clone(), oneshot::channel().0)]);
    state.end(&HashSet::from(["a".to_owned(), "b".to_owned()]), 3, 1, false);
    state.throughput.record(MILLI * 10_000, 1);
    let (jobs, refused) = state.take();
    assert!(refused.is_empty() && jobs.len() == 2, "a write that was begun is carried out whatever its deadline says");
    assert!(jobs[0].deadline.is_begun() && !jobs[1].deadline.is_begun());
    assert_eq!(state.count, 0);
}
