//! What this library logs: the names of its `tracing` events, and records for hosts that do not speak `tracing`, which
//! are the C and Python bindings.
//!
//! A Rust host installs whatever `tracing` subscriber it likes, and needs no more of this module than [`event`].

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

pub use tracing::Level;
use tracing::field::{Field, Visit};
use tracing::span;
use tracing::{Event, Metadata, Subscriber, subscriber};

/// The name of every event, the `name` of its `tracing` metadata. They stay as they are from version to version; the
/// messages may not. The fields are named with each.
pub mod event {
    /// WARN: a configuration was loaded in which something is legal but probably not meant.
    pub const CONFIG_WARNING: &str = "config.warning";
    /// DEBUG: a request to the token endpoint `token_url`.
    pub const TOKEN_REQUEST_SENT: &str = "token.request.sent";
    /// DEBUG: a request to `token_url` failed, is of the class `kind`, and is sent again after `pause_ms`.
    pub const TOKEN_REQUEST_RETRIED: &str = "token.request.retried";
    /// DEBUG: no request to `token_url`, whose host is left alone; `error` says why.
    pub const TOKEN_REQUEST_WITHHELD: &str = "token.request.withheld";
    /// INFO: there is a new token from `token_url`.
    pub const TOKEN_FETCH_SUCCEEDED: &str = "token.fetch.succeeded";
    /// ERROR: `token_url` gave no token, with `error`, and there is none in use.
    pub const TOKEN_FETCH_FAILED: &str = "token.fetch.failed";
    /// DEBUG: the engine was shut down while it fetched a token from `token_url`; `error` says so.
    pub const TOKEN_FETCH_ABANDONED: &str = "token.fetch.abandoned";
    /// WARN: `token_url` gave no new token, with `error`; the old one stays in use.
    pub const TOKEN_RENEWAL_FAILED: &str = "token.renewal.failed";
    /// WARN: `token_url` is plain `http` to another machine.
    pub const TOKEN_URL_IN_THE_CLEAR: &str = "token.url.in_the_clear";
    /// ERROR: requests to `backend` go out without authentication, because of `error` and of `on_auth_failure: open`.
    pub const BACKEND_UNAUTHENTICATED: &str = "backend.unauthenticated";
}

/// One event: already text, already free of secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What happened: one of [`event`]'s.
    pub name: &'static str,
    /// How serious it is.
    pub level: Level,
    /// Where it comes from: `argus_auth::token` and the like.
    pub target: &'static str,
    /// The message, followed by its fields as `name=value`.
    pub message: String,
}

/// Which levels are forwarded. Shared by all sinks of the process.
static LEVEL: AtomicUsize = AtomicUsize::new(OFF);
const OFF: usize = 0;

/// Forwards this library's events to `sink` from now on. Once per process; false if there is a subscriber already.
///
/// `sink` is called on whatever thread an event happens on, the engine's included, and must not block.
pub fn forward(sink: impl Fn(Record) + Send + Sync + 'static) -> bool {
    let forwarded = subscriber::set_global_default(Forward(sink)).is_ok();
    if forwarded {
        // An event that was met for the first time just now may have found nobody who listens, and would not ask again.
        tracing::callsite::rebuild_interest_cache();
    }
    forwarded
}

/// Forwards events of this level and more serious ones; none at all with `None`, the default.
pub fn set_level(level: Option<Level>) {
    LEVEL.store(level.map_or(OFF, rank), Ordering::Relaxed);
}

fn rank(level: Level) -> usize {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

struct Forward<F>(F);

impl<F: Fn(Record) + Send + Sync + 'static> Subscriber for Forward<F> {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> subscriber::Interest {
        // Dependencies' events could show what this library keeps to itself.
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
