//! The lifetime of a token, and the time of its renewal: arithmetic only, no clock.

use std::time::Duration;

use serde_json::value::RawValue;

/// The lifetime of a token without `expires_in`, in seconds. RFC 6749 §5.1 makes the field optional; the gateway has
/// the same default.
const UNSTATED: f64 = 3600.0;
/// The shortest lifetime, in seconds. If a token endpoint states 0, there must not be a fetch for every request.
const SHORTEST: f64 = 1.0;
/// The longest lifetime, in seconds: 30 days. No access token is kept for ever.
const LONGEST: f64 = 30.0 * 24.0 * 3600.0;
/// The buffer is at most this share of the lifetime, so that a short-lived token is still used for most of its
/// lifetime.
const LARGEST_BUFFER_SHARE: f64 = 0.25;
/// In this library, a token expires earlier than on the server: by this share of its lifetime, but by at most
/// [`LARGEST_MARGIN`] seconds. A token that is sent within this margin could arrive expired, and the backend would
/// refuse the user's request.
const MARGIN_SHARE: f64 = 0.02;
const LARGEST_MARGIN: f64 = 5.0;
/// Renewals are spread over this share of the time between the earliest renewal and expiry, so that tokens issued
/// together are not renewed together.
const JITTER_SHARE: f64 = 0.5;

/// The times at which a token is due for renewal and expires, counted from the moment its request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime {
    pub renew_after: Duration,
    pub expires_after: Duration,
}

impl Lifetime {
    /// Computes both times from the fields of the response and the configured buffer. `jitter` is in 0..1.
    ///
    /// `refresh_in`, which some servers state, is the time after which to renew, in seconds. It replaces the buffer if
    /// it is shorter than the lifetime.
    pub(crate) fn new(
        expires_in: Option<&RawValue>,
        refresh_in: Option<&RawValue>,
        buffer: Duration,
        jitter: f64,
    ) -> Self {
        let lifetime = expires_in.and_then(seconds).map_or(UNSTATED, clamped);
        let expires = lifetime - (lifetime * MARGIN_SHARE).min(LARGEST_MARGIN);
        let renew_from = match refresh_in.and_then(seconds) {
            Some(after) if after < lifetime => after.max(SHORTEST),
            _ => lifetime - buffer.as_secs_f64().min(lifetime * LARGEST_BUFFER_SHARE),
        }
        .min(expires);
        let renew = renew_from + (expires - renew_from) * JITTER_SHARE * jitter;
        Self { renew_after: Duration::from_secs_f64(renew), expires_after: Duration::from_secs_f64(expires) }
    }
}

/// Returns the lifetime that the response states, within the limits; `None` if `expires_in` is missing or not a number.
pub(crate) fn stated_lifetime(expires_in: Option<&RawValue>) -> Option<Duration> {
    expires_in.and_then(seconds).map(|stated| Duration::from_secs_f64(clamped(stated)))
}

/// Returns a stated lifetime within the limits, in seconds.
fn clamped(stated: f64) -> f64 {
    // NaN fails every comparison and would pass through clamp.
    if stated.is_nan() { SHORTEST } else { stated.clamp(SHORTEST, LONGEST) }
}

