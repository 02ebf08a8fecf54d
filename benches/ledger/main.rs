//! What a durable write of the ledger costs over gRPC, as ratios to what the database itself can
//! do, each measured in the same run on the same machine. `make bench`, or
//! `cargo bench --bench ledger [-- PART…]` with the parts `postgres`, `hot`, `sqlite`, `size`.

// Benches say what they expect and stop there, as tests do.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench that does not find its case has nothing to measure"
)]

mod load;
mod one_by_one;
mod parts;
mod pgbench;
mod report;
mod testbed;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Each asks again as soon as it is answered.
const CALLERS: usize = 64;
const CUSTOMERS: usize = 1_000;

const PARTS: [&str; 4] = ["postgres", "hot", "sqlite", "size"];

#[tokio::main]
async fn main() {
    let _telemetry = entitled::telemetry::init(&entitled::config::Config::default().log);
    // Cargo hands its own `--bench` on.
    let parts: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let Some(unknown) = parts.iter().find(|part| !PARTS.contains(&part.as_str())) {
        panic!("no part `{unknown}`: {}", PARTS.join(", "));
    }
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|it| it == part);
    if wanted("postgres") {
        parts::many_customers().await;
    }
    if wanted("hot") {
        parts::one_block().await;
    }
    if wanted("sqlite") {
        parts::sqlite().await;
    }
    if wanted("size") {
        parts::size().await;
    }
}
