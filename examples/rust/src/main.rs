//! A host in Rust: prints the headers of every backend of a configuration.
//!
//! `host-rust CONFIG [--show-secrets] [--log]`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use argus_auth_core::{LoadOptions, Resolver, log};

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
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for backend in resolver.backends() {
        match resolver.headers_blocking(&backend.name, Duration::from_secs(35)) {
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

fn take_flag(arguments: &mut Vec<String>, flag: &str) -> bool {
    let before = arguments.len();
    arguments.retain(|argument| argument != flag);
    arguments.len() < before
}
