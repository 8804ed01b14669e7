//! The allocator of the program, and what it does with memory that is free again.

use libmimalloc_sys::mi_option_set;
use mimalloc::MiMalloc;

/// A third of what a plan costs is many small allocations, which this one makes faster than the system's.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

// Their numbers in `mi_option_t`, the same in both of its major versions (mimalloc.h).
const ARENA_EAGER_COMMIT: i32 = 4;
const PURGE_DELAY: i32 = 15;

/// Gives back early: what a load needs only for itself is not kept beside what a plan needs, a fifth of its peak.
///
/// It runs before `main`, as the first allocation fixes the first of both.
#[ctor::ctor(unsafe)]
fn give_back_early() {
    // SAFETY: it stores two numbers, allocates nothing, and no other thread is there yet.
    unsafe {
        mi_option_set(ARENA_EAGER_COMMIT, 0);
        mi_option_set(PURGE_DELAY, 1);
    }
}
