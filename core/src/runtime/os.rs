//! Two services that only the C library offers: counting forks, and starting a thread with signals blocked.
#![allow(unsafe_code)]

use std::io;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// Counts the forks between the process that called [`watch_forks`] and this process. A child increments it before
/// `fork` returns.
static FORKS: AtomicU64 = AtomicU64::new(0);

/// Returns a number that differs between a process that watches forks and its children.
pub(super) fn forks() -> u64 {
    FORKS.load(Ordering::Relaxed)
}

/// Starts counting forks. Forks before the first call need no counting, because no state exists yet that a child could
/// inherit in an inconsistent form.
pub(super) fn watch_forks() -> io::Result<()> {
    static WATCHED: AtomicBool = AtomicBool::new(false);

    extern "C" fn in_child() {
        FORKS.fetch_add(1, Ordering::Relaxed);
    }

    // If two threads get here at once, both register the handler, and each fork counts twice. That is harmless, because
    // callers compare the number only for equality.
    if !WATCHED.load(Ordering::Acquire) {
        // SAFETY: `in_child` is a function with static lifetime (this library is never unloaded, see the link options
        // of the shared libraries), and does nothing but an atomic addition, which is async-signal-safe.
        match unsafe { libc::pthread_atfork(None, None, Some(in_child)) } {
            0 => WATCHED.store(true, Ordering::Release),
            code => return Err(io::Error::from_raw_os_error(code)),
        }
    }
    Ok(())
}

/// Spawns a thread in which all asynchronous signals and SIGPIPE are blocked. Threads that the new thread spawns
/// inherit this mask.
///
/// The mask is set in the creating thread, because a signal could arrive before the new thread has set its own mask.
/// Synchronous faults (such as SIGSEGV) and SIGABRT stay deliverable, because blocking them would hide crashes.
pub(super) fn spawn_with_signals_blocked(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<thread::JoinHandle<()>> {
    let builder = thread::Builder::new().name(name.to_owned());
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut previous = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises `all`, which the later calls only read; `previous` is written by the first
    // pthread_sigmask before the second reads it; all pointers are to live locals. pthread_sigmask changes the calling
    // thread only. Its old mask is restored after the spawn. If setting the mask fails, the old mask stays.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        for fault in [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGABRT] {
            libc::sigdelset(all.as_mut_ptr(), fault);
        }
        let code = libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), previous.as_mut_ptr());
        if code != 0 {
            return Err(io::Error::from_raw_os_error(code));
        }
        let spawned = builder.spawn(body);
        libc::pthread_sigmask(libc::SIG_SETMASK, previous.as_ptr(), std::ptr::null_mut());
        spawned
    }
}
