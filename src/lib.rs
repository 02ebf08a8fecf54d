pub mod catalog;
pub mod engine;
pub mod error;
pub mod model;
pub mod proto;
pub mod store;
