//! Requests of mutated bytes: whatever is sent, the answer is one the API knows, and the server
//! goes on.

#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

mod mutation;
mod seeds;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use entitled::proto::v1;
use futures_util::StreamExt as _;
use tonic::Code;

pub(crate) use self::mutation::Random;
use self::mutation::mutated;
use self::seeds::seeds;
use crate::raw;
use crate::sample::{Refusal, check, stored};
use crate::server::{Backend, TestServer};

const IN_FLIGHT: usize = 64;
/// The name of every thread of the server under test: other tests may panic as they like.
const THREADS: &str = "fuzzed";
const SEED: u64 = 0x5eed_ba11;
/// Stands in every write; its last digits are drawn anew, so that writes do not stop at their id.
const REQUEST_ID: &str = "00000000-0000-7000-8000-000000000000";
static PANICS: AtomicUsize = AtomicUsize::new(0);

#[test]
fn mutated_requests_are_answered_in_the_words_of_the_api() {
    survive(10_000);
}

#[test]
#[ignore = "takes minutes: `make test-fuzz`"]
fn many_more_mutated_requests_are_answered_too() {
    survive(100_000);
}

fn survive(requests: usize) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() == Some(THREADS) {
            PANICS.fetch_add(1, Ordering::SeqCst);
        }
        before(panic);
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_name(THREADS).enable_all().build().unwrap();
    let codes = runtime.block_on(run(requests));
    assert_eq!(PANICS.load(Ordering::SeqCst), 0, "the server panicked");
    assert_eq!(codes.values().sum::<usize>(), requests);
    // The mutations reach all the way in, and not only the doorstep.
    let leasts = [
        (Code::Ok, requests / 10),
        (Code::InvalidArgument, requests / 10),
        (Code::NotFound, requests / 100),
        (Code::FailedPrecondition, requests / 2_000),
        (Code::AlreadyExists, requests / 2_000),
    ];
    for (code, least) in leasts {
        let count = codes.get(&format!("{code:?}")).copied().unwrap_or_default();
        assert!(count >= least, "{code:?}: {codes:?}");
    }
}

async fn run(count: usize) -> BTreeMap<String, usize> {
    let server = TestServer::start(Backend::Sqlite).await;
    let revision = stored(&server, "contoso").await;
    let seeds = seeds(&server, &revision).await;
    let mut random = Random(SEED);
    let requests = (0..count).map(|_| {
        let (path, message) = &seeds[pick(&mut random, &seeds)];
        (*path, mutated(&mut random, message))
    });
    let calls = futures_util::stream::iter(requests).map(|(path, message)| {
        let channel = server.channel.clone();
        // On the runtime's threads, so that both cores are busy.
        tokio::spawn(async move { (path, message.clone(), raw::call(channel, path, message).await) })
    });
    let mut calls = calls.buffer_unordered(IN_FLIGHT);
    let mut codes = BTreeMap::new();
    while let Some(call) = calls.next().await {
        let (path, message, answer) = call.unwrap();
        let code = match answer {
            Ok(_) => Code::Ok,
            Err(status) => {
                assert!(is_allowed(status.code()), "{path} with {message:02x?}: {status:?}");
                Refusal::of(&status).code
            }
        };
        *codes.entry(format!("{code:?}")).or_default() += 1;
    }
    drop(calls);
    let answer = server.entitlements().check_entitlement(check("contoso")).await.unwrap().into_inner();
    assert_eq!(answer.decision(), v1::Decision::Entitled);
    server.stop().await;
    codes
}

fn is_allowed(code: Code) -> bool {
    matches!(
        code,
        Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::NotFound
            | Code::AlreadyExists
            | Code::Aborted
            | Code::ResourceExhausted
            | Code::Unavailable
    )
}

/// Most requests are reads: a write of SQLite waits for its disk.
fn pick(random: &mut Random, seeds: &[(&'static str, Vec<u8>)]) -> usize {
    let is_write = random.below(20) == 0;
    loop {
        let row = random.below(seeds.len());
        let path = seeds[row].0;
        if is_write == (path.contains("/Create") || path.contains("/Update") || path.contains("/Apply")) {
            return row;
        }
    }
}
