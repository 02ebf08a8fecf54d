//! Answers as text for people.

pub(super) mod amount;
pub(super) mod audit;
pub(super) mod catalog;
pub(super) mod changes;
pub(super) mod customers;
pub(super) mod decision;
pub(super) mod differences;
pub(super) mod effects;
pub(super) mod entries;
pub(super) mod hours;
pub(super) mod list;
pub(super) mod money;
pub(super) mod order_change;
pub(super) mod orders;
pub(super) mod problem;
pub(super) mod reason;
pub(super) mod reservations;
pub(super) mod server;
pub(super) mod service;
pub(super) mod status;
pub(super) mod target;
pub(super) mod terms;
pub(super) mod versions;
pub(super) mod words;
