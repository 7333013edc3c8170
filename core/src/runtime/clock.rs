//! The engine's clock: it goes on while the machine sleeps and ignores changes of the wall clock.

#[cfg(feature = "virtual-time")]
use std::sync::Arc;
use std::time::Duration;

/// A point in time, in nanoseconds since the machine started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(u64);

impl Instant {
    /// Nanoseconds since the machine started (or since the virtual clock's zero).
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// This instant and `duration`, as late as can be said if the sum can't.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// How long from `earlier` to this instant; zero if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Where the engine reads the time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// `CLOCK_BOOTTIME`.
    #[default]
    System,
    /// A clock that a test moves by hand.
    #[cfg(feature = "virtual-time")]
    Virtual(Arc<super::VirtualClock>),
}

/// The longest sleep without looking at the clock again: timers of the runtime stop while the machine sleeps.
const LONGEST_NAP: Duration = Duration::from_secs(30);

impl Clock {
    /// The time now.
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
                tokio::time::sleep(remaining.min(LONGEST_NAP)).await;
            },
            #[cfg(feature = "virtual-time")]
            Self::Virtual(clock) => clock.sleep_until(deadline).await,
        }
    }
}

#[inline]
fn system_now() -> Instant {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    // Neither field of this clock is ever negative.
    Instant(time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs())
}
