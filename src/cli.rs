//! The command line.

pub mod document;
mod reflect;
mod values;
