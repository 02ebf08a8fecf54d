//! Answers as text for people.

pub(super) mod amount;
pub(super) mod audit;
pub(super) mod catalog;
pub(super) mod changes;
pub(super) mod decision;
pub(super) mod hours;
pub(super) mod list;
pub(super) mod reason;
pub(super) mod server;
pub(super) mod service;
pub(super) mod status;
pub(super) mod target;
pub(super) mod terms;
pub(super) mod words;
