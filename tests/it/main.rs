#![cfg(test)]
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

mod corpus;
mod ledger;
mod postgres;
mod server;
mod store;
mod targets;
mod yaml;
