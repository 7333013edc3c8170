//! The result: a document of nodes, each with its value and its place in the text.

use std::ops::Deref;

use zeroize::Zeroizing;

use crate::resolve::Tag;

/// A place in the text: line and column, both counted from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// The nodes of a document. A node that aliases repeat is stored once.
pub struct Document<'t> {
    pub(crate) nodes: Vec<Node<'t>>,
    pub(crate) root: Id,
}

impl<'t> Document<'t> {
    /// Returns the node that contains all others.
    #[inline]
    pub fn root(&self) -> &Node<'t> {
        self.node(self.root)
    }

    /// Returns the node `id`, which came from this document.
    ///
    /// # Panics
    /// If `id` came from a larger document.
    #[inline]
    pub fn node(&self, id: Id) -> &Node<'t> {
        &self.nodes[id]
    }
}

/// Identifies a node within its document.
pub type Id = usize;

/// A value and its place in the text. Implements no `Debug`: any string may be a secret.
pub struct Node<'t> {
    /// The value, of the type that `safe_load` gives it.
    pub value: Value<'t>,
    /// The place of its first character.
    pub start: Mark,
    pub(crate) tag: Tag,
    /// Whether the node has an anchor, so that it may be used more than once.
    pub(crate) anchored: bool,
    /// Whether the value has the type that the tag names, or will get it at the end.
    pub(crate) constructed: bool,
}

/// A value, as one of the closed set of kinds that `safe_load` can return.
pub enum Value<'t> {
    /// `null`, `~` or nothing at all.
    Null,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(Int),
    /// A number.
    Float(f64),
    /// Text.
    Str(CowStr<'t>),
    /// The decoded bytes of a `!!binary`.
    Bytes(Zeroizing<Vec<u8>>),
    /// A date, with or without a time: valid, and as written.
    Timestamp(CowStr<'t>),
    /// A list.
    Seq(Vec<Id>),
    /// A mapping.
    Map(Vec<Pair>),
    /// The members of a `!!set`, in order, repetitions kept.
    Set(Vec<Id>),
    /// The pairs of an `!!omap` or `!!pairs`, which is a list and no mapping.
    Pairs(Vec<Pair>),
}

/// A whole number of any size, as in Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Int {
    /// A number within the range of `i64`.
    Small(i64),
    /// A number outside that range: canonical decimal text, with `-` if negative.
    Big(String),
}

/// A key and its value in a mapping.
///
/// Merge keys are flattened as Python's `dict` would see them: an explicit key wins over a merged one, and of a list of
/// mappings the first wins. Duplicate *explicit* keys are all kept, in order (Python: the last wins).
#[derive(Clone, Copy)]
pub struct Pair {
    /// The node of the key.
    pub key: Id,
    /// The node of the value.
    pub value: Id,
    /// Whether the pair came through `<<`.
    pub merged: bool,
}

/// Text that is borrowed from the document where possible, or owned and wiped on drop. Borrowed text is wiped by the
/// owner of the document.
#[derive(Clone)]
pub enum CowStr<'t> {
    /// A piece of the document.
    Borrowed(&'t str),
    /// Text that differs from the document: unescaped or folded.
    Owned(Zeroizing<String>),
}

impl Deref for CowStr<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

impl Default for CowStr<'_> {
    fn default() -> Self {
        Self::Borrowed("")
    }
}
