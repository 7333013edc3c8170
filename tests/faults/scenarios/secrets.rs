//! Secrets stay hidden: in log records, errors, Debug texts, metrics and panics.

use std::fmt::Write;
use std::time::Duration;

use argus_auth_core::log::event;
use argus_auth_core::{Error, TokenErrorKind};
use argus_auth_faults::{CANARY, PATIENCE, World, failure, failure_kind, wait};
use argus_auth_test_support::{Fault, Reply, TlsOptions, TokenEndpoint};

use super::{Chapter, Scenario};
use crate::recording;

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "secrets",
    title: "Secrets",
    introduction: "No secret is shown in a log record of any level, an error, a Debug text, a metric or a panic, and a \
                   server that echoes a secret does not change that.",
    scenarios: &[
        Scenario {
            id: "secrets.1",
            when: "A server echoes a secret of the request in `error`, `error_description` or `scope`: plain, cut, \
                   encoded for a URL or a form, as Basic credentials or as an assertion",
            then: "The server's text is left out of the error, and the scope is left out of the granted scopes. The \
                   library's own words remain.",
            run: echoed_secret_is_left_out_of_errors_and_scopes,
        },
        Scenario {
            id: "secrets.2",
            when: "The client secret is a common word that is also part of the library's messages: `secret`, \
                   `client_secret`, `invalid_client` or `e`",
            then: "The library's own words and a well-known `error` remain. The server's description is left out if it \
                   contains the secret.",
            run: secret_that_is_a_common_word_leaves_the_librarys_words_unchanged,
        },
        Scenario {
            id: "secrets.3",
            when: "Credentials of three clients go to one host on another machine over plain http",
            then: "The fetches log one warning in all.",
            run: credentials_over_plain_http_cause_one_warning_per_host,
        },
        Scenario {
            id: "secrets.4",
            when: "A distinctive text is in every field of the configuration that may hold a secret, and in every \
                   kind of response. Each method of client authentication is used, and the log level is TRACE. The \
                   log records and panics of all scenarios that ran before are checked too.",
            then: "The text is in no log record, error, Debug text, status, metric or panic. The code gives every log \
                   event a name.",
            run: secrets_in_every_field_are_never_shown,
        },
    ],
};

fn echoed_secret_is_left_out_of_errors_and_scopes() {
    let long = "S3cr3t".repeat(50);
    let secrets = [
        ("client_secret", long.as_str(), long.as_str()),
        ("client_secret", &long, &long[..100]),
        ("client_secret", "pässwörd-geheim", "pässwörd-geheim"),
        ("client_secret", "a+b c/d", "a%2Bb+c%2Fd"),
        ("extra_params", "{password: hunter2hunter2}", "hunter2hunter2"),
    ];
    for (key, value, echo) in secrets {
        let world = World::default();
        expect_echo_left_out(&world, &format!("{key}: {value}"), echo);
    }

    let world = World::default();
    let url = world.endpoint.url().replace("http://", "http://user:pass%2Fword@");
    // The second value is base64("user:pass/word").
    for echo in ["pass/word", "dXNlcjpwYXNzL3dvcmQ=", "api-key-5"] {
        expect_echo_left_out(&world, &format!("token_url: {url}?key=api-key-5"), echo);
    }
    let basic = "client_secret: s3cr3t\n      token_endpoint_auth_method: client_secret_basic";
    // base64("client:s3cr3t")
    expect_echo_left_out(&world, basic, "Basic Y2xpZW50OnMzY3IzdA==");

    let world = World::default();
    let lines = format!("token_endpoint_auth_method: private_key_jwt\n      private_key: {:?}", private_key());
    wait(world.resolver(&[&lines]).headers("b")).unwrap();
    let assertion = world.endpoint.requests()[0].form_value("client_assertion").unwrap().to_owned();
    expect_echo_left_out(&world, &format!("{lines}\n      audience: another"), &assertion);
}

