//! Reads any bytes as a configuration. Checks that there is no panic and no hang, that the number and the length of
//! problems are bounded, and that a second run gives the same backends or the same error.

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
        // At most 100 errors and a summary of the other errors, and the same for warnings.
        assert!(problems.len() <= 202);
        for problem in problems {
            assert!(problem.to_string().len() < 4096, "{problem}");
            if let Some(snippet) = snippet(text, &problem) {
                assert!(snippet.chars().count() < 1000, "{snippet}");
            }
        }
    }
});
