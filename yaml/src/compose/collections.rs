//! Reads sequences and mappings, in block style and in flow style.

use super::{Composed, Composer, Place, Shape};
use crate::error::Result;
use crate::resolve::Tag;
use crate::scanner::Kind;
use crate::{Error, Id, Mark, Pair, Value};

impl Composer<'_, '_> {
    /// Reads the collection that belongs to the node `id`. The next token must be the first token of the collection.
    pub(crate) fn collection(&mut self, shape: Shape, id: Id, depth: usize) -> Result<Composed> {
        let start = self.scanner.peek()?.start;
        if !matches!(shape, Shape::IndentlessSequence) {
            self.scanner.next()?;
        }
        let height = match shape {
            Shape::BlockSequence => self.block_entries(id, depth)?,
            Shape::IndentlessSequence => self.indentless_entries(id, depth)?,
            Shape::BlockMapping => self.block_pairs(id, depth)?,
            Shape::FlowSequence => self.flow_entries(id, depth, start)?,
            Shape::FlowMapping => self.flow_pairs(id, depth, start)?,
        };
        match shape {
            Shape::BlockSequence | Shape::BlockMapping => self.block_end(start)?,
            Shape::IndentlessSequence => {}
            // Takes the closing bracket or brace.
            Shape::FlowSequence | Shape::FlowMapping => drop(self.scanner.next()?),
        }
        Ok(Composed { id, height: height + 1 })
    }

    /// Takes the token that ends a block collection. `start` is the place where the collection starts.
    fn block_end(&mut self, start: Mark) -> Result<()> {
        let token = self.scanner.next()?;
        if matches!(token.kind, Kind::BlockEnd) {
            return Ok(());
        }
        let message = format!(
            "this does not continue the list or mapping that starts on line {}; check indentation and quotes",
            start.line
        );
        Err(Error::at(token.start, message))
    }

    // Each of the following `_entries` and `_pairs` functions returns the greatest height of a child.

    fn block_entries(&mut self, id: Id, depth: usize) -> Result<usize> {
        let mut height = 0;
        while next_is!(self, Kind::BlockEntry) {
            let indicator = self.scanner.next()?.start;
            let item = if next_is!(self, Kind::BlockEntry | Kind::BlockEnd) {
                self.empty_after(indicator)?
            } else {
                self.node(Place::Block, depth + 1)?
            };
            height = height.max(self.push_item(id, &item));
        }
        Ok(height)
    }

    fn indentless_entries(&mut self, id: Id, depth: usize) -> Result<usize> {
        let mut height = 0;
        while next_is!(self, Kind::BlockEntry) {
            let indicator = self.scanner.next()?.start;
            let item = if next_is!(self, Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd) {
                self.empty_after(indicator)?
            } else {
                self.node(Place::Block, depth + 1)?
            };
            height = height.max(self.push_item(id, &item));
        }
        Ok(height)
    }

    fn block_pairs(&mut self, id: Id, depth: usize) -> Result<usize> {
        let mut height = 0;
        while next_is!(self, Kind::Key) {
            let key = self.block_part(depth)?;
            let value = if next_is!(self, Kind::Value) { self.block_part(depth)? } else { self.empty_here()? };
            height = height.max(self.push_pair(id, &key, &value));
        }
        Ok(height)
    }

    /// Reads `?` or `:` in a block mapping, and the node that follows it.
    fn block_part(&mut self, depth: usize) -> Result<Composed> {
        let indicator = self.scanner.next()?.start;
        if next_is!(self, Kind::Key | Kind::Value | Kind::BlockEnd) {
            self.empty_after(indicator)
        } else {
            self.node(Place::BlockOrIndentless, depth + 1)
        }
    }

    /// Reads the items up to the closing bracket, but does not take the bracket.
    fn flow_entries(&mut self, id: Id, depth: usize, start: Mark) -> Result<usize> {
        let mut height = 0;
        let mut first = true;
        while !next_is!(self, Kind::FlowSequenceEnd) {
            if !first {
                self.flow_separator(start)?;
            }
            first = false;
            if next_is!(self, Kind::Key) {
                let pair = self.single_pair(depth + 1)?;
                height = height.max(self.push_item(id, &pair));
            } else if !next_is!(self, Kind::FlowSequenceEnd) {
                let item = self.node(Place::Flow, depth + 1)?;
                height = height.max(self.push_item(id, &item));
            }
        }
        Ok(height)
    }