/// Asserts that `echo` is left out when the endpoint repeats it in `error`, `error_description` or `scope`, and that
/// the library's own words remain. `lines` belong to the auth block.
fn expect_echo_left_out(world: &World, lines: &str, echo: &str) {
    let body = serde_json::json!({"error": "invalid_request", "error_description": format!("not {echo} !")});
    world.endpoint.default_reply(Reply::json(400, &body));
    let resolver = world.resolver(&[lines]);
    resolver.invalidate("b", None).unwrap();
    let outcome = wait(resolver.headers("b"));
    let error = failure(&outcome);
    assert_eq!(error.message, "the token endpoint finds the request malformed: invalid_request", "{lines}");
    assert_eq!((error.oauth_error.as_deref(), &error.oauth_error_description), (Some("invalid_request"), &None));

    world.endpoint.default_reply(Reply::json(400, &serde_json::json!({"error": echo})));
    resolver.invalidate("b", None).unwrap();
    let outcome = wait(resolver.headers("b"));
    assert_eq!(failure(&outcome).message, "the token endpoint rejected the request", "{lines}");
    assert_eq!(failure(&outcome).oauth_error, None);

    let body = serde_json::json!({"access_token": "tok", "scope": ["read", echo]});
    world.endpoint.default_reply(Reply::json(200, &body));
    let granted = resolver.diagnose().remove(0).wait(PATIENCE).unwrap().outcome.unwrap();
    // A scope ends at a space, so the word `Basic` of an echoed header is a scope of its own.
    assert!(granted.scopes.unwrap().iter().all(|scope| ["read", "Basic"].contains(&scope.as_str())), "{lines}");
}

fn secret_that_is_a_common_word_leaves_the_librarys_words_unchanged() {
    for secret in ["secret", "client_secret", "invalid_client", "e"] {
        let world = World::default();
        let description = "client_secret is wrong";
        let body = serde_json::json!({"error": "invalid_client", "error_description": description});
        world.endpoint.default_reply(Reply::json(401, &body));
        let outcome = wait(world.resolver(&[&format!("client_secret: {secret}")]).headers("b"));
        let message = &failure(&outcome).message;
        assert!(
            message.starts_with("the client's authentication failed: check client_id and client_secret"),
            "{message}"
        );
        assert_eq!(failure(&outcome).oauth_error.as_deref(), Some("invalid_client"));
        assert!(!message.contains("is wrong") || secret == "invalid_client", "{message}");

        world.endpoint.stop();
        let unreachable = world.resolver(&[&format!("client_secret: {secret}"), "audience: another"]);
        let outcome = world.wait_skipping_pauses(unreachable.headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Connect);
        assert!(failure(&outcome).message.starts_with("no connection to 127.0.0.1: "), "{outcome:?}");
    }
}

fn credentials_over_plain_http_cause_one_warning_per_host() {
    let world = World::default();
    for client in 0..3 {
        let lines = [&*format!("client_id: c{client}"), "token_url: http://in-the-clear.invalid/token"];
        let outcome = world.wait_skipping_pauses(world.resolver(&lines).headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Dns);
        world.advance(60.0);
    }
    let recorded = recording::text();
    let warnings = recorded.lines().filter(|line| line.contains("plain http") && line.contains("in-the-clear.invalid"));
    assert_eq!(warnings.count(), 1);
}

fn secrets_in_every_field_are_never_shown() {
    let key = private_key();
    for reply in replies_with_secrets() {
        for method in ["client_secret_post", "client_secret_basic", "private_key_jwt"] {
            recording::add(&everything_shown(method, &key, &reply));
        }
    }
    panic_in_a_fetch();
    let recorded = recording::text();
    for word in [
        event::TOKEN_REQUEST_SENT,
        event::TOKEN_REQUEST_RETRIED,
        event::TOKEN_FETCH_SUCCEEDED,
        event::TOKEN_FETCH_FAILED,
        "a defect, injected",
    ] {
        assert!(recorded.contains(word), "{word} was not recorded");
    }
    // If the code gives an event no name, `tracing` makes a name from the word `event` and the place in the source.
    let nameless = recorded.lines().find(|line| line.contains(" event "));
    assert!(nameless.is_none(), "{nameless:?}");
    for secret in [CANARY].into_iter().chain(key.lines().filter(|line| !line.starts_with('-'))) {
        let found = recorded.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "{found:?}");
    }
}

