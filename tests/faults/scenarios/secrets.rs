//! What may be seen from outside: no secret.

use std::fmt::Write;
use std::panic;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use argus_auth_core::log::{self, event};
use argus_auth_core::{Error, TokenErrorKind};
use argus_auth_faults::{CANARY, PATIENCE, World, answer, failure, failure_kind};
use argus_auth_test_support::{Fault, Reply, TlsOptions, TokenEndpoint};

use super::Scenario;

pub(super) const SCENARIOS: &[Scenario] = &[Scenario {
    number: 27,
    stimulus: "distinctive secrets in every field, through all of the above, level TRACE; a server that repeats them",
    expected: "never in a log record, an error, a Debug text or a panic's; its words are left out, ours stay",
    run: secrets_stay_secret,
}];

/// All log records and panics of the process since [`watch`].
static SEEN: Mutex<String> = Mutex::new(String::new());

fn see(text: &str) {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
}

/// Keeps what is logged or panicked from now on. The secrets of all scenarios are distinctive ones.
pub(crate) fn watch() {
    log::set_level(Some(log::Level::TRACE));
    assert!(log::forward(|log::Record { name, level, target, message }| {
        see(&format!("{level} {target} {name}: {message}\n"));
    }));
    let shown = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        see(&format!("{panic}\n"));
        // The engine's panics are a scenario's doing.
        if thread::current().name() != Some("argus-auth") {
            shown(panic);
        }
    }));
}

fn secrets_stay_secret() {
    let key = TokenEndpoint::start_tls(TlsOptions::default()).tls_files().unwrap().client_key.clone();
    for reply in replies() {
        for method in ["client_secret_post", "client_secret_basic", "private_key_jwt"] {
            see(&shown(method, &key, &reply));
        }
    }
    panicked();
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for word in [
        event::TOKEN_REQUEST_SENT,
        event::TOKEN_REQUEST_RETRIED,
        event::TOKEN_FETCH_SUCCEEDED,
        event::TOKEN_FETCH_FAILED,
        "a defect, injected",
    ] {
        assert!(seen.contains(word), "{word}: not watched");
    }
    // An event without a name of its own is called `event` and its place.
    let nameless = seen.lines().find(|line| line.contains(" event "));
    assert!(nameless.is_none(), "{nameless:?}");
    for secret in [CANARY].into_iter().chain(key.lines().filter(|line| !line.starts_with('-'))) {
        let found = seen.lines().find(|line| line.contains(secret));
        assert!(found.is_none(), "{found:?}");
    }
    repeated();
    repeated_assertion(&key);
    ours();
}

