//! What the endpoint's failures cost, and whom.

use std::time::{Duration, SystemTime};

use argus_auth_core::TokenErrorKind;
use argus_auth_faults::{World, answer, failure, failure_kind, token};
use argus_auth_test_support::{Fault, Reply, TlsOptions, TokenEndpoint};

use super::Scenario;
use super::transport::Files;

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        number: 9,
        stimulus: "`invalid_client` again and again; then the secret is corrected and the configuration reloaded",
        expected: "growing cool-down; after the reload it tries at once",
        run: wrong_secret,
    },
    Scenario {
        number: 10,
        stimulus: "429 with `Retry-After` as seconds, a date, a past date, garbage, 10^9, 10^23",
        expected: "honoured, and capped at 300 s",
        run: retry_after,
    },
    Scenario {
        number: 11,
        stimulus: "reset before the answer and in its body, truncated, also under TLS, garbage, no such name, refused",
        expected: "transient: tried again, in bounds; a cut error response keeps its status",
        run: broken_connections,
    },
    Scenario {
        number: 20,
        stimulus: "301, 302, 303, 307, 308 to another host",
        expected: "refused; the other host sees nothing",
        run: redirects,
    },
    Scenario {
        number: 21,
        stimulus: "a body of 1 GiB; one byte a second",
        expected: "cut at the limit; cut at the deadline",
        run: endless_bodies,
    },
    Scenario {
        number: 30,
        stimulus: "two token endpoints, one down",
        expected: "the other is unaffected",
        run: one_of_two_down,
    },
];

fn wrong_secret() {
    let world = World::default();
    world.endpoint.default_reply(Reply::oauth_error(401, "invalid_client"));
    let wrong = world.resolver(&["client_secret: wrong"]);
    assert_eq!(failure_kind(&answer(wrong.headers("b"))), TokenErrorKind::Rejected);
    let mut requests = 1;
    for cool_down in [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0] {
        world.advance(cool_down - 0.1);
        assert_eq!(failure(&answer(wrong.headers("b"))).oauth_error.as_deref(), Some("invalid_client"));
        world.requests(requests);
        world.advance(0.1);
        assert_eq!(failure_kind(&answer(wrong.headers("b"))), TokenErrorKind::Rejected);
        requests += 1;
        world.requests(requests);
    }
    world.endpoint.default_reply(Reply::fresh_token(3600));
    world.advance(1.0);
    assert_eq!(failure_kind(&answer(wrong.headers("b"))), TokenErrorKind::Rejected, "still cooling down");
    wrong.replace(&world.config(&["client_secret: right"]));
    assert_eq!(token(&answer(wrong.headers("b"))), "tok-1");
    // What did not change keeps its token.
    wrong.replace(&world.config(&["client_secret: right"]));
    assert_eq!(token(&answer(wrong.headers("b"))), "tok-1");
    world.requests(requests + 1);
    // What was wrong is forgotten with the configuration that said so: back there it is asked anew.
    wrong.replace(&world.config(&["client_secret: wrong"]));
    assert_eq!(token(&answer(wrong.headers("b"))), "tok-2");
}

fn retry_after() {
    let date = |offset: i64| {
        let offset_by = Duration::from_secs(offset.unsigned_abs());
        let now = SystemTime::now();
        httpdate::fmt_http_date(if offset < 0 { now - offset_by } else { now + offset_by })
    };
    // Inside the fetch's 30 s it is waited for.
    let world = World::default();
    world.endpoint.script(vec![Reply::status(429).header("Retry-After", "2")]);
    let resolver = world.resolver(&[]);
    let asked = world.clock.now();
    let caller = resolver.headers("b");
    world.through_pauses(1);
    assert_eq!(world.clock.now().since(asked), Duration::from_secs(2));
    assert_eq!(token(&answer(caller)), "tok-1");
    world.requests(2);

    // Beyond them the fetch fails at once, and the endpoint is left alone as long as it asked, up to 300 s.
    // The page that comes with it may be of any length.
    let page = "x".repeat(300_000);
    for (value, rest) in [
        ("60", 60.0),
        (&*date(120), 118.0),
        ("1000000000", 300.0),
        ("99999999999999999999999", 300.0),
        (&*date(1_000_000_000), 300.0),
    ] {
        let world = World::default();
        world.endpoint.script(vec![Reply::text(429, "text/html", &page).header("Retry-After", value)]);
        let resolver = world.resolver(&[]);
        assert_eq!(failure_kind(&answer(resolver.headers("b"))), TokenErrorKind::Unavailable, "{value}");
        world.advance(rest - 0.1);
        assert_eq!(failure_kind(&answer(resolver.headers("b"))), TokenErrorKind::Unavailable, "{value}");
        world.requests(1);
        world.advance(3.0);
        assert_eq!(token(&answer(resolver.headers("b"))), "tok-1", "{value}");
    }

    // What says nothing is as if it were not there: an ordinary pause.
    for value in ["soon", "-1", "1.5", &*date(-60)] {
        let world = World::default();
        world.endpoint.script(vec![Reply::status(429).header("Retry-After", value)]);
        let resolver = world.resolver(&[]);
        assert_eq!(token(&world.answer_through_pauses(resolver.headers("b"))), "tok-1", "{value}");
        world.requests(2);
    }
}

