//! Is this customer, at this support location, for this product, entitled to this service
//! now — by which clause, until when, and if not, what would change that?
//!
//! The tour, from the inside out:
//!
//! - [`model`]: what a customer has — locations, work orders, items, waivers. Plain data.
//! - [`catalog`]: the service description as data — services, clauses, products, texts.
//! - [`engine`]: decides. Pure functions over the two above, with `now` as an argument.
//! - [`ledger`]: keeps what was bought and what was used of it; arithmetic alone, pure too.
//! - [`purchase`]: judges a contract as it is written; pure as well.
//! - [`contract`]: what a write makes of a contract; pure.
//! - [`store`]: SQLite and PostgreSQL behind one struct, one door for transactions.
//! - [`cache`]: the contracts asked about lately, ready for deciding.
//! - [`service`]: the use cases; time and ids are made there, once per request.
//! - [`grpc`]: the wire — conversions, and the one place where an error becomes a status.
//! - [`server`]: puts the house together, and takes it apart in bounded time.
//! - [`cli`]: the command line, a client of the API but for `serve` and `migrate`.
//!
//! Dependencies point one way: `grpc → service → {engine, purchase, contract, ledger,
//! cache → store} → {catalog, model}`, with [`error`], [`suggest`], [`input`] and [`legible`] below all. `docs/ARCHITECTURE.md` says why.

#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::float_arithmetic, reason = "a test that overflows fails")
)]

pub mod cache;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod contract;
pub mod engine;
pub mod error;
pub mod grpc;
pub mod input;
pub mod ledger;
pub mod legible;
pub mod model;
pub mod mutant;
pub mod proto;
pub mod purchase;
pub mod server;
pub mod service;
pub mod store;
pub mod suggest;
pub mod telemetry;