/// Returns the number of seconds in a JSON number, or in a JSON string, which some servers send; `None` for other
/// values.
///
/// It parses the raw text, because a number like 1e400 is legal in JSON, but too large for any number type.
fn seconds(value: &RawValue) -> Option<f64> {
    value.get().trim_matches('"').trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn lifetime(expires_in: &str, buffer: u64) -> (f64, f64) {
        let Lifetime { renew_after, expires_after } =
            Lifetime::new(Some(&raw(expires_in)), None, Duration::from_secs(buffer), 0.0);
        (renew_after.as_secs_f64(), expires_after.as_secs_f64())
    }

    #[test]
    fn buffer_is_subtracted_from_a_long_lifetime_and_clamped_on_a_short_one() {
        assert_eq!(lifetime("3600", 300), (3300.0, 3595.0));
        assert_eq!(lifetime("300", 300), (225.0, 295.0));
        assert_eq!(lifetime("5", 300), (3.75, 4.9));
    }

    #[test]
    fn expires_in_that_is_not_a_sensible_number_is_replaced_or_clamped() {
        for unstated in ["null", "\"abc\"", "[1]", "{}", "true", "\"\""] {
            assert_eq!(lifetime(unstated, 300), lifetime("3600", 300), "{unstated}");
        }
        for shortest in ["0", "-1", "\"NaN\"", "\"-inf\"", "-1e400", "0.5"] {
            assert_eq!(lifetime(shortest, 300), lifetime("1", 300), "{shortest}");
        }
        for longest in ["2147483648", "9223372036854775808", "1e300", "1e400", "\"Infinity\""] {
            assert_eq!(lifetime(longest, 300), lifetime("2592000", 300), "{longest}");
        }
        assert_eq!(lifetime("\" 3600 \"", 300), lifetime("3600.0", 300));
    }

    #[test]
    fn refresh_in_shorter_than_the_lifetime_replaces_the_buffer() {
        let renew = |refresh_in: &str| {
            let buffer = Duration::from_secs(300);
            Lifetime::new(Some(&raw("3600")), Some(&raw(refresh_in)), buffer, 0.0).renew_after.as_secs()
        };
        assert_eq!(renew("1800"), 1800);
        assert_eq!(renew("0"), 1);
        assert_eq!(renew("7200"), 3300);
        assert_eq!(renew("null"), 3300);
    }

    #[test]
    fn jitter_at_its_largest_delays_renewal_and_keeps_it_before_expiry() {
        let Lifetime { renew_after, expires_after } = Lifetime::new(None, None, Duration::from_secs(300), 0.999_999);
        assert!(renew_after > Duration::from_secs(3400) && renew_after < expires_after);
    }

    proptest! {
        /// For any response and any configured buffer, a token is due for renewal when it expires or earlier, and the
        /// times of renewal and expiry are bounded.
        #[test]
        fn lifetime_from_any_input_stays_within_its_bounds(
            expires_in in prop_oneof![any::<f64>(), -10.0..100_000.0],
            refresh_in in proptest::option::of(prop_oneof![any::<f64>(), -10.0..100_000.0]),
            buffer in prop_oneof![any::<u64>(), 0..10_000_u64],
            jitter in 0.0..1.0,
        ) {
            let json = |seconds: f64| raw(&format!("\"{seconds}\""));
            let refresh_in = refresh_in.map(json);
            let Lifetime { renew_after, expires_after } =
                Lifetime::new(Some(&json(expires_in)), refresh_in.as_deref(), Duration::from_secs(buffer), jitter);
            prop_assert!(renew_after >= Duration::from_secs_f64(SHORTEST * (1.0 - LARGEST_BUFFER_SHARE)));
            prop_assert!(renew_after <= expires_after);
            prop_assert!(expires_after <= Duration::from_secs_f64(LONGEST));
            if expires_in.is_finite() && expires_in >= SHORTEST {
                prop_assert!(expires_after <= Duration::from_secs_f64(expires_in.min(LONGEST)));
            }
        }

        /// A longer stated lifetime never means an earlier expiry.
        #[test]
        fn expiry_of_a_longer_stated_lifetime_is_never_earlier(
            shorter in 0.0..100_000.0,
            more in 0.0..100_000.0,
            buffer in 0..10_000_u64,
        ) {
            let expires_after = |seconds: f64| {
                let stated = raw(&seconds.to_string());
                Lifetime::new(Some(&stated), None, Duration::from_secs(buffer), 0.0).expires_after
            };
            prop_assert!(expires_after(shorter) <= expires_after(shorter + more));
        }
    }
}
