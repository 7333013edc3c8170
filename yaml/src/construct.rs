//! The constructor: gives each node of the graph its type, and flattens merge keys.
//!
//! Visits collections in breadth-first order, each once, as `PyYAML` does. The order matters, because flattening
//! changes nodes in place, so the value of a shared node can depend on which of its uses comes first.

use std::collections::{HashMap, VecDeque};

use crate::error::Result;
use crate::resolve::Tag;
use crate::{CowStr, Document, Error, Id, Int, Mark, Node, Pair, Value, base64, number, timestamp};

struct Constructor<'a> {
    nodes: Vec<Node<'a>>,
    /// Collections whose children are not constructed yet.
    queue: VecDeque<Id>,
    /// Collections that get their final value at the end: sets, lists of pairs, and mappings with merged pairs.
    unfinished: Vec<Id>,
    /// Values that replace the values of their nodes at the end. Until then, other uses of such a node may still need
    /// the value as it was written.
    deferred: HashMap<Id, Value<'a>>,
}

/// A key in the sense of Python's `dict`: two keys are equal if `dict` treats them as the same key, such as `1` and
/// `true`. An integer and a float beyond 2^53 are never equal here.
#[derive(PartialEq, Eq, Hash)]
enum DictKey<'n> {
    Null,
    Int(i64),
    BigInt(&'n str),
    /// The bits of a float for which [`whole`] returns `None`.
    Float(u64),
    Str(&'n str),
    Bytes(&'n [u8]),
    Timestamp(&'n str),
    Unhashable,
}

/// Returns the same graph with typed values.
pub(crate) fn construct(Document { nodes, root }: Document<'_>) -> Result<Document<'_>> {
    let mut constructor =
        Constructor { nodes, queue: VecDeque::new(), unfinished: Vec::new(), deferred: HashMap::new() };
    constructor.construct(root)?;
    while let Some(id) = constructor.queue.pop_front() {
        constructor.construct_children(id)?;
    }
    Ok(Document { nodes: constructor.finish(), root })
}

impl<'a> Constructor<'a> {
    /// Constructs the value of a scalar, or queues a collection.
    fn construct(&mut self, id: Id) -> Result<()> {
        let node = &mut self.nodes[id];
        if std::mem::replace(&mut node.constructed, true) {
            return Ok(());
        }
        let Node { tag, start, .. } = *node;
        let invalid =
            |what: &str| Error::at(start, format!("this is not a valid {what}; if text is meant, put it in quotes"));
        let value = match tag {
            Tag::Str if matches!(node.value, Value::Str(_)) => return Ok(()),
            Tag::Str => Value::Str(self.scalar(id)?.clone()),
            Tag::Seq | Tag::Map | Tag::Set | Tag::Omap | Tag::Pairs => {
                self.queue.push_back(id);
                return Ok(());
            }
            Tag::Merge => {
                return Err(Error::at(start, "`<<` merges only as a key; if text is meant, put it in quotes"));
            }
            Tag::Value => {
                return Err(Error::at(start, "a lone `=` has no meaning here; if text is meant, put it in quotes"));
            }
            Tag::Unknown => {
                return Err(Error::at(
                    start,
                    "found an unknown tag; remove it, or if the value starts with `!`, put it in quotes",
                ));
            }
            Tag::Null => {
                self.scalar(id)?;
                Value::Null
            }
            Tag::Bool => Value::Bool(boolean(self.scalar(id)?).ok_or_else(|| invalid("boolean"))?),
            Tag::Int => Value::Int(number::int(self.scalar(id)?).ok_or_else(|| invalid("integer"))?),
            Tag::Float => Value::Float(number::float(self.scalar(id)?).ok_or_else(|| invalid("number"))?),
            Tag::Binary => {
                let text = self.scalar(id)?;
                let bytes = if text.is_ascii() { base64::decode(text) } else { None };
                Value::Bytes(bytes.ok_or_else(|| invalid("base64 text"))?)
            }
            Tag::Timestamp => {
                let Value::Str(text) = &node.value else { return Err(invalid("date or time")) };
                if !timestamp::is_valid(text) {
                    return Err(invalid("date or time"));
                }
                Value::Timestamp(text.clone())
            }
        };
        let node = &mut self.nodes[id];
        if !node.anchored && matches!(node.value, Value::Str(_)) {
            node.value = value;
        } else {
            self.deferred.insert(id, value);
        }
        Ok(())
    }

    /// Returns the text of a scalar. A mapping with the key `=` may stand for a scalar; its text is then the value of
    /// that key.
    fn scalar(&self, id: Id) -> Result<&CowStr<'a>> {
        let node = &self.nodes[id];
        match &node.value {
            Value::Str(text) => Ok(text),
            Value::Map(pairs) => match pairs.iter().find(|pair| self.nodes[pair.key].tag == Tag::Value) {
                Some(pair) => self.scalar(pair.value),
                None => Err(mismatch(node.start, "a single value", "a mapping")),
            },
            _ => Err(mismatch(node.start, "a single value", "a list")),
        }
    }

    /// Constructs the children of a collection.
    fn construct_children(&mut self, id: Id) -> Result<()> {
        let tag = self.nodes[id].tag;
        match tag {
            Tag::Map | Tag::Set => {
                self.flatten(id)?;
                let Value::Map(pairs) = &self.nodes[id].value else {
                    return Err(mismatch(self.nodes[id].start, "a mapping", "something else"));
                };
                if tag == Tag::Set || pairs.iter().any(|pair| pair.merged) {
                    self.unfinished.push(id);
                }
                for index in 0..pairs.len() {
                    let Value::Map(pairs) = &self.nodes[id].value else { break };
                    let Pair { key, value, .. } = pairs[index];
                    self.construct(key)?;
                    if self.nodes[key].tag.is_collection() {
                        return Err(Error::at(self.nodes[key].start, "a list or mapping cannot be a key; use text"));
                    }
                    self.construct(value)?;
                }
            }
            Tag::Omap | Tag::Pairs => {
                self.unfinished.push(id);
                for pair in self.single_pairs(id)? {
                    self.construct(pair.key)?;
                    self.construct(pair.value)?;
                }
            }
            _ => {
                let Value::Seq(items) = &self.nodes[id].value else {
                    return Err(mismatch(self.nodes[id].start, "a list", "something else"));
                };
                for index in 0..items.len() {
                    let Value::Seq(items) = &self.nodes[id].value else { break };
                    self.construct(items[index])?;
                }
            }
        }
        Ok(())
    }

    /// Returns the pairs of an `!!omap` or `!!pairs`, which is written as a list of mappings with one pair each.
    fn single_pairs(&self, id: Id) -> Result<Vec<Pair>> {
        let node = &self.nodes[id];
        let Value::Seq(items) = &node.value else {
            return Err(mismatch(node.start, "a list of pairs", "something else"));
        };
        let single = |item: &Id| match &self.nodes[*item].value {
            Value::Map(pairs) if pairs.len() == 1 => Ok(pairs[0]),
            _ => Err(mismatch(self.nodes[*item].start, "a mapping of one pair", "something else")),
        };
        items.iter().map(single).collect()
    }

    /// Replaces merge keys by the pairs that they merge, in place. The merged pairs come first in the result. If two
    /// keys are equal, the later pair wins. Also makes a key `=` a string, as `PyYAML` does in the same step.
    fn flatten(&mut self, id: Id) -> Result<()> {
        let Value::Map(pairs) = &self.nodes[id].value else { return Ok(()) };
        if !pairs.iter().any(|pair| matches!(self.nodes[pair.key].tag, Tag::Merge | Tag::Value)) {
            return Ok(());
        }
        let Value::Map(pairs) = &mut self.nodes[id].value else { return Ok(()) };
        let pairs = std::mem::take(pairs);
        let (mut merged, mut own) = (Vec::new(), Vec::with_capacity(pairs.len()));
        for pair in pairs {
            match self.nodes[pair.key].tag {
                Tag::Merge => match &self.nodes[pair.value].value {
                    Value::Map(_) => self.merge(pair.value, &mut merged)?,
                    Value::Seq(items) => {
                        // Flattens the mappings in order, but appends their pairs in reverse order of the mappings. A
                        // later pair wins, so the first mapping wins.
                        let mut groups = Vec::new();
                        for item in items.clone() {
                            let mut group = Vec::new();
                            self.merge(item, &mut group)?;
                            groups.push(group);
                        }
                        merged.extend(groups.into_iter().rev().flatten());
                    }
                    _ => return Err(not_mergeable(self.nodes[pair.value].start)),
                },
                Tag::Value => {
                    self.nodes[pair.key].tag = Tag::Str;
                    own.push(pair);
                }
                _ => own.push(pair),
            }
        }
        merged.append(&mut own);
        self.nodes[id].value = Value::Map(merged);
        Ok(())
    }

    /// Appends the pairs of the mapping `id`, flattened, and marks them as merged.
    fn merge(&mut self, id: Id, into: &mut Vec<Pair>) -> Result<()> {
        self.flatten(id)?;
        let Value::Map(pairs) = &self.nodes[id].value else {
            return Err(not_mergeable(self.nodes[id].start));
        };
        into.extend(pairs.iter().map(|pair| Pair { merged: true, ..*pair }));
        Ok(())
    }

    /// Converts the unfinished collections and stores the deferred values. Returns the nodes.
    fn finish(mut self) -> Vec<Node<'a>> {
        for id in std::mem::take(&mut self.unfinished) {
            let value = match self.nodes[id].tag {
                Tag::Map => Value::Map(self.unique_pairs(id)),
                Tag::Set => Value::Set(self.unique_pairs(id).iter().map(|pair| pair.key).collect()),
                _ => Value::Pairs(self.single_pairs(id).unwrap_or_default()),
            };
            self.deferred.insert(id, value);
        }
        for (id, value) in self.deferred {
            self.nodes[id].value = value;
        }
        self.nodes
    }

    /// Returns the pairs of a mapping. A later pair with an equal key replaces a merged pair, in the same position. A
    /// caller that inserts the result into a `dict` pair by pair gets the same content and order as `safe_load`.
    fn unique_pairs(&self, id: Id) -> Vec<Pair> {
        let Value::Map(pairs) = &self.nodes[id].value else { return Vec::new() };
        let mut unique: Vec<Pair> = Vec::with_capacity(pairs.len());
        let mut indexes = HashMap::with_capacity(pairs.len());
        for pair in pairs {
            let key = DictKey::of(self.deferred.get(&pair.key).unwrap_or(&self.nodes[pair.key].value));
            let index = *indexes.entry(key).or_insert(unique.len());
            match unique.get_mut(index) {
                Some(earlier) if earlier.merged => {
                    // Of equal keys with different types, such as 1 and true, a `dict` keeps the first.
                    let same = self.nodes[earlier.key].tag == self.nodes[pair.key].tag;
                    *earlier = Pair { key: if same { pair.key } else { earlier.key }, ..*pair };
                }
                _ => unique.push(*pair),
            }
        }
        unique
    }
}

impl<'n> DictKey<'n> {
    fn of(value: &'n Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Int(i64::from(*value)),
            Value::Int(Int::Small(value)) => Self::Int(*value),
            Value::Int(Int::Big(text)) => Self::BigInt(text),
            Value::Float(value) => whole(*value).map_or(Self::Float(value.to_bits()), Self::Int),
            Value::Str(text) => Self::Str(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Timestamp(text) => Self::Timestamp(text),
            Value::Seq(_) | Value::Map(_) | Value::Set(_) | Value::Pairs(_) => Self::Unhashable,
        }
    }
}

/// Returns the number as an integer if it has no fraction and its magnitude is at most 2^53. Up to this limit, a float
/// can hold every integer.
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation, reason = "used only if there is no fraction and the value is in range")]
    let integer = value as i64;
    (value.fract() == 0.0 && value.abs() <= EXACT).then_some(integer)
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

fn mismatch(mark: Mark, expected: &str, found: &str) -> Error {
    Error::at(mark, format!("the tag here needs {expected}, but {found} follows"))
}

fn not_mergeable(mark: Mark) -> Error {
    Error::at(mark, "`<<` merges a mapping or a list of mappings; if a key is meant, put it in quotes")
}
