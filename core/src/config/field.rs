//! A place in a document, and its path.

use std::fmt;

use argus_auth_yaml::{Document, Mark, Node, Value};

use super::words::WORDS;
use crate::headers::illegal_name;

/// A node, and the way to it from the top of the document.
#[derive(Clone, Copy)]
pub(super) struct Field<'d> {
    pub document: &'d Document<'d>,
    pub node: &'d Node<'d>,
    pub step: Step<'d>,
}

/// The last step on that way.
#[derive(Clone, Copy)]
pub(super) enum Step<'d> {
    Document,
    Key { parent: &'d Field<'d>, key: &'d str, mark: Mark, merged: bool },
    Item { parent: &'d Field<'d>, index: usize },
}

impl<'d> Field<'d> {
    pub(super) fn top(document: &'d Document<'d>) -> Self {
        Self { document, node: document.root(), step: Step::Document }
    }

    /// Its key in the mapping that holds it; empty for anything else.
    pub(super) fn key(&self) -> &'d str {
        if let Step::Key { key, .. } = self.step { key } else { "" }
    }

    /// Where that key stands.
    pub(super) fn key_mark(&self) -> Mark {
        if let Step::Key { mark, .. } = self.step { mark } else { self.node.start }
    }

    /// Whether it came through a merge key, which anything written beside that key overrides.
    pub(super) fn merged(&self) -> bool {
        matches!(self.step, Step::Key { merged: true, .. })
    }
}

/// The path of a [`Problem`](super::Problem).
impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Step::Document => Ok(()),
            Step::Key { parent, key, .. } if self.may_be_a_secret(parent) => {
                // What stands before a forgotten blank, as in `client_secret:s3cr3t`. A secret may well end in `=`.
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
    /// Whether the key could be a secret in the wrong place: a word of no schema without a value, or none that a header
    /// could have. Sections, backends and tools have whatever names they like.
    fn may_be_a_secret(&self, parent: &Field<'_>) -> bool {
        let key = self.key();
        let is_word = || WORDS.iter().any(|words| words.contains(&key));
        !matches!(parent.key(), "" | "backends" | "tool_overrides")
            && !key.is_empty()
            && (illegal_name(key).is_some() || matches!(self.node.value, Value::Null) && !is_word())
    }
}

/// `.key`, or `["key"]` where that could be misread.
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

const MAX_QUOTED: usize = 64;

/// `text` in quotes for a message: escaped, and cut if it is long. Only for what stands in the file and is no secret.
pub(super) fn quote(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}
