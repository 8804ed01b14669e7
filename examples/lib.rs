//! Stacks written with the typed builders, and the emulated clouds to try them on. The programs beside it run them.

#[path = "creo-memories/stack.rs"]
pub mod creo_memories;
#[cfg(doctest)]
mod documents;
pub mod emulated;
#[path = "scaled-shop/stack.rs"]
pub mod scaled_shop;
#[path = "stack-m/stack.rs"]
pub mod stack_m;