    /// Reads an item `key: value` of a flow sequence. The item is a mapping with one pair.
    fn single_pair(&mut self, depth: usize) -> Result<Composed> {
        if depth > self.limits.max_depth {
            return Err(self.too_deep());
        }
        let start = self.scanner.peek()?.start;
        let id = self.add(None, Tag::Map, Value::Map(Vec::new()), start)?;
        let key = self.flow_part(depth)?;
        let value = if next_is!(self, Kind::Value) { self.flow_part(depth)? } else { self.empty_here()? };
        let height = self.push_pair(id, &key, &value);
        Ok(Composed { id, height: height + 1 })
    }

    /// Reads the pairs up to the closing brace, but does not take the brace.
    fn flow_pairs(&mut self, id: Id, depth: usize, start: Mark) -> Result<usize> {
        let mut height = 0;
        let mut first = true;
        while !next_is!(self, Kind::FlowMappingEnd) {
            if !first {
                self.flow_separator(start)?;
            }
            first = false;
            if next_is!(self, Kind::Key) {
                let key = self.flow_part(depth)?;
                let value = if next_is!(self, Kind::Value) { self.flow_part(depth)? } else { self.empty_here()? };
                height = height.max(self.push_pair(id, &key, &value));
            } else if !next_is!(self, Kind::FlowMappingEnd) {
                let key = self.node(Place::Flow, depth + 1)?;
                let value = self.empty_here()?;
                height = height.max(self.push_pair(id, &key, &value));
            }
        }
        Ok(height)
    }

    /// Reads `?` or `:` in flow style, and the node that follows it. After an omitted node, accepts both `]` and `}`;
    /// the loop over the entries then rejects a `]` in a mapping and a `}` in a sequence.
    fn flow_part(&mut self, depth: usize) -> Result<Composed> {
        let is_key = next_is!(self, Kind::Key);
        let indicator = self.scanner.next()?.start;
        let omitted = next_is!(self, Kind::FlowEntry | Kind::FlowSequenceEnd | Kind::FlowMappingEnd)
            || (is_key && next_is!(self, Kind::Value));
        if omitted { self.empty_after(indicator) } else { self.node(Place::Flow, depth + 1) }
    }

    /// Takes the `,` between two entries. `start` is the place where the collection starts.
    fn flow_separator(&mut self, start: Mark) -> Result<()> {
        let token = self.scanner.next()?;
        if matches!(token.kind, Kind::FlowEntry) {
            return Ok(());
        }
        let message = format!(
            "expected `,` or the end of the list or mapping that starts on line {}, column {}; put values with special characters in quotes",
            start.line, start.column
        );
        Err(Error::at(token.start, message))
    }

    /// Adds a null node for a value that is omitted after `-`, `?` or `:`.
    fn empty_after(&mut self, indicator: Mark) -> Result<Composed> {
        self.empty(Mark { column: indicator.column + 1, ..indicator })
    }

    /// Adds a null node for a value that is omitted before the next token.
    fn empty_here(&mut self) -> Result<Composed> {
        let mark = self.scanner.peek()?.start;
        self.empty(mark)
    }

    /// Adds an item to the sequence `id`. Returns the height of the item.
    fn push_item(&mut self, id: Id, item: &Composed) -> usize {
        if let Some(Value::Seq(items)) = self.nodes.get_mut(id).map(|node| &mut node.value) {
            items.push(item.id);
        }
        item.height
    }

    /// Adds a pair to the mapping `id`. Returns the greater of the heights of key and value.
    fn push_pair(&mut self, id: Id, key: &Composed, value: &Composed) -> usize {
        if let Some(Value::Map(pairs)) = self.nodes.get_mut(id).map(|node| &mut node.value) {
            pairs.push(Pair { key: key.id, value: value.id, merged: false });
        }
        key.height.max(value.height)
    }
}
