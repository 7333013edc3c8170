//! Requests: the content of a token request, and the backends that share a token.

use std::collections::HashSet;

use argus_auth_core::Resolver;
use argus_auth_core::config::{AuthConfig, ClientAuthentication};
use argus_auth_faults::{World, token, wait};
use argus_auth_test_support::{TlsOptions, TokenEndpoint};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "requests",
    title: "Requests",
    introduction: "A token request carries exactly what the configuration says, and backends share a token only if all \
                   inputs of their requests are equal.",
    scenarios: &[
        Scenario {
            id: "requests.1",
            when: "Two backends differ in one input of the token request, for each input in turn. Later all resolvers \
                   are dropped, and a new resolver has the same inputs as one of the dropped resolvers.",
            then: "Each backend gets a token of its own. The new resolver gets the token that is still held, without a \
                   request.",
            run: tokens_are_shared_only_if_all_inputs_are_equal,
        },
        Scenario {
            id: "requests.2",
            when: "Client id and secret contain `: % + & =`, a space, quotes, a backslash and non-ASCII characters",
            then: "The endpoint receives them byte for byte, in the form and in the Basic header.",
            run: odd_credentials_arrive_byte_for_byte,
        },
        Scenario {
            id: "requests.3",
            when: "`client_secret_basic`, `scopes`, `audience`, two values of `resource` and `extra_params` are \
                   configured",
            then: "They arrive as the RFCs say: the credentials in the Basic header (RFC 6749 §2.3.1), the others as \
                   parameters of the form.",
            run: optional_parameters_arrive_in_the_form,
        },
        Scenario {
            id: "requests.4",
            when: "A configuration that is built in code uses `client_secret_basic`, and its token URL has a user and a \
                   password",
            then: "The request has one `Authorization` header, not two.",
            run: user_in_the_token_url_adds_no_second_authorization_header,
        },
        Scenario {
            id: "requests.5",
            when: "`extra_params` names a parameter that the library sets itself, such as `scope`",
            then: "The configuration is not loaded, and the error names the key.",
            run: reserved_extra_parameter_is_an_error_of_the_configuration,
        },
    ],
};

fn tokens_are_shared_only_if_all_inputs_are_equal() {
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
    // Inputs that are legal only together. Each list differs from another list in one line.
    let [key, other_key] = [(); 2].map(|()| {
        let endpoint = TokenEndpoint::start_tls(TlsOptions::default());
        format!("private_key: {:?}", endpoint.tls_files().unwrap().client_key)
    });
    let keyed = "token_endpoint_auth_method: private_key_jwt";
    let combinations: [&[&str]; 7] = [
        &["client_certificate: /a", "client_certificate_key: /a"],
        &["client_certificate: /b", "client_certificate_key: /a"],
        &["client_certificate: /a", "client_certificate_key: /b"],
        &[keyed, &key],
        &[keyed, &other_key],
        &[keyed, &key, "private_key_id: a"],
        &[keyed, &key, "assertion_audience: a"],
    ];
    let differences: Vec<_> = differences.iter().map(std::slice::from_ref).chain(combinations).collect();
    let mut resolvers = vec![world.resolver(&[])];
    resolvers.extend(differences.iter().map(|lines| world.resolver(lines)));
    let tokens: HashSet<_> = resolvers.iter().map(|resolver| token(&wait(resolver.headers("b")))).collect();
    assert_eq!(tokens.len(), 1 + differences.len());

    drop(resolvers);
    world.expect_requests(tokens.len());
    assert!(tokens.contains(&token(&wait(world.resolver(&[]).headers("b")))));
    world.expect_requests(tokens.len());
}

fn odd_credentials_arrive_byte_for_byte() {
    let odd = "a:b%20+c&d=e f/é€\u{1f511}\"'\\";
    let quoted = serde_json::to_string(odd).unwrap();
    let world = World::default();
    let resolver = world.resolver(&[&format!("client_id: {quoted}"), &format!("client_secret: {quoted}")]);
    wait(resolver.headers("b")).unwrap();
    let requests = world.endpoint.requests();
    for field in ["client_id", "client_secret"] {
        assert_eq!(requests[0].form_value(field), Some(odd), "{field}");
    }

    // base64 of the form-encoded id, a colon, and the form-encoded secret (RFC 6749 §2.3.1).
    let basic = concat!(
        "Basic ",
        "YSUzQWIlMjUyMCUyQmMlMjZkJTNEZStmJTJGJUMzJUE5JUUyJTgyJUFDJUYwJTlGJTk0JTkxJTIyJTI3JTVDOmElM0",
        "FiJTI1MjAlMkJjJTI2ZCUzRGUrZiUyRiVDMyVBOSVFMiU4MiVBQyVGMCU5RiU5NCU5MSUyMiUyNyU1Qw==",
    );
    let method = "token_endpoint_auth_method: client_secret_basic";
    let resolver = world.resolver(&[&format!("client_id: {quoted}"), &format!("client_secret: {quoted}"), method]);
    wait(resolver.headers("b")).unwrap();
    assert_eq!(world.endpoint.requests()[1].header("authorization"), Some(basic));
}

fn optional_parameters_arrive_in_the_form() {
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
    wait(world.resolver(&lines).headers("b")).unwrap();
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
}

fn user_in_the_token_url_adds_no_second_authorization_header() {
    let world = World::default();
    let url = world.endpoint.url().replace("http://", "http://user:password@");
    // A configuration file with a user in `token_url` and `client_secret_basic` is an error, so the method is set in
    // code.
    let mut config = world.config(&[&format!("token_url: {url}")]);
    let Some(AuthConfig::OAuth2(auth)) = &mut config.backends[0].auth else { panic!("not oauth2") };
    auth.options.authentication = ClientAuthentication::SecretBasic;
    wait(Resolver::new(config, &world.engine).headers("b")).unwrap();
    let request = world.endpoint.requests().remove(0);
    let headers: Vec<_> =
        request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization")).collect();
    assert_eq!(headers.len(), 1, "{headers:?}");
}

fn reserved_extra_parameter_is_an_error_of_the_configuration() {
    for reserved in ["grant_type", "client_id", "client_secret", "scope", "audience", "resource", "client_assertion"] {
        let yaml = format!(
            "backends: {{b: {{type: sse, url: 'http://b/', auth: {{type: oauth2, token_url: 'https://a/', client_id: c, \
             client_secret: s, extra_params: {{{reserved}: x}}}}}}}}"
        );
        let error = argus_auth_core::config::parse(yaml.as_bytes(), &Default::default()).unwrap_err();
        assert_eq!(error.problems[0].path, format!("backends.b.auth.extra_params.{reserved}"));
    }
}
