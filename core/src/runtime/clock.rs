//! The engine's clock. Its time includes the time that the machine sleeps, and ignores changes of the wall clock.

#[cfg(feature = "virtual-time")]
use std::sync::Arc;
use std::time::Duration;

/// A point in time, in nanoseconds since the machine started.
///
/// Instants of the system clock are comparable between processes, until the machine restarts. Instants of a virtual
/// clock are comparable only with instants of the same clock.
///
/// ```
/// use std::time::Duration;
///
/// use argus_auth_core::runtime::Instant;
///
/// let start = Instant::from_nanos(1_000_000_000);
/// let end = start.after(Duration::from_secs(2));
/// assert_eq!(end.since(start), Duration::from_secs(2));
/// assert_eq!(start.since(end), Duration::ZERO);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// Returns the instant that is `nanos` nanoseconds after the machine started, or after the zero of a virtual clock.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Returns the instant that is `duration` after this instant; the latest possible instant if the sum overflows.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// Returns the time from `earlier` to this instant; zero if `earlier` is later than this instant.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// The clock that the engine reads.
///
/// ```
/// use argus_auth_core::runtime::Clock;
///
/// let clock = Clock::System;
/// let start = clock.now();
/// assert!(clock.now() >= start);
/// ```
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's `CLOCK_BOOTTIME`, which is monotonic and includes the time that the machine sleeps.
    #[default]
    System,
    /// A clock that a test moves by hand. Only with the feature `virtual-time`.
    #[cfg(feature = "virtual-time")]
    Virtual(Arc<super::VirtualClock>),
}

/// A wait reads the clock again after at most this time, because the runtime's timers stop while the machine sleeps.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

impl Clock {
    /// Returns the current time.
    #[inline]
    pub fn now(&self) -> Instant {
        match self {
            Self::System => system_now(),
            #[cfg(feature = "virtual-time")]
            Self::Virtual(clock) => clock.now(),
        }
    }

    /// Waits until `deadline`. On the engine's runtime only.
    pub(crate) async fn sleep_until(&self, deadline: Instant) {
        match self {
            Self::System => loop {
                let remaining = deadline.since(system_now());
                if remaining.is_zero() {
                    return;
                }
                tokio::time::sleep(remaining.min(LONGEST_SLEEP)).await;
            },
            #[cfg(feature = "virtual-time")]
            Self::Virtual(clock) => clock.sleep_until(deadline).await,
        }
    }
}

#[inline]
fn system_now() -> Instant {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    // Both fields of this clock are always positive or zero.
    Instant(time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs())
}
