#![cfg(test)]
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

mod architecture;
mod auth;
mod bad_input;
mod catalog;
mod certificates;
mod contracts;
mod corpus;
mod database;
mod edge;
mod editions;
mod entitlements;
mod fuzz;
mod hostile_files;
mod languages;
mod ledger;
mod notes;
mod postgres;
mod process;
mod raw;
mod sample;
mod secrets;
mod server;
mod settings;
mod standard_services;
mod store;
mod targets;
mod telemetry;
mod tls;
mod wire;
mod yaml;
mod zones;
