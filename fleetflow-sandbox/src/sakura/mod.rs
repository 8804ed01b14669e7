//! The emulated SAKURA Cloud API 1.1: servers, disks, networks, keys and scripts in several zones. No machine runs behind it.

mod about;
mod address;
mod answer;
mod archive;
mod call;
mod catalog;
mod control;
mod disk;
mod fields;
mod find;
mod gate;
mod interface;
mod inventory;
mod job;
mod machine;
mod monitor;
mod note;
mod packet_filter;
mod refusal;
mod route;
mod rows;
mod server;
mod ssh_key;
mod switch;
mod time;

pub(crate) use control::control_router;
pub(crate) use gate::router;
pub(crate) use machine::{Machine, engine_key, engine_name, machine};
pub(crate) use refusal::error_body;
pub(crate) use rows::Rows;
