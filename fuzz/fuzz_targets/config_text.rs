//! Any bytes as a configuration: no panic, no hang, bounded problems, and the same outcome every time.

#![no_main]

use argus_auth_core::config::{parse, snippet};
use argus_auth_core::{LoadOptions, Unresolved};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &[u8]| {
    for unresolved in [Unresolved::Error, Unresolved::Keep] {
        let options = LoadOptions { unresolved, ..LoadOptions::default() };
        let (first, second) = (parse(text, &options), parse(text, &options));
        let problems = match (first, second) {
            (Ok(first), Ok(second)) => {
                assert!(first.backends == second.backends);
                first.backends.iter().for_each(|backend| drop(backend.gateway_value()));
                first.warnings
            }
            (Err(first), Err(second)) => {
                assert_eq!(first, second);
                first.problems
            }
            (first, second) => panic!("{first:?} and then {second:?}"),
        };
        assert!(problems.len() <= 202);
        for problem in problems {
            assert!(problem.to_string().len() < 4096, "{problem}");
            if let Some(snippet) = snippet(text, &problem) {
                assert!(snippet.chars().count() < 1000, "{snippet}");
            }
        }
    }
});
