//! URLs: the form in which one may be shown, and whether what is sent to one can be read on the way.

use url::{Host, Url};

/// Returns whether anyone can read what is sent to `url`: plain `http` to anything but this machine.
pub(crate) fn is_in_the_clear(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    url.scheme() == "http" && !loopback
}

/// Returns `url` without the parts that may be secret: user, password, query and fragment.
pub fn display_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => {
            format!("{}{}", parsed.origin().ascii_serialization(), parsed.path())
        }
        _ => "[not a URL]".to_owned(),
    }
}

/// Returns scheme, host and port of `url`.
pub(super) fn display_origin(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => parsed.origin().ascii_serialization(),
        _ => "[not a URL]".to_owned(),
    }
}
