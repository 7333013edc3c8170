//! An example in Rust of a host, a program that embeds this library: prints the HTTP headers that a request to each
//! backend of a configuration must carry.
//!
//! ```text
//! host-rust CONFIG [--show-secrets] [--log]
//! ```
//!
//! `--show-secrets` prints the values of headers instead of their lengths. `--log` prints the library's log to stderr.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the purpose of this program is to print")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use argus_auth_core::{LoadOptions, Resolver, log};

/// The longest wait for a token. The library itself gives up after 30 seconds, so no wait gets this long.
const TIMEOUT: Duration = Duration::from_secs(35);

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let show_secrets = take_flag(&mut arguments, "--show-secrets");
    if take_flag(&mut arguments, "--log") {
        log::set_level(Some(log::Level::TRACE));
        log::forward(|record| eprintln!("{} {}: {}", record.level, record.target, record.message));
    }
    let [config] = arguments.as_slice() else {
        eprintln!("usage: host-rust CONFIG [--show-secrets] [--log]");
        return ExitCode::from(2);
    };
    let resolver = match Resolver::from_file(Path::new(config), &LoadOptions::default()) {
        Ok(resolver) => resolver,
        Err(error) => {
            // The message lists every problem of the file with its line and column.
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for backend in resolver.backends() {
        // For an oauth2 backend, the first call waits for its token; later calls return the cached token.
        match resolver.headers_blocking(&backend.name, TIMEOUT) {
            Ok(headers) if headers.is_empty() => println!("{}\t(no headers)", backend.name),
            Ok(headers) => {
                for (name, value) in headers.iter() {
                    let value = value.expose_secret();
                    if show_secrets {
                        println!("{}\t{name}: {value}", backend.name);
                    } else {
                        println!("{}\t{name}: <redacted> ({} bytes)", backend.name, value.len());
                    }
                }
            }
            Err(error) => println!("{}\terror: {}", backend.name, error.code()),
        }
    }
    ExitCode::SUCCESS
}

/// Removes a flag from the arguments. Returns whether it was there.
fn take_flag(arguments: &mut Vec<String>, flag: &str) -> bool {
    let before = arguments.len();
    arguments.retain(|argument| argument != flag);
    arguments.len() < before
}
