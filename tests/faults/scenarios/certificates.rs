//! Certificates that change, and those that are no good, while others go on.

use argus_auth_core::TokenErrorKind;
use argus_auth_faults::{World, answer, failure, failure_kind, token};
use argus_auth_test_support::{Reply, TlsOptions, TokenEndpoint};

use super::Scenario;
use super::transport::Files;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        number: 34,
        stimulus: "`ca_bundle` or client certificate are replaced, the old ones refused by TLS or by a status of the server's",
        expected: "read anew for the next request",
        run: replaced,
    },
    Scenario {
        number: 35,
        stimulus: "a host whose certificate is not trusted, beside one that trusts the same CA",
        expected: "one attempt per fetch; the other keeps its connection",
        run: untrusted_neighbour,
    },
];

fn replaced() {
    let required = TlsOptions { require_client_certificate: true, ..TlsOptions::default() };
    let world = World::with(TokenEndpoint::start_tls(required));
    let strangers = TokenEndpoint::start_tls(TlsOptions::default());
    let files = Files::of(&strangers);
    let rightful = world.endpoint.tls_files().unwrap();
    let resolver = world.resolver(&[
        &files.line("ca_bundle", "ca.pem"),
        &files.line("client_certificate", "client.pem"),
        &files.line("client_certificate_key", "client.key"),
    ]);
    let ask = || {
        world.advance(300.0);
        resolver.invalidate("b", None).unwrap();
        world.answer_through_pauses(resolver.headers("b"))
    };
    assert_eq!(failure_kind(&ask()), TokenErrorKind::Tls, "an unknown CA");
    std::fs::write(files.0.join("ca.pem"), &rightful.ca).unwrap();
    assert_eq!(failure_kind(&ask()), TokenErrorKind::Tls, "an unknown client");
    rightful.write_to(&files.0).unwrap();
    assert_eq!(token(&ask()), "tok-1");

    // A server in the manner of nginx does not refuse the handshake.
    world.endpoint.default_reply(Reply::text(400, "text/html", "<html>400 The SSL certificate error</html>"));
    assert_eq!(failure(&ask()).http_status, Some(400));
    world.endpoint.default_reply(Reply::token("tok-2", 3600));
    std::fs::write(files.0.join("client.pem"), "replaced").unwrap();
    let outcome = ask();
    assert!(failure(&outcome).message.contains("client_certificate "), "{outcome:?}");
    rightful.write_to(&files.0).unwrap();
    assert_eq!(token(&ask()), "tok-2");
}

fn untrusted_neighbour() {
    let world = World::with(TokenEndpoint::start_tls(TlsOptions::default()));
    let untrusted = TokenEndpoint::start_tls(TlsOptions::default());
    let files = Files::of(&world.endpoint);
    let ca = files.line("ca_bundle", "ca.pem");
    let neighbour = world.resolver(&[&ca]);
    for attempt in 1..=5 {
        let refused =
            world.resolver(&[&ca, &format!("token_url: {:?}", untrusted.url()), &format!("client_id: c{attempt}")]);
        assert_eq!(failure_kind(&answer(refused.headers("b"))), TokenErrorKind::Tls);
        assert_eq!(untrusted.accepted(), attempt);
        neighbour.invalidate("b", None).unwrap();
        answer(neighbour.headers("b")).unwrap();
    }
    assert_eq!(world.endpoint.accepted(), 1);
}
