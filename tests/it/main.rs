#![cfg(test)]

mod corpus;
mod postgres;
mod server;
mod store;
mod targets;
mod yaml;
