//! What a client may not do: hold memory, connections or the end of the server by keeping it waiting.

mod age;
mod compression;
mod floods;
mod frames;
mod http;
mod limits;
mod logs;
mod open_files;
mod start;
mod stop;
mod web;
