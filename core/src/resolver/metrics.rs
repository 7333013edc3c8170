//! Metrics for operators, in the Prometheus text format (version 0.0.4).

use std::fmt::Write;

use super::backend::Backend;
use crate::token::{TokenState, TokenStatus};

/// A metric: its name, its type, its HELP text, and a function that returns its value for a status. The function
/// returns `None` if the metric has no value for that status.
type Metric = (&'static str, &'static str, &'static str, fn(&TokenStatus) -> Option<f64>);

const METRICS: [Metric; 7] = [
    ("argus_auth_token_valid", "gauge", "Whether there is a token that has not expired.", |status| {
        Some(f64::from(u8::from(matches!(status.state, TokenState::Fresh | TokenState::Renewing))))
    }),
    ("argus_auth_token_expires_in_seconds", "gauge", "The time for which the token may still be used.", |status| {
        status.expires_in.map(|rest| rest.as_secs_f64())
    }),
    (
        "argus_auth_token_cool_down_seconds",
        "gauge",
        "The time until the cool-down after a failed fetch ends, or 0.",
        |status| Some(status.cool_down.unwrap_or_default().as_secs_f64()),
    ),
    ("argus_auth_token_fetching", "gauge", "Whether a fetch is under way.", |status| {
        Some(f64::from(u8::from(status.fetching)))
    }),
    (
        "argus_auth_token_fetches_total",
        "counter",
        "Fetches that have ended, with a token or without. A fetch may consist of several requests, or of none.",
        |status| Some(count(status.successes + status.failures)),
    ),
    (
        "argus_auth_token_fetch_failures_total",
        "counter",
        "Fetches that ended without a token, for any reason, including a shutdown.",
        |status| Some(count(status.failures)),
    ),
    (
        "argus_auth_token_hits_total",
        "counter",
        "The number of times that a token was served without waiting.",
        |status| Some(count(status.hits)),
    ),
];

#[allow(clippy::cast_precision_loss, reason = "a counter beyond 2^53 may be rounded, as in Prometheus")]
fn count(value: u64) -> f64 {
    value as f64
}

/// Returns all metrics of all backends with tokens. Backends that share a token report the same numbers.
pub(super) fn render<'b>(backends: impl Iterator<Item = &'b Backend>) -> String {
    let statuses: Vec<_> =
        backends.filter_map(|backend| Some((escaped(&backend.config.name), backend.status()?))).collect();
    let mut text = String::new();
    for (name, kind, help, value) in METRICS {
        // Writing to a String can't fail.
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (backend, status) in &statuses {
            if let Some(value) = value(status) {
                let _ = writeln!(text, "{name}{{backend=\"{backend}\"}} {value}");
            }
        }
    }
    text
}

/// Escapes the value of a label as the format requires.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The documentation of the metrics for operators.
    const DOCUMENTATION: &str = include_str!("../../../docs/metrics.md");

    #[test]
    fn documentation_lists_exactly_the_metrics_with_type_and_help() {
        let rows: Vec<_> = DOCUMENTATION.lines().filter(|line| line.starts_with("| `")).collect();
        assert_eq!(rows, METRICS.map(|(name, kind, help, _)| format!("| `{name}` | {kind} | {help} |")));
    }
}