/// Every kind of answer, with secrets wherever a server may put some.
fn replies() -> Vec<Reply> {
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

/// All that can be seen of a backend with secrets everywhere, while its token endpoint answers like this.
fn shown(method: &str, key: &str, reply: &Reply) -> String {
    let world = World::default();
    world.endpoint.default_reply(reply.clone());
    // The form has secrets of its own; a header can hold one pair only.
    let user = if method == "client_secret_basic" { "" } else { "canary-7f3a:canary-7f3a@" };
    let url = world.endpoint.url().replace("http://", &format!("http://{user}"));
    let resolver = world.resolver_for(&format!(
        "backends:\n  b:\n    type: sse\n    url: 'http://{CANARY}:{CANARY}@b/?{CANARY}'\n    on_auth_failure: closed\n    \
         headers: {{X: {CANARY}}}\n    auth:\n      type: oauth2\n      token_url: '{url}?key={CANARY}#{CANARY}'\n      \
         client_id: c\n      client_secret: {CANARY}\n      token_endpoint_auth_method: {method}\n      \
         private_key: {key:?}\n      extra_params: {{password: {CANARY}}}\n"
    ));
    let outcome = world.answer_through_pauses(resolver.headers("b"));
    let mut text = format!("{outcome:?} {resolver:?} {resolver:#?} {:?} {:?}", resolver.backends(), world.engine);
    if let Err(error) = &outcome {
        let _ = write!(text, " {error}");
    }
    let _ = writeln!(text, " {:?} {}", resolver.status("b"), resolver.metrics());
    text
}

fn panicked() {
    let world = World::default();
    world.clock.panic_next_sleep(Duration::from_secs(30));
    let outcome = answer(world.resolver(&[]).headers("b"));
    assert!(matches!(outcome, Err(Error::Internal { .. })), "{outcome:?}");
}

/// A server's words are left out when they repeat a secret in any form, however long or odd it is.
fn repeated() {
    let long = "S3cr3t".repeat(50);
    let secrets = [
        ("client_secret", long.as_str(), long.as_str()),
        ("client_secret", &long, &long[..100]),
        ("client_secret", "pässwörd-geheim", "pässwörd-geheim"),
        ("client_secret", "a+b c/d", "a%2Bb+c%2Fd"),
        ("extra_params", "{password: hunter2hunter2}", "hunter2hunter2"),
    ];
    for (key, value, repeated) in secrets {
        let world = World::default();
        left_out(&world, &format!("{key}: {value}"), repeated);
    }
    let world = World::default();
    let url = world.endpoint.url().replace("http://", "http://user:pass%2Fword@");
    for repeated in ["pass/word", "dXNlcjpwYXNzL3dvcmQ=", "api-key-5"] {
        left_out(&world, &format!("token_url: {url}?key=api-key-5"), repeated);
    }
    let basic = "client_secret: s3cr3t\n      token_endpoint_auth_method: client_secret_basic";
    // base64("client:s3cr3t")
    left_out(&world, basic, "Basic Y2xpZW50OnMzY3IzdA==");
}

fn repeated_assertion(key: &str) {
    let world = World::default();
    let lines = format!("token_endpoint_auth_method: private_key_jwt\n      private_key: {key:?}");
    answer(world.resolver(&[&lines]).headers("b")).unwrap();
    let assertion = world.endpoint.requests()[0].form_value("client_assertion").unwrap().to_owned();
    left_out(&world, &format!("{lines}\n      audience: another"), &assertion);
}

/// Asserts that of an answer with this text in every field nothing is seen but our own words.
fn left_out(world: &World, lines: &str, repeated: &str) {
    let said = serde_json::json!({"error": "invalid_request", "error_description": format!("not {repeated} !")});
    world.endpoint.default_reply(Reply::json(400, &said));
    let resolver = world.resolver(&[lines]);
    resolver.invalidate("b", None).unwrap();
    let outcome = answer(resolver.headers("b"));
    let seen = failure(&outcome);
    assert_eq!(seen.message, "the token endpoint finds the request malformed: invalid_request", "{lines}");
    assert_eq!((seen.oauth_error.as_deref(), &seen.oauth_error_description), (Some("invalid_request"), &None));

    world.endpoint.default_reply(Reply::json(400, &serde_json::json!({"error": repeated})));
    resolver.invalidate("b", None).unwrap();
    let outcome = answer(resolver.headers("b"));
    assert_eq!(failure(&outcome).message, "the token endpoint refused the request", "{lines}");
    assert_eq!(failure(&outcome).oauth_error, None);

    let granted = serde_json::json!({"access_token": "tok", "scope": ["read", repeated]});
    world.endpoint.default_reply(Reply::json(200, &granted));
    let granted = resolver.diagnose().remove(0).wait(PATIENCE).unwrap().outcome.unwrap();
    assert!(granted.scopes.unwrap().iter().all(|scope| ["read", "Basic"].contains(&scope.as_str())), "{lines}");
}

/// Our own words stay, also those that a secret is a part of.
fn ours() {
    for secret in ["secret", "client_secret", "invalid_client", "e"] {
        let world = World::default();
        let description = "client_secret is wrong";
        let said = serde_json::json!({"error": "invalid_client", "error_description": description});
        world.endpoint.default_reply(Reply::json(401, &said));
        let outcome = answer(world.resolver(&[&format!("client_secret: {secret}")]).headers("b"));
        let message = &failure(&outcome).message;
        assert!(
            message.starts_with("the client's authentication failed: check client_id and client_secret"),
            "{message}"
        );
        assert_eq!(failure(&outcome).oauth_error.as_deref(), Some("invalid_client"));
        assert!(!message.contains("is wrong") || secret == "invalid_client", "{message}");

        world.endpoint.stop();
        let unreachable = world.resolver(&[&format!("client_secret: {secret}"), "audience: another"]);
        let outcome = world.answer_through_pauses(unreachable.headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Connect);
        assert!(failure(&outcome).message.starts_with("no connection to 127.0.0.1: "), "{outcome:?}");
    }
}
