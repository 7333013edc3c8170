//! Advice for an operator about a failed token request.

use std::env;

use hyper_util::client::proxy::matcher::Matcher;

use crate::config::ClientAuthentication;
use crate::error::{TlsCause, TokenError, TokenErrorKind};
use crate::oauth2::ClientCredentials;

/// Returns what an operator can do about `error`, in whole sentences without secrets.
pub(super) fn advice(error: &TokenError, credentials: &ClientCredentials) -> String {
    match error.kind {
        TokenErrorKind::Request => "Correct the auth block: the request can't be made as it is configured.".to_owned(),
        TokenErrorKind::Dns => match proxy(&credentials.token_url) {
            Some(proxy) => format!("{proxy} Check the proxy's name."),
            None => {
                "Check the host in token_url and this machine's DNS. If the endpoint can only be reached through a \
                     proxy, set HTTPS_PROXY."
                    .to_owned()
            }
        },
        TokenErrorKind::Connect => match proxy(&credentials.token_url) {
            Some(proxy) => format!(
                "{proxy} Check that the proxy runs, lets this host through and needs no other password, or name the \
                 host in NO_PROXY to go around it."
            ),
            None => {
                "Check that the token endpoint runs, that token_url has the right port, and that no firewall is in \
                     the way. If it can only be reached through a proxy, set HTTPS_PROXY."
                    .to_owned()
            }
        },
        TokenErrorKind::Tls => tls_advice(error.tls, credentials),
        TokenErrorKind::Transport => {
            let causes = if credentials.token_url.starts_with("http:") {
                "Perhaps token_url has http://, but the server speaks https:// on this port."
            } else {
                "Perhaps the server restarts or demands a client_certificate, or a firewall breaks the connection."
            };
            through_proxy(credentials, &format!("Try again, and look at the server's log. {causes}"))
        }
        TokenErrorKind::Timeout => through_proxy(
            credentials,
            "Check that the token endpoint works, and that no firewall drops packets on the way to it.",
        ),
        TokenErrorKind::Unavailable => match error.http_status {
            Some(429) => "The server limits requests: wait, and check who else uses this client.".to_owned(),
            _ => through_proxy(
                credentials,
                "The server, or a load balancer before it, can't serve the request at present: look at their logs.",
            ),
        },
        TokenErrorKind::Rejected => rejection_advice(error, credentials),
        TokenErrorKind::Redirect => "Set token_url to the URL that the server redirects to, often the same with \
                                     https:// or another path. If that is a login page, token_url is not the token \
                                     endpoint."
            .to_owned(),
        TokenErrorKind::Response => "Check token_url: it should be the token_endpoint of the server's \
                                     /.well-known/openid-configuration, not an issuer, a login page or an API."
            .to_owned(),
    }
}

/// Returns the advice for an error response of RFC 6749 §5.2 or RFC 8707 §2, by its error code.
fn rejection_advice(error: &TokenError, credentials: &ClientCredentials) -> String {
    let method = match credentials.options.authentication {
        ClientAuthentication::SecretPost => "client_secret_post",
        ClientAuthentication::SecretBasic => "client_secret_basic",
        ClientAuthentication::PrivateKeyJwt(_) => "private_key_jwt",
    };
    match error.oauth_error.as_deref() {
        Some("unauthorized_client" | "unsupported_grant_type") => {
            "Allow the client credentials grant for this client on the authorization server.".to_owned()
        }
        Some("invalid_scope") => {
            format!("Allow these scopes for the client, or correct scopes: {}.", credentials.scopes.join(" "))
        }
        Some("invalid_target") => "Check audience and resource: the server knows no such target.".to_owned(),
        Some("invalid_request") => "The server may need audience, resource or an extra_params entry, or another \
                                    token_endpoint_auth_method."
            .to_owned(),
        Some("invalid_client") | None => format!(
            "Check client_id and the client's secret or key (rotated? expired? with a line break at its end?), and \
             whether the server takes {method} from this client: token_endpoint_auth_method says how to authenticate."
        ),
        Some(_) => "Look up the server's error code in its documentation and this request in its log.".to_owned(),
    }
}

/// Returns the advice for a failed TLS handshake.
fn tls_advice(cause: Option<TlsCause>, credentials: &ClientCredentials) -> String {
    match cause {
        Some(TlsCause::UntrustedIssuer) => format!(
            "Only {} are trusted. Name a file with the issuing CA's certificate as ca_bundle.",
            trusted(credentials)
        ),
        Some(TlsCause::WrongHost) => {
            "Use a host name in token_url that the certificate has, or have the server's certificate corrected."
                .to_owned()
        }
        Some(TlsCause::OutOfDate) => {
            "Have the server's certificate renewed, if this machine's clock is right.".to_owned()
        }
        Some(TlsCause::ClientCertificate) => match credentials.options.client_certificate {
            Some(_) => "Check that client_certificate has not expired and is from a CA that the server trusts.",
            None => "Set client_certificate and client_certificate_key.",
        }
        .to_owned(),
        Some(TlsCause::NotTls) => through_proxy(
            credentials,
            "Check the port in token_url, or use http:// if the server is on a trusted network.",
        ),
        None => format!("Only {} are trusted. Check these files and the server's TLS settings.", trusted(credentials)),
    }
}

/// Describes the CA certificates that are trusted.
fn trusted(credentials: &ClientCredentials) -> String {
    if let Some(bundle) = &credentials.options.ca_bundle {
        return format!("the CA certificates in ca_bundle {}", bundle.display());
    }
    let set: Vec<_> = ["SSL_CERT_FILE", "SSL_CERT_DIR"]
        .into_iter()
        .filter_map(|name| Some(format!("{name} {}", env::var_os(name)?.display())))
        .collect();
    if set.is_empty() {
        "this machine's CA certificates".to_owned()
    } else {
        format!("the CA certificates in {}", set.join(" and "))
    }
}

/// Returns `advice`, after a sentence about the proxy if a proxy is used.
fn through_proxy(credentials: &ClientCredentials, advice: &str) -> String {
    proxy(&credentials.token_url).map_or_else(|| advice.to_owned(), |proxy| format!("{proxy} {advice}"))
}

/// Returns a sentence about the proxy for requests to `url`; `None` if no proxy is used. Leaves out the proxy's user
/// and password.
fn proxy(url: &str) -> Option<String> {
    let intercept = Matcher::from_system().intercept(&url.parse().ok()?)?;
    let authority = intercept.uri().authority()?.as_str();
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    Some(format!("Requests go through the proxy {place}, which HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names."))
}
