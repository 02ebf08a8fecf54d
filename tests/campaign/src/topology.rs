//! What a round is played on: a server in a process of its own, and its database.

mod command;
mod log;
mod postgres;
mod proxy;
mod server;
mod tmpfs;

pub(crate) use command::{run, signal};
pub(crate) use log::Log;
pub(crate) use postgres::Cluster;
pub(crate) use proxy::{Link, Proxy};
pub(crate) use server::Server;
pub(crate) use tmpfs::Tmpfs;
