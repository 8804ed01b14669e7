//! The SSH endpoints of emulated servers, asked by an SSH library and by OpenSSH.

mod client;
mod life;
mod login;
