#![cfg(test)]

mod corpus;
mod languages;
mod notes;
mod postgres;
mod server;
mod store;
mod targets;
mod yaml;
