//! The graph -> the tree: values are typed, merge keys flattened, shared nodes copied.
//!
//! Collections are filled in breadth-first order, each once, because `PyYAML` does so: flattening changes nodes in place,
//! and what a shared node means can depend on which use comes first.

use std::collections::{HashMap, VecDeque};

use super::compose::{Content, GraphNode, Id, Pair};
use super::cursor::Text;
use super::resolve::Tag;
use super::{Entry, Error, Int, Mark, Node, Result, Value, base64, number, timestamp};

enum State<'a> {
    Untouched,
    Scalar(Value<'a>),
    /// Of the kind that the tag says.
    Collection,
}

struct Constructor<'a> {
    graph: Vec<GraphNode<'a>>,
    states: Vec<State<'a>>,
    /// Collections whose children are not constructed yet.
    queue: VecDeque<Id>,
}

/// Equal for what Python's `dict` takes for the same key.
#[derive(PartialEq, Eq, Hash)]
enum Key<'n> {
    Null,
    Int(i64),
    BigInt(&'n str),
    Float(u64),
    Str(&'n str),
    Bytes(&'n [u8]),
    Timestamp(timestamp::Timestamp),
    Unhashable,
}

pub(super) fn construct(graph: Vec<GraphNode<'_>>, root: Id) -> Result<Node<'_>> {
    let states = graph.iter().map(|_| State::Untouched).collect();
    let mut constructor = Constructor { graph, states, queue: VecDeque::new() };
    constructor.construct(root)?;
    while let Some(id) = constructor.queue.pop_front() {
        constructor.fill(id)?;
    }
    Ok(constructor.tree(root, false))
}

impl<'a> Constructor<'a> {
    fn construct(&mut self, id: Id) -> Result<()> {
        if !matches!(self.states[id], State::Untouched) {
            return Ok(());
        }
        let GraphNode { tag, start, .. } = self.graph[id];
        let invalid =
            |what: &str| Error::at(start, format!("this is not a valid {what}; if text is meant, put it in quotes"));
        let value = match tag {
            Tag::Seq | Tag::Map | Tag::Set | Tag::Omap | Tag::Pairs => {
                self.states[id] = State::Collection;
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
                let timestamp = match &self.graph[id].content {
                    Content::Scalar(text) => timestamp::parse(text),
                    _ => None,
                };
                Value::Timestamp(timestamp.ok_or_else(|| invalid("date or time"))?)
            }
            Tag::Str => Value::Str(self.take_text(id)?),
        };
        self.states[id] = State::Scalar(value);
        Ok(())
    }

    /// The text of a scalar, or of the value of `=` in a mapping that stands for one.
    fn scalar(&self, id: Id) -> Result<&Text<'a>> {
        let node = &self.graph[id];
        match &node.content {
            Content::Scalar(text) => Ok(text),
            Content::Map(pairs) => match pairs.iter().find(|pair| self.graph[pair.key].tag == Tag::Value) {
                Some(pair) => self.scalar(pair.value),
                None => Err(mismatch(node.start, "a single value", "a mapping")),
            },
            Content::Seq(_) => Err(mismatch(node.start, "a single value", "a list")),
        }
    }

    fn take_text(&mut self, id: Id) -> Result<Text<'a>> {
        let node = &mut self.graph[id];
        match &mut node.content {
            Content::Scalar(text) if !node.anchored => Ok(std::mem::take(text)),
            _ => self.scalar(id).cloned(),
        }
    }

    /// Constructs the children of a collection.
    fn fill(&mut self, id: Id) -> Result<()> {
        match self.graph[id].tag {
            Tag::Map | Tag::Set => {
                self.flatten(id)?;
                let Content::Map(pairs) = &self.graph[id].content else {
                    return Err(mismatch(self.graph[id].start, "a mapping", "something else"));
                };
                for index in 0..pairs.len() {
                    let Content::Map(pairs) = &self.graph[id].content else { break };
                    let Pair { key, value, .. } = pairs[index];
                    self.construct(key)?;
                    if matches!(self.states[key], State::Collection) {
                        return Err(Error::at(self.graph[key].start, "a list or mapping cannot be a key; use text"));
                    }
                    self.construct(value)?;
                }
            }
            Tag::Omap | Tag::Pairs => {
                for pair in self.single_pairs(id)? {
                    self.construct(pair.key)?;
                    self.construct(pair.value)?;
                }
            }
            _ => {
                let Content::Seq(items) = &self.graph[id].content else {
                    return Err(mismatch(self.graph[id].start, "a list", "something else"));
                };
                for index in 0..items.len() {
                    let Content::Seq(items) = &self.graph[id].content else { break };
                    self.construct(items[index])?;
                }
            }
        }
        Ok(())
    }

    /// The items of a list of mappings of one pair each.
    fn single_pairs(&self, id: Id) -> Result<Vec<Pair>> {
        let node = &self.graph[id];
        let Content::Seq(items) = &node.content else {
            return Err(mismatch(node.start, "a list of pairs", "something else"));
        };
        let single = |item: &Id| match &self.graph[*item].content {
            Content::Map(pairs) if pairs.len() == 1 => Ok(pairs[0]),
            _ => Err(mismatch(self.graph[*item].start, "a mapping of one pair", "something else")),
        };
        items.iter().map(single).collect()
    }

    /// Replaces merge keys by what they bring in, in place. A later pair wins over an earlier one.
    fn flatten(&mut self, id: Id) -> Result<()> {
        let Content::Map(pairs) = &self.graph[id].content else { return Ok(()) };
        if !pairs.iter().any(|pair| matches!(self.graph[pair.key].tag, Tag::Merge | Tag::Value)) {
            return Ok(());
        }
        let Content::Map(pairs) = &mut self.graph[id].content else { return Ok(()) };
        let pairs = std::mem::take(pairs);
        let (mut merged, mut own) = (Vec::new(), Vec::with_capacity(pairs.len()));
        for pair in pairs {
            match self.graph[pair.key].tag {
                Tag::Merge => match &self.graph[pair.value].content {
                    Content::Map(_) => self.merge(pair.value, &mut merged)?,
                    Content::Seq(items) => {
                        // All are looked at in order, but the first must come last to win.
                        let mut groups = Vec::new();
                        for item in items.clone() {
                            let mut group = Vec::new();
                            self.merge(item, &mut group)?;
                            groups.push(group);
                        }
                        merged.extend(groups.into_iter().rev().flatten());
                    }
                    Content::Scalar(_) => return Err(not_mergeable(self.graph[pair.value].start)),
                },
                Tag::Value => {
                    self.graph[pair.key].tag = Tag::Str;
                    own.push(pair);
                }
                _ => own.push(pair),
            }
        }
        merged.append(&mut own);
        self.graph[id].content = Content::Map(merged);
        Ok(())
    }

    fn merge(&mut self, id: Id, into: &mut Vec<Pair>) -> Result<()> {
        self.flatten(id)?;
        let Content::Map(pairs) = &self.graph[id].content else {
            return Err(not_mergeable(self.graph[id].start));
        };
        into.extend(pairs.iter().map(|pair| Pair { merged: true, ..*pair }));
        Ok(())
    }

    // The tree. Nodes in use more than once are copied, all others moved.

    fn tree(&mut self, id: Id, shared: bool) -> Node<'a> {
        let GraphNode { tag, anchored, start, .. } = self.graph[id];
        let shared = shared || anchored;
        let value = if let State::Scalar(value) = &mut self.states[id] {
            if shared { value.clone() } else { std::mem::replace(value, Value::Null) }
        } else {
            match tag {
                Tag::Map => {
                    let pairs = self.unique_pairs(id, shared);
                    Value::Map(self.entries(pairs, shared))
                }
                Tag::Set => {
                    let pairs = self.unique_pairs(id, shared);
                    Value::Set(pairs.into_iter().map(|pair| self.tree(pair.key, shared || pair.merged)).collect())
                }
                Tag::Omap | Tag::Pairs => {
                    let pairs = self.single_pairs(id).unwrap_or_default();
                    Value::Pairs(self.entries(pairs, shared))
                }
                _ => {
                    let items = if let Content::Seq(items) = &mut self.graph[id].content {
                        if shared { items.clone() } else { std::mem::take(items) }
                    } else {
                        Vec::new()
                    };
                    Value::Seq(items.into_iter().map(|item| self.tree(item, shared)).collect())
                }
            }
        };
        Node { value, start }
    }

    fn entries(&mut self, pairs: Vec<Pair>, shared: bool) -> Vec<Entry<'a>> {
        let entry = |Pair { key, value, merged }| {
            let shared = shared || merged;
            Entry { key: self.tree(key, shared), value: self.tree(value, shared), merged }
        };
        pairs.into_iter().map(entry).collect()
    }

    /// The pairs that remain when each merged key is there once, and only if no explicit one is. Inserted into a `dict`
    /// one by one they give Python's result in Python's order.
    fn unique_pairs(&mut self, id: Id, shared: bool) -> Vec<Pair> {
        let Content::Map(pairs) = &mut self.graph[id].content else { return Vec::new() };
        let pairs = if shared { pairs.clone() } else { std::mem::take(pairs) };
        if !pairs.iter().any(|pair| pair.merged) {
            return pairs;
        }
        let mut unique: Vec<Pair> = Vec::with_capacity(pairs.len());
        let mut places = HashMap::with_capacity(pairs.len());
        for pair in &pairs {
            let key = match &self.states[pair.key] {
                State::Scalar(value) => Key::of(value),
                _ => Key::Unhashable,
            };
            let place = *places.entry(key).or_insert(unique.len());
            match unique.get_mut(place) {
                Some(earlier) if earlier.merged => {
                    // Of equal keys of different types, such as 1 and true, a `dict` keeps the first.
                    let same = self.graph[earlier.key].tag == self.graph[pair.key].tag;
                    *earlier = Pair { key: if same { pair.key } else { earlier.key }, ..*pair };
                }
                _ => unique.push(*pair),
            }
        }
        unique
    }
}

impl<'n> Key<'n> {
    fn of(value: &'n Value<'_>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Int(i64::from(*value)),
            Value::Int(Int::Small(value)) => Self::Int(*value),
            Value::Int(Int::Big(text)) => Self::BigInt(text),
            Value::Float(value) => whole(*value).map_or(Self::Float(value.to_bits()), Self::Int),
            Value::Str(text) => Self::Str(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Timestamp(timestamp) => Self::Timestamp(*timestamp),
            Value::Seq(_) | Value::Map(_) | Value::Set(_) | Value::Pairs(_) => Self::Unhashable,
        }
    }
}

/// The same number as an integer, within the range in which every float has a neighbour at distance one.
fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[allow(clippy::cast_possible_truncation)] // checked: no fraction, and within range
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
