//! YAML 1.1, read exactly as `PyYAML`'s `safe_load` reads it: text in, a graph of typed nodes with positions out.
//!
//! An Argus gateway reads its file with `safe_load`, which is YAML 1.1 with habits of its own: `yes` and `on` are
//! booleans, `0123` is octal, `1:30` is ninety, `<<` merges, a tab behind a plain scalar is an error. A parser for
//! another version of YAML, and even libyaml, reads some files differently, and a credential that is read differently
//! is a wrong credential. This crate follows the rules of `PyYAML` 6.0.3 (MIT licence): its scanner, parser, composer,
//! resolver and `SafeConstructor`. Tests compare the two case by case; where the structure is the same, the rules are
//! the reason. The crate has no `unsafe`, no unbounded recursion and one dependency, which wipes memory.
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
//! | `compose` | tokens | a graph: anchors and aliases resolved, budgets kept, tags chosen |
//! | `resolve` | a plain scalar | its tag (`bool`, `int`, ...) |
//! | `construct`, `number`, `timestamp`, `base64` | the graph | the same graph: values typed, merge keys flattened |
//!
//! `node` has the types of the result, `error` the error and the limits.
//!
//! The crate differs from `safe_load` on purpose in the texts it *rejects*, never in the value of a text that both
//! accept. It rejects a node that contains itself, `\u` escapes for lone surrogates, and texts that exceed [`Limits`];
//! and, behind explicit tags or in very long numbers only, non-ASCII digits, a sign inside `1:30`, and integers in
//! another base than ten that are larger than any float.

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

/// Reads the one document in `text`, which [`decode`] returned. The nodes borrow from `text`; an empty document is a
/// single [`Value::Null`].
///
/// # Errors
/// The first place at which the text is not YAML, or exceeds `limits`.
pub fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Document<'t>> {
    if let Some(graph) = compose::compose(text, limits)? {
        return construct::construct(graph);
    }
    let start = Mark { line: 1, column: 1 };
    let nothing = Node { value: Value::Null, start, tag: Tag::Null, anchored: false, constructed: true };
    Ok(Document { nodes: vec![nothing], root: 0 })
}
