//! Admission: the limits on requests under way. A host that hangs leaves permits to other hosts.

use argus_auth_core::wait::Pending;
use argus_auth_faults::{INSIDE_BUFFER, PATIENCE, World, token, wait, wait_until};
use argus_auth_test_support::{Fault, Reply, TokenEndpoint};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "admission",
    title: "Admission",
    introduction: "The number of requests under way is limited per process and per host, so that requests to hosts \
                   that hang leave room for requests to other hosts.",
    scenarios: &[
        Scenario {
            id: "admission.1",
            when: "400 clients wait for a host that hangs. Another host works.",
            then: "400 clients of the other host get their tokens.",
            run: hanging_host_does_not_delay_another,
        },
        Scenario {
            id: "admission.2",
            when: "Ten hosts hang with 64 clients each, and their requests use up the 256 permits of the process",
            then: "A client of another host gets its token, because four permits are reserved for each host.",
            run: hanging_requests_leave_permits_to_another_host,
        },
        Scenario {
            id: "admission.3",
            when: "Ten hosts hang, and 32 tokens of each are due for renewal",
            then: "64 renewals are under way at once, and no more. Another host has 64 requests under way at once, and \
                   its 100 clients get their tokens.",
            run: hanging_renewals_leave_permits_to_another_host,
        },
        Scenario {
            id: "admission.4",
            when: "64 clients of one host get 429 with `Retry-After: 25`",
            then: "The request of the next client is sent at once, because a pause between attempts holds no permit.",
            run: pause_between_attempts_holds_no_permit,
        },
    ],
};

fn hanging_host_does_not_delay_another() {
    let hanging = TokenEndpoint::start();
    hanging.default_reply(Reply::broken(Fault::Hang));
    let world = World::default();
    let (resolver, names) = world.resolver_for_clients(&[hanging], 400);
    let stuck: Vec<_> = names.iter().map(|name| resolver.headers(name)).collect();
    let (other, names) = world.resolver_for_clients(std::slice::from_ref(&world.endpoint), 400);
    for caller in names.iter().map(|name| other.headers(name)).collect::<Vec<_>>() {
        assert!(token(&wait(caller)).starts_with("tok-"));
    }
    assert!(stuck.iter().all(Pending::is_waiting));
}

fn hanging_requests_leave_permits_to_another_host() {
    let world = World::default();
    let hanging: Vec<_> = (0..10).map(|_| TokenEndpoint::start()).collect();
    let (resolver, names) = world.resolver_for_clients(&hanging, 64);
    for host in &hanging {
        host.default_reply(Reply::broken(Fault::Hang));
    }
    let _stuck: Vec<_> = names.iter().map(|name| resolver.headers(name)).collect();
    // Each of the first four hosts gets its four reserved permits, and 60 of the 256 permits of the process. The fifth
    // host gets the other 16 permits of the process.
    for host in &hanging[..4] {
        assert!(host.wait_for_requests(64, PATIENCE));
    }
    assert_eq!(token(&wait(world.resolver(&[]).headers("b"))), "tok-1");
}

fn hanging_renewals_leave_permits_to_another_host() {
    let world = World::default();
    let hanging: Vec<_> = (0..10).map(|_| TokenEndpoint::start()).collect();
    let (resolver, names) = world.resolver_for_clients(&hanging, 32);
    for name in &names {
        // The second call is a hit. Without a hit, a token is not renewed.
        wait(resolver.headers(name)).unwrap();
        wait(resolver.headers(name)).unwrap();
    }
    for host in &hanging {
        host.default_reply(Reply::broken(Fault::Hang));
    }
    world.advance(INSIDE_BUFFER);
    let requests = || hanging.iter().map(|host| host.requests().len()).sum::<usize>();
    wait_until(|| requests() >= names.len() + 64);
    // 100 clients are more than the 4 permits that are reserved for a host, and more than the 64 requests that one host
    // may have under way.
    let (other, names) = world.resolver_for_clients(std::slice::from_ref(&world.endpoint), 100);
    world.endpoint.default_reply(Reply::fresh_token(3600).hold());
    let callers: Vec<_> = names.iter().map(|name| other.headers(name)).collect();
    world.expect_requests(64);
    world.endpoint.default_reply(Reply::fresh_token(3600));
    world.endpoint.release();
    for caller in callers {
        assert!(token(&wait(caller)).starts_with("tok-"));
    }
    assert_eq!(requests(), 320 + 64, "no more renewals than that are under way at once");
}

fn pause_between_attempts_holds_no_permit() {
    let world = World::default();
    world.endpoint.script(vec![Reply::status(429).header("Retry-After", "25"); 64]);
    let (resolver, names) = world.resolver_for_clients(std::slice::from_ref(&world.endpoint), 65);
    let (last, first) = names.split_last().unwrap();
    let paused: Vec<_> = first.iter().map(|name| resolver.headers(name)).collect();
    world.expect_requests(64);
    assert_eq!(token(&wait(resolver.headers(last))), "tok-1");
    assert!(paused.iter().all(Pending::is_waiting));
}
