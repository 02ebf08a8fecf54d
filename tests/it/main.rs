#![cfg(test)]

mod postgres;
