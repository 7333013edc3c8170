//! The composer: turns tokens into a graph of nodes. It does the work of both the parser and the composer of `PyYAML`.
//!
//! This file reads documents, directives, scalars and aliases, and checks the limits on nodes, nesting and aliases;
//! `collections` reads sequences and mappings. An alias shares the node of its anchor, but counts towards the limits
//! like a copy of that node.

use std::collections::HashMap;

use crate::cursor::TagText;
use crate::error::Result;
use crate::resolve::{Tag, implicit};
use crate::scanner::{Directive, Kind, Scanner, Token};
use crate::{CowStr, Document, Error, Id, Limits, Mark, Node, Value};

/// Returns whether the kind of the next token matches a pattern.
macro_rules! next_is {
    ($composer:expr, $pattern:pat) => {
        matches!($composer.scanner.peek()?.kind, $pattern)
    };
}

mod collections;

const STANDARD_TAGS: &str = "tag:yaml.org,2002:";

/// The size of a node with an anchor. Each alias to the node counts this size again towards the limits.
#[derive(Clone, Copy)]
struct Weight {
    /// The number of nodes, including the node itself.
    nodes: usize,
    /// The number of bytes of all scalars.
    bytes: usize,
    /// The number of nesting levels, including the node itself.
    height: usize,
}

struct Anchor {
    id: Id,
    /// `None` while the node is being read. An alias at that time would make the node contain itself.
    weight: Option<Weight>,
}

/// The collections that may start at a place.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// Flow collections.
    Flow,
    /// Block and flow collections.
    Block,
    /// Block and flow collections, and a sequence without indentation: in a mapping, `- ` may stand in the column of the
    /// key.
    BlockOrIndentless,
}

/// The syntax of a collection.
#[derive(Clone, Copy)]
enum Shape {
    BlockSequence,
    /// Has no end token. It ends at the first token that is not the `-` of another item.
    IndentlessSequence,
    BlockMapping,
    FlowSequence,
    FlowMapping,
}

/// A node that was read.
struct Composed {
    id: Id,
    /// The number of nesting levels, including the node itself.
    height: usize,
}

struct Composer<'a, 'l> {
    scanner: Scanner<'a>,
    limits: &'l Limits,
    nodes: Vec<Node<'a>>,
    anchors: HashMap<&'a str, Anchor>,
    tag_handles: HashMap<&'a str, TagText<'a>>,
    /// The number of nodes so far, with aliases counted as copies.
    node_count: usize,
    /// The bytes of all scalars so far, with aliases counted as copies.
    scalar_bytes: usize,
    /// The part of `scalar_bytes` that aliases added.
    copied_bytes: usize,
}

/// Returns the graph, in which every scalar is still text. Returns `None` if the text has no document.
pub(crate) fn compose<'a>(text: &'a str, limits: &Limits) -> Result<Option<Document<'a>>> {
    let mut composer = Composer {
        scanner: Scanner::new(text, limits.max_scalar_bytes),
        limits,
        nodes: Vec::new(),
        anchors: HashMap::new(),
        tag_handles: HashMap::new(),
        node_count: 0,
        scalar_bytes: 0,
        copied_bytes: 0,
    };
    Ok(composer.document()?.map(|root| Document { nodes: composer.nodes, root }))
}

