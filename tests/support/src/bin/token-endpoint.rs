//! The scriptable token endpoint as a program, for tests in C, C++ and Python.
//!
//! ```text
//! token-endpoint [--port N] [--expires-in S] [--log FILE] [--stdin-eof]
//!                [--tls valid|wrong-host|expired] [--tls-dir DIR] [--require-client-certificate]
//! ```
//!
//! Prints one line, `token endpoint: URL`, when it is ready. Every path is a token endpoint, except the control paths:
//! `GET /_requests`, `POST /_script` (a JSON list of replies), `POST /_default` (one reply), `POST /_release` and
//! `POST /_reset`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that talks to whoever started it")]

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use argus_auth_test_support::{Certificate, Options, Reply, TlsOptions, TokenEndpoint};

#[derive(Default)]
struct Flags {
    options: Options,
    tls_dir: Option<PathBuf>,
    stdin_eof: bool,
}

fn main() -> ExitCode {
    let flags = match parse(std::env::args().skip(1)) {
        Ok(flags) => flags,
        Err(message) => {
            eprintln!("token-endpoint: {message}");
            return ExitCode::from(2);
        }
    };
    match run(flags) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("token-endpoint: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: Flags) -> io::Result<()> {
    let endpoint = TokenEndpoint::start_with(flags.options);
    if let (Some(directory), Some(files)) = (&flags.tls_dir, endpoint.tls_files()) {
        files.write_to(directory)?;
    }
    println!("token endpoint: {}", endpoint.url());
    io::stdout().flush()?;
    if flags.stdin_eof {
        // Ends with the process that started it, however that one ends.
        let mut input = io::stdin().lock();
        while input.read(&mut [0; 256])? > 0 {}
        return Ok(());
    }
    loop {
        std::thread::park();
    }
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Flags, String> {
    let mut flags = Flags::default();
    let mut tls = None::<TlsOptions>;
    while let Some(flag) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{flag} needs a value"));
        match flag.as_str() {
            "--port" => flags.options.port = number(&flag, &value()?)?,
            "--expires-in" => flags.options.default_reply = Some(Reply::fresh_token(number(&flag, &value()?)?)),
            "--log" => flags.options.log = Some(value()?.into()),
            "--stdin-eof" => flags.stdin_eof = true,
            "--tls" => tls.get_or_insert_default().certificate = certificate(&value()?)?,
            "--tls-dir" => flags.tls_dir = Some(value()?.into()),
            "--require-client-certificate" => tls.get_or_insert_default().require_client_certificate = true,
            _ => return Err(format!("unknown flag {flag}")),
        }
    }
    if flags.tls_dir.is_some() && tls.is_none() {
        return Err("--tls-dir needs --tls".to_owned());
    }
    flags.options.tls = tls;
    Ok(flags)
}

fn number<T: std::str::FromStr>(flag: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{flag}: not a number in range: {text}"))
}

fn certificate(text: &str) -> Result<Certificate, String> {
    match text {
        "valid" => Ok(Certificate::Valid),
        "wrong-host" => Ok(Certificate::WrongHost),
        "expired" => Ok(Certificate::Expired),
        _ => Err(format!("--tls: valid, wrong-host or expired, not {text}")),
    }
}
