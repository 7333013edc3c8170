//! Functions on URLs: the form in which a URL may be shown, and the check for unencrypted requests.

use url::{Host, Url};

/// Returns whether requests to `url` can be read on the network: plain `http` to another machine.
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
///
/// Returns `[not a URL]` for a text that is not a URL with a host.
///
/// ```
/// use argus_auth_core::config::display_url;
///
/// assert_eq!(display_url("https://user:s3cr3t@as.example/token?key=s3cr3t"), "https://as.example/token");
/// assert_eq!(display_url("s3cr3t"), "[not a URL]");
/// ```
pub fn display_url(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => {
            format!("{}{}", parsed.origin().ascii_serialization(), parsed.path())
        }
        _ => "[not a URL]".to_owned(),
    }
}

/// Returns scheme, host and port of `url`; `[not a URL]` for the same texts as [`display_url`].
pub(super) fn display_origin(url: &str) -> String {
    match Url::parse(url) {
        Ok(parsed) if parsed.has_host() => parsed.origin().ascii_serialization(),
        _ => "[not a URL]".to_owned(),
    }
}
