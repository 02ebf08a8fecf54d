//! What decides and what counts: pure functions over plain data, with `now` as an argument.
//!
//! - [`model`]: what a customer has — locations, work orders, items, waivers.
//! - [`catalog`]: the service description as data — services, clauses, products, texts.
//! - [`terms`]: facts of a contract, worked out once: terms, windows, bases.
//! - [`engine`]: decides whether a customer is entitled.
//! - [`purchase`]: judges a contract as it is written.
//! - [`contract`]: what a write makes of a contract.
//! - [`ledger`]: keeps what was bought and what was used of it.
//! - [`funding`]: tells the ledger which blocks the engine lets a delivery be taken from.
//! - [`preview`]: what a change of a contract would do.
//!
//! Beneath them all: [`violation`], [`noun`] and [`suggest`], which say what is wrong, and [`legible`], which makes text
//! from outside fit to be shown. This crate has no async, no wire, no database, no log and no clock; its `Cargo.toml`
//! keeps it so.

#![cfg_attr(
    test,
    allow(clippy::arithmetic_side_effects, clippy::float_arithmetic, reason = "a test that overflows fails")
)]

pub mod catalog;
pub mod contract;
pub mod engine;
mod error;
pub mod funding;
pub mod ledger;
pub mod legible;
pub mod model;
pub mod noun;
pub mod preview;
pub mod purchase;
pub mod suggest;
pub mod terms;
pub mod violation;

pub use error::{Error, Result};
