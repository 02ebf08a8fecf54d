//! `cargo run --example load-frame -- tests/load/check.json > check.frame`: one message of a load configuration as gRPC
//! sends it, for h2load. tests/load/README.md has the command.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a tool of the tests"
)]

#[path = "../tests/it/load/template.rs"]
mod template;

use std::io::Write as _;
use std::path::Path;

use self::template::Load;

fn main() -> std::io::Result<()> {
    let file = std::env::args().nth(1).expect("usage: load-frame FILE, such as tests/load/check.json");
    let load = Load::read(Path::new(&file));
    eprintln!("to be sent to {}", load.path());
    let message = load.message(0);
    // Not compressed, and how long it is.
    let mut frame = vec![0];
    frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend(message);
    std::io::stdout().lock().write_all(&frame)
}
