//! Every public type of `core` and `yaml` has an example in its documentation. The documentation tests compile the
//! examples.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failure here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Returns the names of the public types in `source` that have no code block in their documentation. Each `pub` type
/// counts as public, because the lint `unreachable_pub` reports a `pub` that no other crate can reach.
fn types_without_example(source: &str) -> Vec<String> {
    let (mut found, mut has_example) = (Vec::new(), false);
    for line in source.lines() {
        if line.starts_with("///") {
            has_example |= line.contains("```");
        } else if !line.starts_with("#[") {
            let mut declared = ["pub struct ", "pub enum ", "pub trait ", "pub type "].iter();
            if let Some(rest) = declared.find_map(|keyword| line.strip_prefix(keyword))
                && !has_example
            {
                found.push(rest.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned());
            }
            has_example = false;
        }
    }
    found
}

#[test]
fn public_types_each_have_an_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [root.join("src"), root.join("../yaml/src")].map(|folder| sources(&folder)).concat();
    assert!(files.len() > 80, "{} files", files.len());
    let missing: Vec<_> = files
        .iter()
        // `fuzzing.rs` is compiled for the fuzzer only.
        .filter(|path| !path.ends_with("fuzzing.rs"))
        .flat_map(|path| types_without_example(&fs::read_to_string(path).unwrap()))
        .collect();
    assert!(missing.is_empty(), "without an example: {missing:?}");
}

#[test]
fn type_without_a_code_block_is_found() {
    let source = "/// A.\n///\n/// ```\n/// ```\n#[derive(Debug)]\npub struct A;\n\n/// B.\npub enum B {}\n";
    assert_eq!(types_without_example(source), ["B"]);
}
