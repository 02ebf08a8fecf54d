#![cfg(test)]

mod corpus;
mod notes;
mod postgres;
mod server;
mod store;
mod targets;
mod yaml;
