//! Whose token is whose, and that many providers are no more than that.

use std::collections::HashSet;

use argus_auth_faults::{World, answer, token};
use argus_auth_test_support::{TlsOptions, TokenEndpoint};

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        number: 22,
        stimulus: "two providers that differ in one input only, for each input; two that do not differ",
        expected: "two tokens; one",
        run: one_difference,
    },
    Scenario {
        number: 23,
        stimulus: "client id and secret with `: % + & =`, a blank and non-ASCII",
        expected: "arrive byte-exact",
        run: odd_credentials,
    },
    Scenario {
        number: 24,
        stimulus: "100,000 providers of one lifetime, 1% used",
        expected: "renewals capped, the idle never renewed",
        run: many_providers,
    },
];

fn one_difference() {
    let world = World::default();
    let token_url = format!("token_url: {:?}", world.endpoint.url_of("/other"));
    let differences = [
        "client_id: other",
        "client_secret: other",
        "scopes: [a]",
        "scopes: [a, b]",
        "scopes: [b, a]",
        "scopes: [a b]",
        "token_expiry_buffer_seconds: 299",
        "token_endpoint_auth_method: client_secret_basic",
        "audience: a",
        "resource: urn:a",
        "resource: [urn:a, urn:b]",
        "extra_params: {a: b}",
        "ca_bundle: /a",
        &token_url,
    ];
    // What comes in pairs, each half changed alone.
    let [key, other_key] = [(); 2].map(|()| {
        let endpoint = TokenEndpoint::start_tls(TlsOptions::default());
        format!("private_key: {:?}", endpoint.tls_files().unwrap().client_key)
    });
    let keyed = "token_endpoint_auth_method: private_key_jwt";
    let pairs: [&[&str]; 7] = [
        &["client_certificate: /a", "client_certificate_key: /a"],
        &["client_certificate: /b", "client_certificate_key: /a"],
        &["client_certificate: /a", "client_certificate_key: /b"],
        &[keyed, &key],
        &[keyed, &other_key],
        &[keyed, &key, "private_key_id: a"],
        &[keyed, &key, "assertion_audience: a"],
    ];
    let differences: Vec<_> = differences.iter().map(std::slice::from_ref).chain(pairs).collect();
    let mut resolvers = vec![world.resolver(&[])];
    resolvers.extend(differences.iter().map(|lines| world.resolver(lines)));
    let tokens: HashSet<_> = resolvers.iter().map(|resolver| token(&answer(resolver.headers("b")))).collect();
    assert_eq!(tokens.len(), 1 + differences.len());
    // The same again, also after its first provider is gone.
    drop(resolvers);
    world.requests(tokens.len());
    assert!(tokens.contains(&token(&answer(world.resolver(&[]).headers("b")))));
    world.requests(tokens.len());
}

fn odd_credentials() {
    let odd = "a:b%20+c&d=e f/é€\u{1f511}\"'\\";
    let quoted = serde_json::to_string(odd).unwrap();
    let world = World::default();
    let resolver = world.resolver(&[&format!("client_id: {quoted}"), &format!("client_secret: {quoted}")]);
    answer(resolver.headers("b")).unwrap();
    let requests = world.endpoint.requests();
    for field in ["client_id", "client_secret"] {
        assert_eq!(requests[0].form_value(field), Some(odd), "{field}");
    }
}

fn many_providers() {
    const PROVIDERS: usize = 100_000;
    const USED: usize = PROVIDERS / 100;
    let world = World::default();
    let url = world.endpoint.url();
    let resolvers: Vec<_> = (0..PROVIDERS / USED)
        .map(|batch| {
            let backend = |client| {
                format!(
                    "  b{client}: {{type: sse, url: 'http://b/', auth: {{type: oauth2, token_url: {url:?}, \
                     client_id: c{client}, client_secret: s}}}}\n"
                )
            };
            let backends: String = (batch * USED..(batch + 1) * USED).map(backend).collect();
            world.resolver_for(&format!("backends:\n{backends}"))
        })
        .collect();
    let headers = |client: usize| (&resolvers[client / USED], format!("b{client}"));
    // Ten times as many have a token as use it.
    let cold: Vec<_> = (0..USED * 10).map(headers).map(|(resolver, name)| resolver.headers(&name)).collect();
    for caller in cold {
        answer(caller).unwrap();
    }
    for client in 0..USED {
        let (resolver, name) = headers(client);
        assert!(resolver.try_headers(&name).unwrap().is_some());
    }
    world.requests(USED * 10);
    let before = world.endpoint.accepted();
    world.advance(3_500.0);
    world.requests(USED * 11);
    assert!(world.endpoint.accepted() - before <= 64, "more than 64 connections for the renewals");
    let renewed: HashSet<_> = world.endpoint.requests()[USED * 10..]
        .iter()
        .map(|request| request.form_value("client_id").unwrap()[1..].parse::<usize>().unwrap())
        .collect();
    assert_eq!(renewed, (0..USED).collect());
}
