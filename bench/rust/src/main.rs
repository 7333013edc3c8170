//! Measures the time of a cached read and the memory of a provider, in Rust.
//!
//! ```text
//! bench-rust reads CONFIG ROUNDS READS    prints a line per operation: its name, and the nanoseconds per read by round
//! bench-rust memory PROVIDERS             prints the bytes per provider
//! ```
//!
//! CONFIG has a backend `plain` with OAuth2 alone, and a backend `merged` with OAuth2 and configured headers. Each
//! operation is a function that is not inlined, so that a profiler finds it by its name.
#![allow(clippy::print_stdout, reason = "a program whose results go to standard output")]

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use argus_auth_core::config::{self, AuthConfig, OAuth2Config, TokenRequestOptions};
use argus_auth_core::provider::{self, AuthProvider};
use argus_auth_core::{Engine, LoadOptions, Resolver, Secret};

/// The name of an operation, its nanoseconds per read in each round, and a function that does all reads of a round.
type Operation<'a> = (&'a str, Vec<f64>, &'a dyn Fn());
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["reads", config, rounds, reads] => cached_reads(config.as_ref(), rounds.parse()?, reads.parse()?),
        ["memory", providers] => memory(providers.parse()?),
        _ => Err("usage: bench-rust reads CONFIG ROUNDS READS | memory PROVIDERS".into()),
    }
}

fn cached_reads(path: &Path, rounds: usize, reads: u32) -> Outcome<()> {
    let options = LoadOptions::default();
    let resolver = Resolver::from_file(path, &options)?;
    for backend in ["plain", "merged"] {
        resolver.headers_blocking(backend, Duration::from_secs(35))?;
    }
    // This provider shares its token with the backend `plain`, because both have the same credentials.
    let config = config::load(path, &options)?;
    let plain = config.backends.iter().find(|backend| backend.name == "plain").ok_or("no backend `plain`")?;
    let auth = plain.auth.as_ref().ok_or("`plain` without auth")?;
    let provider = provider::create(&plain.name, auth, Engine::global());
    if provider.current()?.is_none() {
        return Err("the token is not shared".into());
    }

    let mut operations: [Operation<'_>; 4] = [
        ("clock", Vec::new(), &|| read_clock(reads)),
        ("provider", Vec::new(), &|| read_provider(provider.as_ref(), reads)),
        ("resolver", Vec::new(), &|| read_resolver(&resolver, "plain", reads)),
        ("resolver-merged", Vec::new(), &|| read_resolver_merged(&resolver, "merged", reads)),
    ];
    for round in 0..=rounds {
        for (_, results, operation) in &mut operations {
            let start = Instant::now();
            operation();
            // The first round is the warm-up.
            if round > 0 {
                results.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(reads));
            }
        }
    }
    for (name, results, _) in operations {
        let results: Vec<_> = results.iter().map(|nanos| format!("{nanos:.2}")).collect();
        println!("{name} {}", results.join(" "));
    }
    Ok(())
}

#[inline(never)]
fn read_clock(reads: u32) {
    for _ in 0..reads {
        black_box(rustix::time::clock_gettime(rustix::time::ClockId::Boottime));
    }
}

#[inline(never)]
fn read_provider(provider: &dyn AuthProvider, reads: u32) {
    for _ in 0..reads {
        drop(black_box(provider.current()));
    }
}

#[inline(never)]
fn read_resolver(resolver: &Resolver, name: &str, reads: u32) {
    for _ in 0..reads {
        drop(black_box(resolver.try_headers(black_box(name))));
    }
}

// A copy of `read_resolver` with a name of its own, so that a profiler can tell the two operations apart.
#[inline(never)]
fn read_resolver_merged(resolver: &Resolver, name: &str, reads: u32) {
    for _ in 0..reads {
        drop(black_box(resolver.try_headers(black_box(name))));
    }
}

fn memory(providers: u32) -> Outcome<()> {
    let create = |number: u32| {
        let auth = AuthConfig::OAuth2(OAuth2Config {
            token_url: "https://auth.example/oauth/token".to_owned(),
            client_id: format!("client-{number}"),
            client_secret: Secret::new(format!("secret-{number}")),
            scopes: vec!["mcp:read".to_owned(), "mcp:write".to_owned()],
            token_expiry_buffer: Duration::from_secs(300),
            auth_retry_on_401: true,
            options: TokenRequestOptions::default(),
        });
        provider::create("", &auth, Engine::global())
    };
    // Allocates what all providers share, before the measurement.
    let first = create(0);
    let before = resident()?;
    let all: Vec<_> = (1..=providers).map(create).collect();
    println!("{:.1}", (resident()? - before) / f64::from(providers));
    drop((first, all));
    Ok(())
}

/// Returns the resident memory of this process, in bytes.
fn resident() -> Outcome<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim_end().parse::<f64>()? * 1024.0)
}
