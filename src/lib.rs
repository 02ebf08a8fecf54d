//! Is this customer, at this support location, for this product, entitled to this service
//! now — by which clause, until when, and if not, what would change that?
//!
//! The tour, from the inside out:
//!
//! - [`entitled_core`]: decides and counts; pure functions over plain data. Its modules are named here as if they were of
//!   this crate: [`model`], [`catalog`], [`engine`], [`purchase`], [`contract`],
//!   [`ledger`], [`funding`], [`preview`], [`legible`], [`suggest`].
//! - [`store`]: SQLite and PostgreSQL behind one struct, one function for transactions.
//! - [`cache`]: the contracts of customers that were read lately, prepared for deciding.
//! - [`service`]: the use cases; time and ids are made there, once per request.
//! - [`auth`]: who calls, by their credentials.
//! - [`grpc`]: the wire — conversions, and the one place where an error becomes a status.
//! - [`server`]: starts the store, the services and the connections, and ends them in bounded time.
//! - [`written`]: what people write instead of a date or a zone.
//! - [`zoneinfo`]: the zone data of the system.
//! - [`cli`]: the command line, a client of the API but for `serve` and `migrate`.
//!
//! Dependencies point one way: `grpc → service → {cache → store} → core`, with [`error`] and [`input`] below them.
//! `docs/ARCHITECTURE.md` says why.

#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::float_arithmetic, reason = "a test that overflows fails")
)]

pub mod auth;
pub mod cache;
pub mod catalog_files;
pub mod cli;
pub mod config;
pub mod error;
pub mod grpc;
pub mod input;
pub mod mutant;
pub mod proto;
pub mod server;
pub mod service;
pub mod store;
pub mod telemetry;
pub mod written;
pub mod zoneinfo;

pub use entitled_core::{
    catalog, contract, engine, funding, ledger, legible, model, preview, purchase, suggest, terms,
};
