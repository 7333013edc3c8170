//! Reads YAML 1.1 as `PyYAML`'s `safe_load` reads it, with the differences listed below. Takes text and returns a graph
//! of typed nodes with positions.
//!
//! An Argus gateway reads its configuration file with `safe_load`, which implements YAML 1.1 with some rules of its
//! own: `yes` and `on` are booleans, `0123` is octal, `1:30` is ninety, `<<` merges mappings, and a tab after a plain
//! scalar is an error. Parsers for YAML 1.2, and even libyaml, read some files differently. If a credential is read
//! differently, it is a wrong credential. This crate therefore follows the rules of `PyYAML` 6.0.3 (MIT licence): its
//! scanner, parser, composer, resolver and `SafeConstructor`. Parts of the code have the structure of `PyYAML`, because
//! they follow the same rules. The test cases were compared with `PyYAML` one by one. The crate has no `unsafe`, no
//! unbounded recursion and one dependency, `zeroize`, which wipes memory.
//!
//! ```
//! use argus_auth_yaml::{Limits, Value, decode, parse};
//!
//! # fn main() -> Result<(), argus_auth_yaml::Error> {
//! let limits = Limits::default();
//! let text = decode(b"enabled: yes\n", &limits)?;
//! let document = parse(&text, &limits)?;
//! let Value::Map(pairs) = &document.root().value else { panic!("not a mapping") };
//! assert!(matches!(document.node(pairs[0].value).value, Value::Bool(true)));
//! # Ok(())
//! # }
//! ```
//!
//! The text passes through these files in this order:
//!
//! | file | from | to |
//! |---|---|---|
//! | `decode` | bytes | text: size, encoding and characters checked, line breaks made uniform |
//! | `cursor` | text | characters with their positions |
//! | `scanner`, `scalars`, `tags` | characters | tokens |
//! | `compose` | tokens | a graph: anchors and aliases resolved, limits checked, tags chosen |
//! | `resolve` | a plain scalar | its tag (`bool`, `int`, ...) |
//! | `construct`, `number`, `timestamp`, `base64` | the graph | the same graph: values typed, merge keys flattened |
//!
//! `node` has the types of the result. `error` has the error type and the limits.
//!
//! The crate differs from `safe_load` on purpose. It returns a timestamp as text, and all duplicate keys of a mapping
//! and members of a set. Any other text that `safe_load` and this crate accept has the same value in both. This crate
//! also rejects:
//!
//! - a node that contains itself;
//! - a `\u` escape for a surrogate;
//! - a text that exceeds [`Limits`], and bytes that are not UTF-8 (`safe_load` also accepts UTF-16);
//! - after an explicit `!!int` or `!!float`, non-ASCII digits;
//! - after an explicit `!!int`, a minus sign inside a number, such as `1:-30`;
//! - an integer in base 2, 8, 16 or 60 with more than about 360 decimal digits (the largest float has 309).

mod base64;
mod compose;
mod construct;
mod cursor;
mod decode;
mod error;
mod node;
mod number;
mod resolve;
mod scalars;
mod scanner;
mod tags;
mod timestamp;

pub use self::decode::decode;
pub use self::error::{Error, Limits};
pub use self::node::{CowStr, Document, Id, Int, Mark, Node, Pair, Value};

use self::error::Result;
use self::resolve::Tag;

/// Parses the one document in `text`. The text must be the result of [`decode`], or a text that `decode` would return
/// unchanged. The nodes borrow from `text`. An empty document is a single [`Value::Null`].
///
/// # Errors
/// [`Error`] with the first place at which the text is not valid YAML or exceeds `limits`.
pub fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Document<'t>> {
    if let Some(graph) = compose::compose(text, limits)? {
        return construct::construct(graph);
    }
    let start = Mark { line: 1, column: 1 };
    let nothing = Node { value: Value::Null, start, tag: Tag::Null, anchored: false, constructed: true };
    Ok(Document { nodes: vec![nothing], root: 0 })
}

/// Compiles the example in the README, and runs it as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
