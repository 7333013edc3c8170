//! TLS and proxies, and how the client shows who it is.

use std::path::PathBuf;
use std::process::Command;

use argus_auth_core::config::{AuthConfig, ClientAuthentication};
use argus_auth_core::{Resolver, TokenErrorKind};
use argus_auth_faults::{World, answer, failure, failure_kind, token};
use argus_auth_test_support::{Certificate, Fault, Reply, TlsOptions, TokenEndpoint};

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        number: 28,
        stimulus: "TLS: unknown CA, wrong host, expired, client certificate required; with certificate and CA, this from \
                   `ca_bundle`, `SSL_CERT_FILE` or `SSL_CERT_DIR`",
        expected: "refused with the cause in words; works",
        run: tls,
    },
    Scenario {
        number: 29,
        stimulus: "a proxy from the environment, `NO_PROXY`, a proxy that refuses, a proxy that is down",
        expected: "used, for https as a tunnel; bypassed; a precise error",
        run: proxies,
    },
    Scenario {
        number: 31,
        stimulus: "`client_secret_basic`, `audience`, `resource`, `extra_params`; each reserved parameter",
        expected: "arrive as the RFCs say; refused at load",
        run: request_options,
    },
    Scenario {
        number: 32,
        stimulus: "a host fails five times in a row, with many clients; one client is refused a hundred times",
        expected: "the host is left alone, one fetch tries for all; nobody else notices",
        run: breaker,
    },
];

/// The endpoint's CA and a client's certificate, in files.
pub(super) struct Files(PathBuf);

impl Files {
    pub(super) fn of(endpoint: &TokenEndpoint) -> Self {
        let directory = std::env::temp_dir().join(format!("argus-auth-faults-{}", endpoint.address().port()));
        endpoint.tls_files().unwrap().write_to(&directory).unwrap();
        Self(directory)
    }

