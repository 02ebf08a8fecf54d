//! Answers as text for people.

pub mod amount;
pub mod catalog;
pub mod changes;
pub mod decision;
pub mod hours;
pub mod list;
pub mod reason;
pub mod status;
pub mod target;
pub mod terms;
pub mod words;
