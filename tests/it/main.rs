#![cfg(test)]

mod bad_input;
mod contracts;
mod corpus;
mod postgres;
mod raw;
mod sample;
mod server;
mod store;
mod yaml;