impl<'a> Composer<'a, '_> {
    /// Reads the document and checks that no other follows. Returns the root, or `None` if the text has no document.
    fn document(&mut self) -> Result<Option<Id>> {
        // The first document needs no `---`.
        let implicit_start = !next_is!(self, Kind::Directive(_) | Kind::DocumentStart | Kind::StreamEnd);
        let mut empty = false;
        if !implicit_start {
            if next_is!(self, Kind::StreamEnd) {
                return Ok(None);
            }
            self.directives()?;
            let token = self.scanner.next()?;
            if !matches!(token.kind, Kind::DocumentStart) {
                return Err(Error::at(token.start, "expected `---` after the directives"));
            }
            empty = next_is!(self, Kind::Directive(_) | Kind::DocumentStart | Kind::DocumentEnd | Kind::StreamEnd);
        }
        self.tag_handles.entry("!").or_insert(TagText::Borrowed("!"));
        self.tag_handles.entry("!!").or_insert(TagText::Borrowed(STANDARD_TAGS));
        let root = if empty {
            let mark = self.scanner.peek()?.start;
            self.empty(mark)?
        } else {
            self.node(Place::Block, 1)?
        };
        while next_is!(self, Kind::DocumentEnd) {
            self.scanner.next()?;
        }
        let token = self.scanner.next()?;
        match token.kind {
            Kind::StreamEnd => Ok(Some(root.id)),
            Kind::DocumentStart | Kind::Directive(_) => {
                Err(Error::at(token.start, "found a second document; the file must contain one"))
            }
            _ => Err(Error::at(token.start, "found more text after the end of the document; check the indentation")),
        }
    }

    /// Reads the directives before `---`.
    fn directives(&mut self) -> Result<()> {
        let mut has_version = false;
        while next_is!(self, Kind::Directive(_)) {
            let Token { kind: Kind::Directive(directive), start, .. } = self.scanner.next()? else { break };
            match directive {
                Directive::Yaml { .. } if has_version => {
                    return Err(Error::at(start, "found a second `%YAML` directive; one is enough"));
                }
                Directive::Yaml { supported: false } => {
                    return Err(Error::at(
                        start,
                        "found a major version of YAML other than 1; write `%YAML 1.1` or leave it out",
                    ));
                }
                Directive::Yaml { supported: true } => has_version = true,
                Directive::Tag { handle, prefix } => {
                    if self.tag_handles.insert(handle, prefix).is_some() {
                        return Err(Error::at(start, "this tag handle is already declared"));
                    }
                }
                Directive::Unknown => {}
            }
        }
        Ok(())
    }

    // Nodes.

    /// Reads a node: an alias, or a value with or without anchor and tag.
    fn node(&mut self, place: Place, depth: usize) -> Result<Composed> {
        if depth > self.limits.max_depth {
            return Err(self.too_deep());
        }
        match self.scanner.peek()?.kind {
            Kind::Alias(_) => self.alias(depth),
            Kind::Anchor(_) | Kind::Tag { .. } => self.node_with_properties(place, depth),
            _ => self.content(place, depth, None, None, None),
        }
    }

    /// Reads anchor and tag (the *properties* of a node) and its value.
    fn node_with_properties(&mut self, place: Place, depth: usize) -> Result<Composed> {
        let mut anchor = None;
        let mut tag = None;
        let mut properties: Option<Mark> = None;
        loop {
            let found = match self.scanner.peek()?.kind {
                Kind::Anchor(_) => anchor.is_none(),
                Kind::Tag { .. } => tag.is_none(),
                _ => false,
            };
            if !found {
                break;
            }
            let token = self.scanner.next()?;
            properties = properties.or(Some(token.start));
            match token.kind {
                Kind::Anchor(name) => anchor = Some(name),
                Kind::Tag { handle, suffix } => tag = Some(self.full_tag(handle, suffix, token.start)?),
                _ => {}
            }
        }
        if anchor.is_some_and(|name| self.anchors.contains_key(name)) {
            let message = "this anchor is already used in the document; give it another name".into();
            return Err(Error { mark: properties, message });
        }
        let before = (self.node_count, self.scalar_bytes);
        let composed = self.content(place, depth, anchor, tag.as_deref(), properties)?;
        if let Some(anchor) = anchor.and_then(|name| self.anchors.get_mut(name)) {
            let (nodes, bytes) = (self.node_count - before.0, self.scalar_bytes - before.1);
            anchor.weight = Some(Weight { nodes, bytes, height: composed.height });
        }
        Ok(composed)
    }

    /// Reads a scalar or a collection. After properties the value may be omitted. `properties` is the place of the
    /// first property.
    fn content(
        &mut self,
        place: Place,
        depth: usize,
        anchor: Option<&'a str>,
        tag: Option<&str>,
        properties: Option<Mark>,
    ) -> Result<Composed> {
        let next = self.scanner.peek()?;
        let start = properties.unwrap_or(next.start);
        let shape = match next.kind {
            Kind::Scalar { .. } => return self.scalar(anchor, tag, start),
            Kind::BlockEntry if place == Place::BlockOrIndentless => Shape::IndentlessSequence,
            Kind::BlockSequenceStart if place != Place::Flow => Shape::BlockSequence,
            Kind::BlockMappingStart if place != Place::Flow => Shape::BlockMapping,
            Kind::FlowSequenceStart => Shape::FlowSequence,
            Kind::FlowMappingStart => Shape::FlowMapping,
            _ => {
                if properties.is_none() {
                    return Err(Error::at(
                        start,
                        "expected a value here; a value that starts with a special character needs quotes",
                    ));
                }
                let tag = tag.filter(|tag| *tag != "!").map_or(Tag::Null, Tag::explicit);
                let id = self.add(anchor, tag, Value::Str(CowStr::Borrowed("")), start)?;
                return Ok(Composed { id, height: 1 });
            }
        };
        let (default, value) = match shape {
            Shape::BlockMapping | Shape::FlowMapping => (Tag::Map, Value::Map(Vec::new())),
            _ => (Tag::Seq, Value::Seq(Vec::new())),
        };
        let tag = tag.filter(|tag| *tag != "!").map_or(default, Tag::explicit);
        let id = self.add(anchor, tag, value, start)?;
        self.collection(shape, id, depth)
    }

    /// Reads a scalar and chooses its tag. The constructor converts the text later.
    fn scalar(&mut self, anchor: Option<&'a str>, tag: Option<&str>, start: Mark) -> Result<Composed> {
        let token = self.scanner.next()?;
        let Kind::Scalar { text, plain } = token.kind else {
            return Err(Error::at(token.start, "expected a value here"));
        };
        let tag = match tag {
            // After the non-specific tag `!`, even a quoted scalar is resolved like a plain scalar.
            Some("!") => implicit(&text),
            Some(tag) => Tag::explicit(tag),
            None if plain => implicit(&text),
            None => Tag::Str,
        };
        let id = self.add(anchor, tag, Value::Str(text), start)?;
        Ok(Composed { id, height: 1 })
    }

    /// Reads an alias and counts it like a copy of its node.
    fn alias(&mut self, depth: usize) -> Result<Composed> {
        let token = self.scanner.next()?;
        let anchor = if let Kind::Alias(name) = token.kind { self.anchors.get(name) } else { None };
        let Some(anchor) = anchor else {
            return Err(Error::at(
                token.start,
                "this alias has no anchor before it; a value that starts with `*` needs quotes",
            ));
        };
        let Some(weight) = anchor.weight else {
            return Err(Error::at(token.start, "this alias makes a value contain itself"));
        };
        let id = anchor.id;
        if depth - 1 + weight.height > self.limits.max_depth {
            return Err(self.too_deep());
        }
        self.count(weight.nodes, weight.bytes, token.start)?;
        self.copied_bytes = self.copied_bytes.saturating_add(weight.bytes);
        if self.copied_bytes > self.limits.max_bytes {
            let limit = self.limits.max_bytes;
            return Err(Error::at(token.start, format!("aliases repeat more than {limit} bytes up to here")));
        }
        Ok(Composed { id, height: weight.height })
    }

    /// Returns the tag with its handle replaced by the prefix that is declared for the handle.
    fn full_tag(&self, handle: Option<&str>, suffix: TagText<'a>, mark: Mark) -> Result<TagText<'a>> {
        let Some(handle) = handle else { return Ok(suffix) };
        match self.tag_handles.get(handle) {
            Some(prefix) => Ok(TagText::Owned(format!("{prefix}{suffix}"))),
            None => Err(Error::at(mark, "this tag handle is not declared; a value that starts with `!` needs quotes")),
        }
    }

    // The graph.

    /// Adds a node to the graph.
    fn add(&mut self, anchor: Option<&'a str>, tag: Tag, value: Value<'a>, start: Mark) -> Result<Id> {
        let bytes = if let Value::Str(text) = &value { text.len() } else { 0 };
        self.count(1, bytes, start)?;
        let id = self.nodes.len();
        if let Some(name) = anchor {
            self.anchors.insert(name, Anchor { id, weight: None });
        }
        self.nodes.push(Node { value, start, tag, anchored: anchor.is_some(), constructed: false });
        Ok(id)
    }

    /// Adds a null node for a value that is omitted at `mark`.
    fn empty(&mut self, mark: Mark) -> Result<Composed> {
        let id = self.add(None, Tag::Null, Value::Str(CowStr::Borrowed("")), mark)?;
        Ok(Composed { id, height: 1 })
    }

    /// Adds to the numbers of nodes and bytes. Fails if the number of nodes exceeds its limit.
    fn count(&mut self, nodes: usize, bytes: usize, mark: Mark) -> Result<()> {
        self.node_count = self.node_count.saturating_add(nodes);
        self.scalar_bytes = self.scalar_bytes.saturating_add(bytes);
        let limit = self.limits.max_nodes;
        if self.node_count > limit {
            return Err(Error::at(
                mark,
                format!(
                    "found more than {limit} keys and values; an alias counts as all keys and values that it repeats"
                ),
            ));
        }
        Ok(())
    }

    fn too_deep(&self) -> Error {
        self.scanner.error(&format!("found more than {} levels of nesting", self.limits.max_depth))
    }
}
