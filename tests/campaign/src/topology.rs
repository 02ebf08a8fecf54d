//! What a round is played on: a server in a process of its own, and its database.

mod command;
mod log;
mod postgres;
mod proxy;
mod server;
mod tmpfs;

pub use command::{run, signal};
pub use log::Log;
pub use postgres::Cluster;
pub use proxy::{Link, Proxy};
pub use server::Server;
pub use tmpfs::Tmpfs;
