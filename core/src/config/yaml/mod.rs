//! YAML text -> a graph of nodes with positions, meaning what the gateway's own parser makes of it.
//!
//! The gateway reads its file with `PyYAML`'s `safe_load`, which is YAML 1.1 with habits of its own: `yes` and `on`
//! are booleans, `0123` is octal, `1:30` is ninety, `<<` merges, a tab ends a plain scalar with an error. A library for
//! another version of YAML, or even libyaml, reads some files differently, and a credential that is read differently is
//! a wrong credential. So this module is written from the rules that `PyYAML` 6.0.3 (MIT licence) follows in its scanner,
//! parser, composer, resolver and `SafeConstructor`, and is compared with it case by case; where the structure is the
//! same it is because the rules are. There is no dependency, no `unsafe` and no unbounded recursion.
//!
//! The text passes through these files in this order:
//!
//! | file | from | to |
//! |---|---|---|
//! | `cursor` | bytes | characters with positions, line breaks made uniform |
//! | `scanner`, `scalars`, `tags` | characters | tokens |
//! | `compose` | tokens | a graph: anchors and aliases resolved, budgets kept, tags chosen |
//! | `resolve` | a plain scalar | its tag (`bool`, `int`, ...) |
//! | `construct`, `number`, `timestamp`, `base64` | the graph | the same: values typed, merge keys flattened |
//!
//! On purpose this differs from `safe_load` in what it *rejects*, never in what a value is: a node that contains itself,
//! `\u` escapes for lone surrogates, what exceeds [`Limits`], and, behind explicit tags or by sheer length only,
//! non-ASCII digits, a sign inside `1:30`, and integers not written in decimal that are larger than any float.

mod base64;
mod compose;
mod construct;
mod cursor;
mod number;
mod resolve;
mod scalars;
mod scanner;
mod tags;
#[cfg(test)]
mod tests;
mod timestamp;

pub(crate) use self::cursor::{Text, decode};
use self::resolve::Tag;
pub(crate) use self::timestamp::Timestamp;
use zeroize::Zeroizing;

/// A place in the text, counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub line: u32,
    pub column: u32,
}

/// The nodes of a document. One that aliases repeat is there once.
pub(crate) struct Document<'t> {
    nodes: Vec<Node<'t>>,
    root: Id,
}

impl<'t> Document<'t> {
    pub(crate) fn root(&self) -> &Node<'t> {
        self.node(self.root)
    }

    pub(crate) fn node(&self, id: Id) -> &Node<'t> {
        &self.nodes[id]
    }
}

/// Which node of its document.
pub(crate) type Id = usize;

/// A value and where it stands. There is no `Debug`: any string may be a secret.
pub(crate) struct Node<'t> {
    pub value: Value<'t>,
    pub start: Mark,
    tag: Tag,
    /// Has an anchor, so it may be used more than once.
    anchored: bool,
    /// Its value is what the tag says, or will be.
    constructed: bool,
}

/// What `safe_load` would return, as a closed set of kinds.
pub(crate) enum Value<'t> {
    Null,
    Bool(bool),
    Int(Int),
    Float(f64),
    Str(Text<'t>),
    /// From `!!binary`.
    Bytes(Zeroizing<Vec<u8>>),
    /// A date, with or without a time.
    Timestamp(Timestamp),
    Seq(Vec<Id>),
    Map(Vec<Pair>),
    /// From `!!set`: its members, in order, repetitions kept.
    #[cfg_attr(not(test), expect(dead_code, reason = "nothing that is read is a set; the tests look inside"))]
    Set(Vec<Id>),
    /// From `!!omap` and `!!pairs`: a list of pairs, not a mapping.
    #[cfg_attr(not(test), expect(dead_code, reason = "nothing that is read is a list of pairs; the tests look inside"))]
    Pairs(Vec<Pair>),
}

/// Python's integers have no bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Int {
    Small(i64),
    /// Outside of `i64`: canonical decimal text, with `-` if negative.
    Big(String),
}

/// One key and its value in a mapping.
///
/// Merge keys are flattened as Python's `dict` would see them: an explicit key wins over a merged one, and of a list of
/// mappings the first wins. Duplicate *explicit* keys are all kept, in order (Python: the last wins).
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    pub key: Id,
    pub value: Id,
    /// Came through `<<`.
    pub merged: bool,
}

/// Why a text was rejected. The message never quotes the text, which may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Error {
    pub mark: Option<Mark>,
    pub message: String,
}

impl Error {
    fn at(mark: Mark, message: impl Into<String>) -> Self {
        Self { mark: Some(mark), message: message.into() }
    }
}

type Result<T, E = Error> = std::result::Result<T, E>;

/// Bounds on what one text may cost, checked before the memory is used.
#[derive(Clone, Debug)]
#[allow(clippy::struct_field_names)] // each is a maximum, and says so where it is used
pub(crate) struct Limits {
    /// Length of the text in bytes; repetition through aliases may add as much again.
    pub max_bytes: usize,
    /// Levels of nesting, after aliases are expanded.
    pub max_depth: usize,
    /// Keys and values, after aliases are expanded.
    pub max_nodes: usize,
    /// Length of one scalar in bytes.
    pub max_scalar_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // The gateway's other parser stops at the same size and depth.
        Self { max_bytes: 10 << 20, max_depth: 128, max_nodes: 1_000_000, max_scalar_bytes: 1 << 20 }
    }
}

/// Reads the one document in `text`, which [`decode`] gave; an empty one is a `Null` node. The nodes borrow from the text.
pub(crate) fn parse<'t>(text: &'t str, limits: &Limits) -> Result<Document<'t>> {
    if let Some(graph) = compose::compose(text, limits)? {
        return construct::construct(graph);
    }
    let start = Mark { line: 1, column: 1 };
    let nothing = Node { value: Value::Null, start, tag: Tag::Null, anchored: false, constructed: true };
    Ok(Document { nodes: vec![nothing], root: 0 })
}
