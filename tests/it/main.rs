#![cfg(test)]
#![allow(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

mod architecture;
mod auth;
mod bad_input;
mod catalog;
mod certificates;
mod command_line;
mod contracts;
mod corpus;
mod database;
mod demo_data;
mod edge;
mod editions;
mod entitlements;
mod fuzz;
mod hostile_files;
mod image;
mod languages;
mod ledger;
mod load;
mod notes;
mod postgres;
mod process;
mod raw;
mod restore;
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