fn broken_connections() {
    let faults = [
        (Fault::ResetBeforeReply, TokenErrorKind::Transport),
        (Fault::ResetMidBody, TokenErrorKind::Transport),
        (Fault::Truncate, TokenErrorKind::Transport),
        (Fault::TruncateChunked, TokenErrorKind::Transport),
        (Fault::CloseWithoutReply, TokenErrorKind::Transport),
        (Fault::Garbage, TokenErrorKind::Transport),
    ];
    for (fault, kind) in faults {
        let world = World::default();
        world.endpoint.default_reply(Reply::broken(fault.clone()));
        let outcome = world.answer_through_pauses(world.resolver(&[]).headers("b"));
        assert_eq!(failure_kind(&outcome), kind, "{fault:?}");
        world.requests(4);

        let world = World::default();
        world.endpoint.script(vec![Reply::broken(fault.clone()); 3]);
        let outcome = world.answer_through_pauses(world.resolver(&[]).headers("b"));
        assert_eq!(token(&outcome).get(..4), Some("tok-"), "{fault:?}");
    }

    // Under TLS an end without goodbye is no end, also where no length was announced.
    for reply in [
        Reply::broken(Fault::Truncate),
        Reply::broken(Fault::Truncate).header("Content-Length", ""),
        Reply::broken(Fault::TruncateChunked),
    ] {
        let world = World::with(TokenEndpoint::start_tls(TlsOptions::default()));
        let files = Files::of(&world.endpoint);
        let resolver = world.resolver(&[&files.line("ca_bundle", "ca.pem")]);
        world.endpoint.script(vec![reply.clone(); 4]);
        let outcome = world.answer_through_pauses(resolver.headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Transport, "{reply:?}");
        world.requests(4);
        resolver.invalidate("b", None).unwrap();
        assert!(token(&answer(resolver.headers("b"))).starts_with("tok-"), "{reply:?}");
    }

    for fault in [Fault::Truncate, Fault::TruncateChunked, Fault::HugeBody { bytes: 1 << 20, streamed: true }] {
        let world = World::default();
        world.endpoint.default_reply(Reply::text(503, "text/html", "<html>down").fault(fault.clone()));
        let outcome = world.answer_through_pauses(world.resolver(&[]).headers("b"));
        let seen = (failure_kind(&outcome), failure(&outcome).http_status);
        assert_eq!(seen, (TokenErrorKind::Unavailable, Some(503)), "{fault:?}");
    }

    let world = World::default();
    world.endpoint.stop();
    let resolver = world.resolver(&[]);
    let refused = world.answer_through_pauses(resolver.headers("b"));
    assert_eq!(failure_kind(&refused), TokenErrorKind::Connect);
    world.endpoint.restart();
    world.advance(60.0);
    assert_eq!(token(&answer(resolver.headers("b"))), "tok-1");

    let unknown = world.resolver(&["token_url: http://no-such-host.invalid/token"]);
    let outcome = world.answer_through_pauses(unknown.headers("b"));
    assert_eq!(failure_kind(&outcome), TokenErrorKind::Dns, "{outcome:?}");
}

fn redirects() {
    let elsewhere = TokenEndpoint::start();
    for status in [301, 302, 303, 307, 308] {
        let world = World::default();
        world.endpoint.default_reply(Reply::redirect(status, &elsewhere.url()));
        let outcome = answer(world.resolver(&[]).headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Redirect, "{status}");
        assert_eq!(failure(&outcome).http_status, Some(status));
        world.requests(1);
    }
    assert_eq!(elsewhere.accepted(), 0);
}

fn endless_bodies() {
    for streamed in [false, true] {
        let world = World::default();
        world.endpoint.default_reply(Reply::broken(Fault::HugeBody { bytes: 1 << 30, streamed }));
        let outcome = world.answer_through_pauses(world.resolver(&[]).headers("b"));
        assert_eq!(failure_kind(&outcome), TokenErrorKind::Response, "{outcome:?}");
    }
    let world = World::default();
    world.endpoint.default_reply(Reply::broken(Fault::Drip { bytes_per_interval: 1, interval_ms: 100 }));
    let caller = world.resolver(&[]).headers("b");
    world.requests(1);
    world.advance(30.0);
    assert_eq!(failure_kind(&answer(caller)), TokenErrorKind::Timeout);
}

fn one_of_two_down() {
    let down = TokenEndpoint::start();
    down.default_reply(Reply::broken(Fault::Hang));
    let world = World::default();
    let auth = |url: &str, client: usize| {
        format!("auth: {{type: oauth2, token_url: {url:?}, client_id: c{client}, client_secret: s}}")
    };
    let mut yaml = String::from("backends:\n");
    for client in 0..400 {
        let (down, up) = (auth(&down.url(), client), auth(&world.endpoint.url(), client));
        yaml += &format!("  down{client}: {{type: sse, url: 'http://b/', {down}}}\n");
        yaml += &format!("  up{client}: {{type: sse, url: 'http://b/', {up}}}\n");
    }
    let resolver = world.resolver_for(&yaml);
    let stuck: Vec<_> = (0..400).map(|client| resolver.headers(&format!("down{client}"))).collect();
    let served: Vec<_> = (0..400).map(|client| resolver.headers(&format!("up{client}"))).collect();
    for caller in served {
        assert!(token(&answer(caller)).starts_with("tok-"));
    }
    assert!(stuck.iter().all(argus_auth_core::resolver::Pending::is_waiting));
}