    pub(super) fn line(&self, key: &str, file: &str) -> String {
        format!("{key}: {:?}", self.0.join(file).to_str().unwrap())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tls() {
    let endpoint = |certificate, require_client_certificate| {
        World::with(TokenEndpoint::start_tls(TlsOptions { certificate, require_client_certificate }))
    };
    let refused = |world: &World, lines: &[&str], words: &str| {
        let outcome = world.answer_through_pauses(world.resolver(lines).headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Tls, "{outcome:?}");
        let message = &failure(&outcome).message;
        assert!(message.to_lowercase().contains(words), "{words:?} is not in {message:?}");
    };

    let world = endpoint(Certificate::Valid, false);
    let files = Files::of(&world.endpoint);
    let ca = files.line("ca_bundle", "ca.pem");
    refused(&world, &[], "issuer");
    assert!(token(&answer(world.resolver(&[&ca]).headers("b"))).starts_with("tok-"));
    let outcome = answer(world.resolver(&["ca_bundle: /no/such/file"]).headers("b"));
    assert_eq!(failure_kind(&outcome), TokenErrorKind::Request);
    assert!(failure(&outcome).message.contains("ca_bundle /no/such/file"), "{outcome:?}");

    let url = world.endpoint.url();
    let ca = files.0.join("ca.pem");
    assert!(fetched(&url, &[("SSL_CERT_FILE", ca.to_str().unwrap())]).starts_with("token tok-"));
    // A directory's certificates are found by names like those that `openssl rehash` gives.
    let directory = files.0.join("certs");
    std::fs::create_dir(&directory).unwrap();
    let from_directory = [("SSL_CERT_DIR", directory.to_str().unwrap())];
    let refusal = fetched(&url, &from_directory);
    assert!(!refusal.starts_with("token"), "{refusal}");
    std::fs::copy(&ca, directory.join("0f1e2d3c.0")).unwrap();
    let granted = fetched(&url, &from_directory);
    assert!(granted.starts_with("token tok-"), "{granted}");

    for (certificate, words) in [(Certificate::WrongHost, "not valid for name"), (Certificate::Expired, "expired")] {
        let world = endpoint(certificate, false);
        let files = Files::of(&world.endpoint);
        refused(&world, &[&files.line("ca_bundle", "ca.pem")], words);
    }

    let world = endpoint(Certificate::Valid, true);
    let files = Files::of(&world.endpoint);
    let ca = files.line("ca_bundle", "ca.pem");
    let certificate = files.line("client_certificate", "client.pem");
    let key = files.line("client_certificate_key", "client.key");
    refused(&world, &[&ca], "certificate");
    assert!(token(&answer(world.resolver(&[&ca, &certificate, &key]).headers("b"))).starts_with("tok-"));
}

fn proxies() {
    let target = TokenEndpoint::start();
    let proxy = TokenEndpoint::start();
    let proxy_url = proxy.url_of("/");
    // Plain HTTP goes to the proxy with the whole URL.
    assert_eq!(fetched(&target.url(), &[("HTTP_PROXY", &proxy_url)]), "token tok-1");
    assert_eq!(proxy.requests()[0].target, target.url());
    assert_eq!(target.accepted(), 0);
    assert_eq!(fetched(&target.url(), &[("ALL_PROXY", &proxy_url)]), "token tok-2");
    assert_eq!(fetched(&target.url(), &[("http_proxy", &proxy_url), ("no_proxy", "127.0.0.1")]), "token tok-1");
    assert_eq!(proxy.requests().len(), 2);

    // HTTPS goes through a tunnel that sees host and port only, and trusts what the environment says.
    let secure = TokenEndpoint::start_tls(TlsOptions::default());
    let files = Files::of(&secure);
    let ca = files.0.join("ca.pem");
    let environment = [("HTTPS_PROXY", proxy_url.as_str()), ("SSL_CERT_FILE", ca.to_str().unwrap())];
    proxy.script(vec![Reply::broken(Fault::Tunnel)]);
    assert_eq!(fetched(&secure.url(), &environment), "token tok-1");
    assert_eq!(
        (&*proxy.requests()[2].method, &*proxy.requests()[2].target),
        ("CONNECT", &*secure.address().to_string())
    );

    proxy.default_reply(Reply::status(407));
    let refusal = fetched(&secure.url(), &environment);
    assert!(refusal.starts_with("Connect ") && refusal.contains("proxy"), "{refusal}");
    proxy.stop();
    let refusal = fetched(&secure.url(), &environment);
    assert!(refusal.starts_with("Connect ") && refusal.contains("refused"), "{refusal}");
}

/// What a process with these variables gets from `url`: `token T`, or the kind of failure and its text.
fn fetched(url: &str, environment: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["fetch", url])
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn request_options() {
    let world = World::default();
    let lines = [
        "client_id: 'a:b c'",
        "client_secret: 's%+é'",
        "token_endpoint_auth_method: client_secret_basic",
        "scopes: [x, y]",
        "audience: https://api.example/",
        "resource: ['https://a.example/', 'urn:b']",
        "extra_params: {tenant: t 1}",
    ];
    answer(world.resolver(&lines).headers("b")).unwrap();
    let request = world.endpoint.requests().remove(0);
    // base64("a%3Ab+c:s%25%2B%C3%A9")
    assert_eq!(request.header("authorization"), Some("Basic YSUzQWIrYzpzJTI1JTJCJUMzJUE5"));
    let form: Vec<_> = request.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [
        ("grant_type", "client_credentials"),
        ("scope", "x y"),
        ("audience", "https://api.example/"),
        ("resource", "https://a.example/"),
        ("resource", "urn:b"),
        ("tenant", "t 1"),
    ];
    assert_eq!(form, expected);

    // A user in the URL makes a header of its own. Refused at load, and only one is sent of a configuration made by hand.
    let url = world.endpoint.url().replace("http://", "http://user:password@");
    let mut config = world.config(&[&format!("token_url: {url}")]);
    let Some(AuthConfig::OAuth2(auth)) = &mut config.backends[0].auth else { panic!("not oauth2") };
    auth.options.authentication = ClientAuthentication::SecretBasic;
    answer(Resolver::new(config, &world.engine).headers("b")).unwrap();
    let request = world.endpoint.requests().remove(1);
    let sent: Vec<_> = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization")).collect();
    assert_eq!(sent.len(), 1, "{sent:?}");

    for reserved in ["grant_type", "client_id", "client_secret", "scope", "audience", "resource", "client_assertion"] {
        let yaml = format!(
            "backends: {{b: {{type: sse, url: 'http://b/', auth: {{type: oauth2, token_url: 'https://a/', client_id: c, \
             client_secret: s, extra_params: {{{reserved}: x}}}}}}}}"
        );
        let error = argus_auth_core::config::parse(yaml.as_bytes(), &Default::default()).unwrap_err();
        assert_eq!(error.problems[0].path, format!("backends.b.auth.extra_params.{reserved}"));
    }
}

fn breaker() {
    let world = World::default();
    let resolver = |client: usize| world.resolver(&[&format!("client_id: c{client}")]);
    world.endpoint.default_reply(Reply::oauth_error(400, "invalid_client"));
    for _ in 0..100 {
        let refused = resolver(0);
        refused.invalidate("b", None).unwrap();
        assert_eq!(failure_kind(&answer(refused.headers("b"))), TokenErrorKind::Rejected);
    }
    world.endpoint.default_reply(Reply::fresh_token(3600));
    assert_eq!(token(&answer(resolver(1).headers("b"))), "tok-1", "one client's mistake is its own");

    world.endpoint.default_reply(Reply::status(503).header("Retry-After", "40"));
    for client in 2..7 {
        assert_eq!(failure(&answer(resolver(client).headers("b"))).http_status, Some(503));
    }
    let requests = world.endpoint.requests().len();
    for client in 7..1_000 {
        let outcome = answer(resolver(client).headers("b"));
        assert_eq!((failure_kind(&outcome), failure(&outcome).http_status), (TokenErrorKind::Unavailable, None));
    }
    world.requests(requests);
    world.endpoint.default_reply(Reply::fresh_token(3600));
    world.advance(1.0);
    for client in 2_000..3_000 {
        answer(resolver(client).headers("b")).unwrap_or_default();
    }
    assert!(world.endpoint.requests().len() > requests + 900, "the host is well again");
}
