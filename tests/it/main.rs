#![cfg(test)]

mod postgres;
mod store;
