//! Proxies from the environment. Each fetch runs in a process of its own, with an environment that names the proxy.

use argus_auth_faults::CertificateFiles;
use argus_auth_test_support::{Fault, Reply, TlsOptions, TokenEndpoint};

use super::{Chapter, Scenario};
use crate::fetch_process::fetch_with_environment;

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "proxy",
    title: "Proxies",
    introduction: "Requests go through the proxy that the environment names, as with other HTTP clients.",
    scenarios: &[
        Scenario {
            id: "proxy.1",
            when: "The token URL is http, and `HTTP_PROXY` or `ALL_PROXY` names a proxy; or `http_proxy` names a \
                   proxy, and `no_proxy` names the endpoint's host",
            then: "The proxy gets the request with the whole URL, and the endpoint gets no connection. With \
                   `no_proxy`, the endpoint gets the request, and the proxy gets none.",
            run: http_request_goes_to_the_proxy_with_the_whole_url,
        },
        Scenario {
            id: "proxy.2",
            when: "The token URL is https, and `HTTPS_PROXY` names a proxy",
            then: "The request goes through a tunnel: the proxy sees `CONNECT` with host and port only. The endpoint's \
                   certificate is checked with the CA of `SSL_CERT_FILE`.",
            run: https_request_goes_through_a_tunnel,
        },
        Scenario {
            id: "proxy.3",
            when: "The proxy rejects the tunnel with 407, or the proxy is down",
            then: "The error is of the kind `Connect`. It mentions the proxy, or says that the connection was refused.",
            run: proxy_that_rejects_or_is_down_gives_a_connect_error,
        },
    ],
};

fn http_request_goes_to_the_proxy_with_the_whole_url() {
    let target = TokenEndpoint::start();
    let proxy = TokenEndpoint::start();
    let proxy_url = proxy.url_of("/");
    assert_eq!(fetch_with_environment(&target.url(), &[("HTTP_PROXY", &proxy_url)]), "token tok-1");
    assert_eq!(proxy.requests()[0].target, target.url());
    assert_eq!(target.accepted(), 0);
    assert_eq!(fetch_with_environment(&target.url(), &[("ALL_PROXY", &proxy_url)]), "token tok-2");
    let excepted = [("http_proxy", proxy_url.as_str()), ("no_proxy", "127.0.0.1")];
    assert_eq!(fetch_with_environment(&target.url(), &excepted), "token tok-1");
    assert_eq!(proxy.requests().len(), 2);
}

/// An https endpoint and a proxy. Processes that fetch get the proxy and the endpoint's CA in their environment.
struct ProxiedEndpoint {
    endpoint: TokenEndpoint,
    proxy: TokenEndpoint,
    files: CertificateFiles,
}

impl ProxiedEndpoint {
    fn start() -> Self {
        let endpoint = TokenEndpoint::start_tls(TlsOptions::default());
        let files = CertificateFiles::of(&endpoint);
        Self { endpoint, proxy: TokenEndpoint::start(), files }
    }

    fn fetch(&self) -> String {
        let ca = self.files.directory.join("ca.pem");
        let environment = [("HTTPS_PROXY", &*self.proxy.url_of("/")), ("SSL_CERT_FILE", ca.to_str().unwrap())];
        fetch_with_environment(&self.endpoint.url(), &environment)
    }
}

fn https_request_goes_through_a_tunnel() {
    let proxied = ProxiedEndpoint::start();
    proxied.proxy.script(vec![Reply::broken(Fault::Tunnel)]);
    assert_eq!(proxied.fetch(), "token tok-1");
    let request = &proxied.proxy.requests()[0];
    assert_eq!((&*request.method, &*request.target), ("CONNECT", &*proxied.endpoint.address().to_string()));
}

fn proxy_that_rejects_or_is_down_gives_a_connect_error() {
    let proxied = ProxiedEndpoint::start();
    proxied.proxy.default_reply(Reply::status(407));
    let rejected = proxied.fetch();
    assert!(rejected.starts_with("Connect ") && rejected.contains("proxy"), "{rejected}");
    proxied.proxy.stop();
    let refused = proxied.fetch();
    assert!(refused.starts_with("Connect ") && refused.contains("refused"), "{refused}");
}
