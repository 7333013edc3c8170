//! Tests that the shared library exports exactly the functions in `exports.txt`, that the header declares the same
//! functions, and that the library has its SONAME and is never unloaded.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn file(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// Returns the path of the shared library, which Cargo builds for this test and puts beside it.
fn library() -> String {
    env::current_exe().unwrap().with_file_name("libargus_auth.so").into_os_string().into_string().unwrap()
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn library_exports_exactly_the_listed_symbols() {
    let symbols = run("nm", &["-D", "--defined-only", &library()]);
    let exported: BTreeSet<_> = symbols.lines().filter_map(|line| line.split_whitespace().last()).collect();
    let list = file("exports.txt");
    let allowed: BTreeSet<_> = list.lines().collect();
    assert_eq!(exported, allowed);
}

#[test]
fn header_declares_exactly_the_listed_symbols() {
    let header = file("../include/argus_auth.h");
    let code = header.lines().filter(|line| !line.trim_start().starts_with('*'));
    let declared: BTreeSet<_> = code
        .filter_map(|line| line.split_once('('))
        .filter_map(|(before, _)| before.rsplit([' ', '*']).next())
        .filter(|name| name.starts_with("argus_auth_"))
        .collect();
    let list = file("exports.txt");
    assert_eq!(declared, list.lines().collect());
}

#[test]
fn library_has_an_soname_with_its_abi_version_and_is_never_unloaded() {
    let dynamic = run("readelf", &["-d", &library()]);
    assert!(dynamic.contains("[libargus_auth.so.0]"), "{dynamic}");
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}
