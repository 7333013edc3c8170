//! Tests that `include/argus_auth.h` is what cbindgen generates from the sources, that its version macros state Cargo's
//! version, and that its names have the prefix `argus_auth_`.
//!
//! `ARGUS_AUTH_UPDATE_HEADER=1 cargo test -p argus-auth-ffi --test header` generates the header again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

use std::path::{Path, PathBuf};
use std::{env, fs};

fn ffi() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn path() -> PathBuf {
    ffi().join("../include/argus_auth.h")
}

fn generated() -> String {
    let config = cbindgen::Config::from_file(ffi().join("cbindgen.toml")).unwrap();
    let bindings = cbindgen::Builder::new().with_crate(ffi()).with_config(config).generate().unwrap();
    let mut text = Vec::new();
    bindings.write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn header_in_the_repository_is_equal_to_the_generated_header() {
    let generated = generated();
    if env::var_os("ARGUS_AUTH_UPDATE_HEADER").is_some_and(|value| value == "1") {
        fs::write(path(), &generated).unwrap();
        return;
    }
    let checked_in = fs::read_to_string(path()).unwrap();
    let difference = generated.lines().zip(checked_in.lines()).enumerate().find(|(_, (new, old))| new != old);
    assert!(
        generated == checked_in,
        "include/argus_auth.h is stale, first at {difference:?}; \
         generate it again with ARGUS_AUTH_UPDATE_HEADER=1 cargo test -p argus-auth-ffi --test header"
    );
}

#[test]
fn version_macros_are_equal_to_cargos_version() {
    let header = generated();
    let value = |name: &str| {
        let prefix = format!("#define {name} ");
        header.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    assert_eq!(value("ARGUS_AUTH_VERSION"), format!("{:?}", env!("CARGO_PKG_VERSION")));
    assert_eq!(value("ARGUS_AUTH_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MAJOR"));
    assert_eq!(value("ARGUS_AUTH_VERSION_MINOR"), env!("CARGO_PKG_VERSION_MINOR"));
    assert_eq!(value("ARGUS_AUTH_VERSION_PATCH"), env!("CARGO_PKG_VERSION_PATCH"));
    let part = |text: &str| text.parse::<u32>().unwrap();
    let number = part(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | part(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | part(env!("CARGO_PKG_VERSION_PATCH"));
    assert_eq!(argus_auth::argus_auth_version_number(), number);
}

#[test]
fn header_declares_only_names_with_the_prefix() {
    let header = generated();
    for line in header.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        let (["#define", name, ..] | ["typedef", "struct", name, ..] | [name, "=", _]) = words.as_slice() else {
            continue;
        };
        assert!(name.starts_with("ARGUS_AUTH_") || name.starts_with("argus_auth_"), "{line}");
    }
}