/// Returns a private key in PEM.
fn private_key() -> String {
    TokenEndpoint::start_tls(TlsOptions::default()).tls_files().unwrap().client_key.clone()
}

/// Returns every kind of reply, with a secret in each place where a server may put a secret.
fn replies_with_secrets() -> Vec<Reply> {
    let canary = |text: &str| format!("{text} {CANARY}");
    let mut replies = vec![
        Reply::token(&format!("{CANARY}-token"), 3600),
        Reply::json(200, &serde_json::json!({"access_token": 5, "id_token": CANARY})),
        Reply::text(200, "text/html", canary("<html>")),
        Reply::text(401, "text/html", canary("<html>")),
        Reply::text(500, "text/plain", canary("")),
        Reply::json(400, &serde_json::json!({"error": "invalid_client", "hint": CANARY})),
        Reply::json(400, &serde_json::json!({"error": canary("not")})),
        Reply::json(400, &serde_json::json!({"error": "invalid_client", "error_description": canary("not")})),
        Reply::redirect(302, &format!("http://127.0.0.1:1/?{CANARY}")),
    ];
    let faults = [
        Fault::ResetBeforeReply,
        Fault::ResetMidBody,
        Fault::Truncate,
        Fault::TruncateChunked,
        Fault::HugeBody { bytes: 1 << 20, streamed: true },
        Fault::CloseWithoutReply,
        Fault::Garbage,
        Fault::Raw,
    ];
    replies.extend(faults.map(|fault| Reply::broken(fault).body(canary("HTTP/1.1"))));
    replies
}

/// Requests the headers of a backend with secrets in its configuration, when the endpoint sends `reply`. Returns the
/// texts that a host can show: the error, Debug texts, the status and the metrics.
fn everything_shown(method: &str, key: &str, reply: &Reply) -> String {
    let world = World::default();
    world.endpoint.default_reply(reply.clone());
    // `client_secret_basic` needs the Authorization header for the client, so a user in the URL is an error of the
    // configuration.
    let user = if method == "client_secret_basic" { String::new() } else { format!("{CANARY}:{CANARY}@") };
    let url = world.endpoint.url().replace("http://", &format!("http://{user}"));
    let resolver = world.resolver_for(&format!(
        "backends:\n  b:\n    type: sse\n    url: 'http://{CANARY}:{CANARY}@b/?{CANARY}'\n    on_auth_failure: closed\n    \
         headers: {{X: {CANARY}}}\n    auth:\n      type: oauth2\n      token_url: '{url}?key={CANARY}#{CANARY}'\n      \
         client_id: c\n      client_secret: {CANARY}\n      token_endpoint_auth_method: {method}\n      \
         private_key: {key:?}\n      extra_params: {{password: {CANARY}}}\n"
    ));
    let outcome = world.wait_skipping_pauses(resolver.headers("b"));
    let mut text = format!("{outcome:?} {resolver:?} {resolver:#?} {:?} {:?}", resolver.backends(), world.engine);
    if let Err(error) = &outcome {
        let _ = write!(text, " {error}");
    }
    let _ = writeln!(text, " {:?} {}", resolver.status("b"), resolver.metrics());
    text
}

/// Makes a fetch panic while it holds secrets.
fn panic_in_a_fetch() {
    let world = World::default();
    // The next sleep of at most 30 s panics. This is the timer for the fetch's limit of 30 s: the sleep of the renewal
    // task is longer.
    world.clock.panic_next_sleep(Duration::from_secs(30));
    let outcome = wait(world.resolver(&[]).headers("b"));
    assert!(matches!(outcome, Err(Error::Internal { .. })), "{outcome:?}");
}
