pub mod catalog;
pub mod error;
pub mod model;
pub mod purchase;
