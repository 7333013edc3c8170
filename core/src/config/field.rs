//! A place in a document, and its path.

use std::fmt;

use argus_auth_yaml::{Document, Mark, Node, Value};

use super::words::WORDS;
use crate::headers::illegal_name;

/// A node, and the path to it from the top of the document.
#[derive(Clone, Copy)]
pub(super) struct Field<'d> {
    pub document: &'d Document<'d>,
    pub node: &'d Node<'d>,
    pub step: Step<'d>,
}

/// The last step of the path to `node`.
#[derive(Clone, Copy)]
pub(super) enum Step<'d> {
    Document,
    /// `mark` is the place of the key. `merged` is set for a key that came through a merge key (`<<`).
    Key {
        parent: &'d Field<'d>,
        key: &'d str,
        mark: Mark,
        merged: bool,
    },
    Item {
        parent: &'d Field<'d>,
        index: usize,
    },
}

impl<'d> Field<'d> {
    pub(super) fn top(document: &'d Document<'d>) -> Self {
        Self { document, node: document.root(), step: Step::Document }
    }

    /// Returns the key of the field in its mapping; empty for a list item and for the document.
    pub(super) fn key(&self) -> &'d str {
        if let Step::Key { key, .. } = self.step { key } else { "" }
    }

    /// Returns the place of the field's key, or of the node if there is no key.
    pub(super) fn key_mark(&self) -> Mark {
        if let Step::Key { mark, .. } = self.step { mark } else { self.node.start }
    }

    /// Returns whether the field came through a merge key. A field that is written beside the merge key overrides the
    /// merged field with the same key.
    pub(super) fn merged(&self) -> bool {
        matches!(self.step, Step::Key { merged: true, .. })
    }
}

/// The path of a [`Problem`](super::Problem).
impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Step::Document => Ok(()),
            Step::Key { parent, key, .. } if self.key_may_be_secret(parent) => {
                // Shows only the part before the separator of a key such as `client_secret:s3cr3t`, in which a space is
                // missing. Shows no part of a key without a separator, or with only `=` at its end, because a base64
                // secret may end in `=`.
                let name = match key.split_once([':', ' ', '=']) {
                    Some((name, rest)) if !rest.trim_matches('=').is_empty() => name,
                    _ => "",
                };
                write!(f, "{parent}[{}]", quote(&format!("{name}…")))
            }
            Step::Key { parent, key, .. } => write!(f, "{parent}{}", PathKey(key, parent)),
            Step::Item { parent, index } => write!(f, "{parent}[{index}]"),
        }
    }
}

impl Field<'_> {
    /// Returns whether the key could be a secret in the wrong place: an unknown word without a value, or a text that is
    /// illegal as the name of a header. Sections, backends and tools may have any name, so their keys are shown.
    fn key_may_be_secret(&self, parent: &Field<'_>) -> bool {
        let key = self.key();
        let is_word = || WORDS.iter().any(|words| words.contains(&key));
        !matches!(parent.key(), "" | "backends" | "tool_overrides")
            && !key.is_empty()
            && (illegal_name(key).is_some() || matches!(self.node.value, Value::Null) && !is_word())
    }
}

/// Displays the key of a mapping as a part of a path: `.key`, or `["key"]` if `.key` could be misread. The second field
/// is the mapping.
pub(super) struct PathKey<'d>(pub &'d str, pub &'d Field<'d>);

impl fmt::Display for PathKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(key, parent) = self;
        if key.is_empty()
            || key.len() > MAX_QUOTED
            || key.contains(|ch: char| !(ch.is_alphanumeric() || "-_".contains(ch)))
        {
            return write!(f, "[{}]", quote(key));
        }
        let dot = if matches!(parent.step, Step::Document) { "" } else { "." };
        write!(f, "{dot}{key}")
    }
}

/// The maximum length of a key that [`PathKey`] shows without quotes, in bytes, and of a text that [`quote`] shows
/// whole, in characters.
const MAX_QUOTED: usize = 64;

/// Returns `text` in quotes, escaped, and cut if it is long. Only for text from the file that is not secret.
pub(super) fn quote(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}
