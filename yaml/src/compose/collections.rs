//! Sequences and mappings, in blocks and in flow style.

use super::{Composed, Composer, Error, Id, Kind, Mark, Pair, Place, Result, Shape, Tag, Value};

impl Composer<'_, '_> {
    /// Reads what belongs to the node `id`, whose first token is next.
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
            // The closing bracket, which is what the entries stop at.
            Shape::FlowSequence | Shape::FlowMapping => drop(self.scanner.next()?),
        }
        Ok(Composed { id, height: height + 1 })
    }

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

    // Each of the following returns the height of the tallest child.

    fn block_entries(&mut self, id: Id, depth: usize) -> Result<usize> {
        let mut height = 0;
        while next_is!(self, Kind::BlockEntry) {
            let indicator = self.scanner.next()?.start;
            let item = if next_is!(self, Kind::BlockEntry | Kind::BlockEnd) {
                self.empty_behind(indicator)?
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
                self.empty_behind(indicator)?
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

    /// What follows `?` or `:` in a block mapping.
    fn block_part(&mut self, depth: usize) -> Result<Composed> {
        let indicator = self.scanner.next()?.start;
        if next_is!(self, Kind::Key | Kind::Value | Kind::BlockEnd) {
            self.empty_behind(indicator)
        } else {
            self.node(Place::BlockOrIndentless, depth + 1)
        }
    }

    /// Up to, not including, the closing bracket.
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

    /// `key: value` as an item of a flow sequence: a mapping of its own.
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

    /// Up to, not including, the closing brace.
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

    /// What follows `?` or `:` in flow style. In a sequence `}` and in a mapping `]` is found to be wrong later.
    fn flow_part(&mut self, depth: usize) -> Result<Composed> {
        let is_key = next_is!(self, Kind::Key);
        let indicator = self.scanner.next()?.start;
        let left_out = next_is!(self, Kind::FlowEntry | Kind::FlowSequenceEnd | Kind::FlowMappingEnd)
            || (is_key && next_is!(self, Kind::Value));
        if left_out { self.empty_behind(indicator) } else { self.node(Place::Flow, depth + 1) }
    }

    fn flow_separator(&mut self, start: Mark) -> Result<()> {
        let token = self.scanner.next()?;
        if matches!(token.kind, Kind::FlowEntry) {
            return Ok(());
        }
        let message = format!(
            "expected `,` or the bracket or brace that closes the one in line {}, column {}; put values with special characters in quotes",
            start.line, start.column
        );
        Err(Error::at(token.start, message))
    }

    /// A value left out behind `-`, `?` or `:`.
    fn empty_behind(&mut self, indicator: Mark) -> Result<Composed> {
        self.empty(Mark { column: indicator.column + 1, ..indicator })
    }

    fn empty_here(&mut self) -> Result<Composed> {
        let mark = self.scanner.peek()?.start;
        self.empty(mark)
    }

    fn push_item(&mut self, id: Id, item: &Composed) -> usize {
        if let Some(Value::Seq(items)) = self.nodes.get_mut(id).map(|node| &mut node.value) {
            items.push(item.id);
        }
        item.height
    }

    fn push_pair(&mut self, id: Id, key: &Composed, value: &Composed) -> usize {
        if let Some(Value::Map(pairs)) = self.nodes.get_mut(id).map(|node| &mut node.value) {
            pairs.push(Pair { key: key.id, value: value.id, merged: false });
        }
        key.height.max(value.height)
    }
}
