//! Behaviour of the sandbox as its clients see it, over real connections.

mod cloudflare;
mod frame;
mod sakura;
mod ssh;
