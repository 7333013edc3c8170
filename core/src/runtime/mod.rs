//! The foundation of the engine: its clock, its thread, and values of which each process has its own. Knows nothing of
//! tokens.
//!
//! * `clock`: [`Clock`] and [`Instant`], whose time includes the time that the machine sleeps;
//! * `virtual_clock`: `VirtualClock`, which tests move by hand (feature `virtual-time`);
//! * `thread`: the one thread on which everything asynchronous runs;
//! * `per_process`: [`PerProcess`], a value that is made again in a child of `fork`;
//! * `os`: the calls of the C library that have no safe wrapper: fork handlers and signal masks.

mod clock;
mod os;
mod per_process;
mod thread;
#[cfg(feature = "virtual-time")]
mod virtual_clock;

pub use self::clock::{Clock, Instant};
pub use self::per_process::PerProcess;
pub(crate) use self::thread::{EngineThread, is_engine_thread};
#[cfg(feature = "virtual-time")]
pub use self::virtual_clock::VirtualClock;
