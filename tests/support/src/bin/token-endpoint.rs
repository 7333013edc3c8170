//! The scriptable token endpoint as a program, for tests in C, C++ and Python.
//!
//! ```text
//! token-endpoint [--port N] [--expires-in S] [--log FILE] [--stdin-eof]
//!                [--tls valid|wrong-host|expired] [--tls-dir DIR] [--require-client-certificate]
//! ```
//!
//! | flag | means |
//! |---|---|
//! | `--port` | the port on 127.0.0.1; by default a free port |
//! | `--expires-in` | the lifetime of tokens in seconds; by default 3600 |
//! | `--log` | a file to which one JSON line per token request is appended |
//! | `--stdin-eof` | exits when standard input is closed, which also happens when the parent process ends |
//! | `--tls` | serves https with a certificate of this kind |
//! | `--tls-dir` | a directory for `ca.pem`, `client.pem` and `client.key` |
//! | `--require-client-certificate` | serves https and rejects clients without a certificate such as `client.pem` |
//!
//! Prints one line, `token endpoint: URL`, when it is ready. Every path is a token endpoint, except the control paths:
//!
//! | path | does |
//! |---|---|
//! | `GET /_requests` | returns all token requests, a JSON list |
//! | `POST /_script` | adds a JSON list of replies to the script |
//! | `POST /_default` | sets the reply for an empty script, one JSON object |
//! | `POST /_release` | sends every held reply |
//! | `POST /_reset` | removes requests and script, restores the default reply, and counts from `tok-1` again |
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program prints to the process that started it")]

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
        // Standard input is closed when the parent process ends, for any reason.
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
