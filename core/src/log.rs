//! Logging: the names of this library's `tracing` events, and a way to receive the events as text. The C and Python
//! bindings use the text, because their hosts have no `tracing` subscriber.
//!
//! A Rust host installs any `tracing` subscriber. It needs only the names in [`event`] from this module.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

pub use tracing::Level;
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Metadata, Subscriber, subscriber};

/// The names of all events. A name is the `name` in the `tracing` metadata of its event. Names are stable between
/// versions; messages are not. Each entry states the level and the fields of its event.
pub mod event {
    /// WARN, without fields: the loaded configuration has a warning, such as an unknown key. The message contains it.
    pub const CONFIG_WARNING: &str = "config.warning";
    /// DEBUG: a request is sent to the token endpoint `token_url`.
    pub const TOKEN_REQUEST_SENT: &str = "token.request.sent";
    /// DEBUG: a request to `token_url` failed with the error class `kind`, and is sent again after `pause_ms`
    /// milliseconds.
    pub const TOKEN_REQUEST_RETRIED: &str = "token.request.retried";
    /// DEBUG: no request was sent to `token_url`, because the circuit breaker of its host is open; `error` names the
    /// failure that opened it.
    pub const TOKEN_REQUEST_WITHHELD: &str = "token.request.withheld";
    /// INFO: a fetch got a new token from `token_url`.
    pub const TOKEN_FETCH_SUCCEEDED: &str = "token.fetch.succeeded";
    /// ERROR: a fetch from `token_url` failed with `error`, and no valid token is held.
    pub const TOKEN_FETCH_FAILED: &str = "token.fetch.failed";
    /// DEBUG: the engine was shut down while it fetched a token from `token_url`; `error` says so.
    pub const TOKEN_FETCH_ABANDONED: &str = "token.fetch.abandoned";
    /// WARN: a renewal from `token_url` failed with `error`; the old token stays in use.
    pub const TOKEN_RENEWAL_FAILED: &str = "token.renewal.failed";
    /// WARN: `token_url` is plain `http` to another machine, so credentials cross the network in clear text.
    pub const TOKEN_URL_IN_THE_CLEAR: &str = "token.url.in_the_clear";
    /// ERROR: requests to `backend` go out without authentication, because no token could be obtained (`error`) and the
    /// failure policy is `on_auth_failure: open`.
    pub const BACKEND_UNAUTHENTICATED: &str = "backend.unauthenticated";
}

/// One log event as text. Contains no secret.
///
/// ```
/// use argus_auth_core::log::{Level, Record, event};
///
/// fn is_alarming(record: &Record) -> bool {
///     record.level == Level::ERROR || record.name == event::TOKEN_RENEWAL_FAILED
/// }
/// # let name = event::TOKEN_FETCH_SUCCEEDED;
/// # let record = Record { name, level: Level::INFO, target: "argus_auth::token", message: String::new() };
/// # assert!(!is_alarming(&record));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name of the event: a constant of [`event`].
    pub name: &'static str,
    /// The severity.
    pub level: Level,
    /// The part of the library that the event comes from, such as `argus_auth::token`.
    pub target: &'static str,
    /// The message, followed by the fields as `name=value`.
    pub message: String,
}

/// The [rank] of the least serious level that is forwarded, or [`OFF`].
static LEVEL: AtomicUsize = AtomicUsize::new(OFF);
const OFF: usize = 0;

/// Starts to forward this library's events to `sink`, by installing a global `tracing` subscriber for the process.
/// Returns false, and changes nothing, if the process already has a global subscriber. Nothing is forwarded until
/// [`set_level`] sets a level.
///
/// `sink` is called on the thread in which an event occurs, for example the engine's thread. `sink` must not block.
///
/// ```
/// use argus_auth_core::log::{self, Level};
///
/// assert!(log::forward(|record| eprintln!("{} {}: {}", record.level, record.name, record.message)));
/// log::set_level(Some(Level::INFO));
/// ```
pub fn forward(sink: impl Fn(Record) + Send + Sync + 'static) -> bool {
    let forwarded = subscriber::set_global_default(Forward(sink)).is_ok();
    if forwarded {
        // The call site of an earlier event may have cached that there is no subscriber. Rebuilding the cache makes
        // every call site ask the new subscriber.
        tracing::callsite::rebuild_interest_cache();
    }
    forwarded
}

/// Sets the least serious level that is forwarded, for the whole process. `None`, the default, forwards nothing. May be
/// called at any time from any thread.
pub fn set_level(level: Option<Level>) {
    LEVEL.store(level.map_or(OFF, rank), Ordering::Relaxed);
}

/// Returns a number that grows as the level becomes less serious.
fn rank(level: Level) -> usize {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

/// The subscriber that [`forward`] installs around a sink.
struct Forward<F>(F);

impl<F: Fn(Record) + Send + Sync + 'static> Subscriber for Forward<F> {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> subscriber::Interest {
        // Events of dependencies are left out, since they could contain what this library redacts.
        if metadata.target().starts_with("argus_auth::") {
            subscriber::Interest::sometimes()
        } else {
            subscriber::Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        rank(*metadata.level()) <= LEVEL.load(Ordering::Relaxed)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = MessageVisitor::default();
        event.record(&mut text);
        let metadata = event.metadata();
        (self.0)(Record {
            name: metadata.name(),
            level: *metadata.level(),
            target: metadata.target(),
            message: text.message + &text.fields,
        });
    }

    // This library makes no spans.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

/// Collects the message of an event and the text of its fields.
#[derive(Default)]
struct MessageVisitor {
    message: String,
    fields: String,
}

impl Visit for MessageVisitor {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String can't fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}
