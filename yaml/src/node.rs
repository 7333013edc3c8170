//! The result of parsing: a document of nodes, each with its value and its place in the text.

use std::ops::Deref;

use zeroize::Zeroizing;

use crate::resolve::Tag;

/// A place in the text: line and column, both counted from 1, the column in characters.
///
/// ```
/// use argus_auth_yaml::{Limits, Mark, Value, parse};
///
/// let document = parse("a: 1\nb: 2", &Limits::default())?;
/// let Value::Map(pairs) = &document.root().value else { panic!("not a mapping") };
/// assert_eq!(document.node(pairs[1].value).start, Mark { line: 2, column: 4 });
/// # Ok::<(), argus_auth_yaml::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
}

/// The nodes of a document, as [`parse`](crate::parse) returns them. A node that aliases repeat is stored once.
///
/// ```
/// use argus_auth_yaml::{Limits, Value, parse};
///
/// let document = parse("[a, &x b, *x]", &Limits::default())?;
/// let Value::Seq(items) = &document.root().value else { panic!("not a list") };
/// assert!(matches!(&document.node(items[0]).value, Value::Str(text) if &**text == "a"));
/// assert_eq!(items[1], items[2]); // the alias is the same node
/// # Ok::<(), argus_auth_yaml::Error>(())
/// ```
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

    /// Returns the node `id`, which must come from this document.
    ///
    /// # Panics
    /// If `id` is out of range, because it came from a larger document.
    #[inline]
    pub fn node(&self, id: Id) -> &Node<'t> {
        &self.nodes[id]
    }
}

/// Identifies a node within its document. Collections hold the ids of their nodes; [`Document::node`] returns the node.
///
/// ```
/// use argus_auth_yaml::{Id, Limits, Value, parse};
///
/// let document = parse("[a, b]", &Limits::default())?;
/// let Value::Seq(items) = &document.root().value else { panic!("not a list") };
/// let last: Id = items[1];
/// assert_eq!(document.node(last).start.column, 5);
/// # Ok::<(), argus_auth_yaml::Error>(())
/// ```
pub type Id = usize;

/// A value and its place in the text. Does not implement `Debug`, because any string may be a secret.
///
/// ```
/// use argus_auth_yaml::{Limits, Mark, Node, Value, parse};
///
/// let document = parse("\n  yes", &Limits::default())?;
/// let node: &Node = document.root();
/// assert!(matches!(node.value, Value::Bool(true)));
/// assert_eq!(node.start, Mark { line: 2, column: 3 });
/// # Ok::<(), argus_auth_yaml::Error>(())
/// ```
pub struct Node<'t> {
    /// The value, of the type that `safe_load` gives it.
    pub value: Value<'t>,
    /// The place of the first character of the node. A tag and an anchor belong to the node.
    pub start: Mark,
    pub(crate) tag: Tag,
    /// True if the node has an anchor, so that aliases may repeat it.
    pub(crate) anchored: bool,
    /// True if the constructor has visited the node. The value then has the type that the tag names, or gets it when
    /// the constructor finishes.
    pub(crate) constructed: bool,
}

/// A value, of one of the types that `safe_load` can return.
///
/// ```
/// use argus_auth_yaml::{Int, Limits, Value, parse};
///
/// let is = |text: &str, check: fn(&Value) -> bool| check(&parse(text, &Limits::default()).unwrap().root().value);
/// assert!(is("on", |value| matches!(value, Value::Bool(true))));
/// assert!(is("0x10", |value| matches!(value, Value::Int(Int::Small(16)))));
/// assert!(is("'on'", |value| matches!(value, Value::Str(text) if &**text == "on")));
/// assert!(is("", |value| matches!(value, Value::Null)));
/// ```
pub enum Value<'t> {
    /// `null`, `~`, or an omitted value.
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(Int),
    /// A floating-point number, including `.inf` and `.nan`.
    Float(f64),
    /// Text.
    Str(CowStr<'t>),
    /// The decoded bytes of a `!!binary`.
    Bytes(Zeroizing<Vec<u8>>),
    /// A date, with or without a time, as written. It is checked: the day and the time exist.
    Timestamp(CowStr<'t>),
    /// A list.
    Seq(Vec<Id>),
    /// A mapping.
    Map(Vec<Pair>),
    /// The members of a `!!set`, in order. Repeated members are kept.
    Set(Vec<Id>),
    /// The pairs of an `!!omap` or `!!pairs`, for which Python returns a list of pairs.
    Pairs(Vec<Pair>),
}

/// An integer of any size, as in Python.
///
/// ```
/// use argus_auth_yaml::{Int, Limits, Value, parse};
///
/// let int = |text: &str| match &parse(text, &Limits::default()).unwrap().root().value {
///     Value::Int(int) => int.clone(),
///     _ => panic!("not an integer"),
/// };
/// assert_eq!(int("1:30"), Int::Small(90));
/// assert_eq!(int("0x8000000000000000"), Int::Big("9223372036854775808".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Int {
    /// A number within the range of `i64`.
    Small(i64),
    /// A number outside that range, as decimal text without leading zeros, with `-` if negative.
    Big(String),
}

/// A key and its value in a mapping.
///
/// Merge keys (`<<`) are flattened as in the `dict` that `safe_load` returns: an explicit key wins over a merged key,
/// and in a list of mappings the first mapping wins. Duplicate *explicit* keys are all kept, in order. (In Python the
/// last of them wins.)
///
/// ```
/// use argus_auth_yaml::{Limits, Pair, Value, parse};
///
/// let document = parse("<<: {a: 1, b: 2}\na: 3", &Limits::default())?;
/// let Value::Map(pairs) = &document.root().value else { panic!("not a mapping") };
/// let [Pair { merged: false, value, .. }, Pair { merged: true, .. }] = pairs[..] else { panic!("not a and b") };
/// assert_eq!(document.node(value).start.line, 2); // the explicit `a`
/// # Ok::<(), argus_auth_yaml::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Pair {
    /// The node of the key.
    pub key: Id,
    /// The node of the value.
    pub value: Id,
    /// True if the pair came through `<<`.
    pub merged: bool,
}

/// Text that is borrowed from the input of [`decode`](crate::decode) or [`parse`](crate::parse), or else owned, and then
/// wiped when dropped. Borrowed text must be wiped by the owner of the input.
///
/// ```
/// use argus_auth_yaml::{CowStr, Limits, Value, parse};
///
/// let document = parse(r#"["as is", "with \"escapes\""]"#, &Limits::default())?;
/// let Value::Seq(items) = &document.root().value else { panic!("not a list") };
/// let [Value::Str(first), Value::Str(second)] = [0, 1].map(|index| &document.node(items[index]).value) else {
///     panic!("not text")
/// };
/// assert!(matches!(first, CowStr::Borrowed("as is")));
/// assert!(matches!(second, CowStr::Owned(_)));
/// assert_eq!(&**second, "with \"escapes\"");
/// # Ok::<(), argus_auth_yaml::Error>(())
/// ```
#[derive(Clone)]
pub enum CowStr<'t> {
    /// A piece of the input.
    Borrowed(&'t str),
    /// Text that is not a piece of the input: the text of a block scalar, text that was unescaped or folded, or a result
    /// of `decode` with replaced line breaks.
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
