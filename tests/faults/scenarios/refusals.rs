//! Refusals: a backend refuses a token with 401, and the host reports that with `invalidate`.

use std::thread;

use argus_auth_faults::{PATIENCE, World, token, wait};

use super::{Chapter, Scenario};

pub(super) const CHAPTER: Chapter = Chapter {
    topic: "refusals",
    title: "Refusals",
    introduction: "When a backend refuses a token with 401, the host reports that with `invalidate`, and the next \
                   caller gets a new token.",
    scenarios: &[
        Scenario {
            id: "refusals.1",
            when: "50 threads report the refusal of the same token at the same time",
            then: "One fetch is made, and all threads get its token.",
            run: simultaneous_refusals_of_one_token_cost_one_fetch,
        },
        Scenario {
            id: "refusals.2",
            when: "The refusal of a token is reported after the token has been replaced",
            then: "The new token is kept, and no fetch is made.",
            run: late_refusal_of_an_older_token_costs_no_fetch,
        },
    ],
};

fn simultaneous_refusals_of_one_token_cost_one_fetch() {
    let world = World::default();
    let resolver = world.resolver(&[]);
    let first = wait(resolver.headers("b")).unwrap();
    let refused = first.get("Authorization").unwrap().expose_secret();
    let threads: Vec<_> = (0..50)
        .map(|_| {
            let (resolver, refused) = (resolver.clone(), refused.to_owned());
            thread::spawn(move || {
                resolver.invalidate("b", Some(&refused)).unwrap();
                token(&resolver.headers_blocking("b", PATIENCE))
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), "tok-2");
    }
    world.expect_requests(2);
}

fn late_refusal_of_an_older_token_costs_no_fetch() {
    let world = World::default();
    let resolver = world.resolver(&[]);
    let first = wait(resolver.headers("b")).unwrap();
    let refused = first.get("Authorization").unwrap().expose_secret();
    for _ in 0..2 {
        resolver.invalidate("b", Some(refused)).unwrap();
        assert_eq!(token(&wait(resolver.headers("b"))), "tok-2");
        world.expect_requests(2);
    }
}
