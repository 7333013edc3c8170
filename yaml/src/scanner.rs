//! Characters -> tokens: indentation, indicators, and which scalar turns out to be a key.

use std::collections::VecDeque;

use crate::cursor::{Cursor, END, TagText, is_blank_or_end};
use crate::error::Result;
use crate::{CowStr, Error, Mark};

/// How many characters may lie between the start of a key without `?` and its `:`.
const SIMPLE_KEY_LENGTH: usize = 1024;

pub(crate) enum Kind<'a> {
    StreamEnd,
    Directive(Directive<'a>),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    FlowEntry,
    BlockEntry,
    Key,
    Value,
    Alias(&'a str),
    Anchor(&'a str),
    /// `handle` is `None` for `!<verbatim>` and the lone `!`.
    Tag {
        handle: Option<&'a str>,
        suffix: TagText<'a>,
    },
    Scalar {
        text: CowStr<'a>,
        plain: bool,
    },
}

pub(crate) enum Directive<'a> {
    Yaml { supported: bool },
    Tag { handle: &'a str, prefix: TagText<'a> },
    Unknown,
}

pub(crate) struct Token<'a> {
    pub kind: Kind<'a>,
    pub start: Mark,
}

/// A token that becomes a key if a `:` follows in time.
struct SimpleKey {
    /// Counted over the whole stream.
    token: usize,
    flow_level: usize,
    /// Stands where nothing but a key can stand.
    required: bool,
    offset: usize,
    column: usize,
    mark: Mark,
}

pub(crate) struct Scanner<'a> {
    pub(crate) cursor: Cursor<'a>,
    pub(crate) max_scalar_bytes: usize,
    pub(crate) flow_level: usize,
    /// The least column that can belong to an item of the current block collection: one more than its own; 0 outside
    /// of any.
    pub(crate) indent: usize,
    indents: Vec<usize>,
    /// May the next token be a simple key, or start a block collection?
    pub(crate) simple_key_allowed: bool,
    /// At most one per flow level, innermost and newest last.
    keys: Vec<SimpleKey>,
    tokens: VecDeque<Token<'a>>,
    /// How many of them are: before any other, it may still turn out that a key starts.
    certain: usize,
    /// How many went before them.
    taken: usize,
    done: bool,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str, max_scalar_bytes: usize) -> Self {
        Self {
            cursor: Cursor::new(text),
            max_scalar_bytes,
            flow_level: 0,
            indent: 0,
            indents: Vec::new(),
            simple_key_allowed: true,
            keys: Vec::new(),
            tokens: VecDeque::new(),
            certain: 0,
            taken: 0,
            done: false,
        }
    }

    #[inline]
    pub(crate) fn peek(&mut self) -> Result<&Token<'a>> {
        if self.certain == 0 {
            self.read()?;
        }
        self.tokens.front().ok_or_else(|| after_end(&self.cursor))
    }

    #[inline]
    pub(crate) fn next(&mut self) -> Result<Token<'a>> {
        self.peek()?;
        self.certain -= 1;
        self.taken += 1;
        self.tokens.pop_front().ok_or_else(|| after_end(&self.cursor))
    }

    /// Fetches until the first token is certain, which it is only when it can no longer turn out to be a key.
    #[inline(never)] // which leaves the callers of `peek` a mere comparison most of the time
    fn read(&mut self) -> Result<()> {
        while !self.done {
            self.fetch()?;
            self.drop_stale_keys()?;
            self.certain = self.keys.first().map_or(self.tokens.len(), |key| key.token - self.taken);
            if self.certain > 0 {
                break;
            }
        }
        Ok(())
    }

    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        self.unwind_indent(self.cursor.column() + 1);
        let ch = self.cursor.peek();
        let blank_follows = || is_blank_or_end(self.cursor.peek_second());
        let in_block = self.flow_level == 0;
        match ch {
            END => self.fetch_end(),
            '%' if self.cursor.column() == 0 => {
                self.end_block()?;
                let token = self.scan_directive()?;
                self.tokens.push_back(token);
                Ok(())
            }
            '-' | '.' if self.cursor.column() == 0 && self.cursor.at_document_marker() => {
                self.end_block()?;
                let kind = if ch == '-' { Kind::DocumentStart } else { Kind::DocumentEnd };
                self.push_indicator(kind, 3);
                Ok(())
            }
            '[' => self.fetch_flow_start(Kind::FlowSequenceStart),
            '{' => self.fetch_flow_start(Kind::FlowMappingStart),
            ']' => self.fetch_flow_end(Kind::FlowSequenceEnd),
            '}' => self.fetch_flow_end(Kind::FlowMappingEnd),
            ',' => {
                self.simple_key_allowed = true;
                self.drop_key()?;
                self.push_indicator(Kind::FlowEntry, 1);
                Ok(())
            }
            '-' if blank_follows() => self.fetch_block_entry(),
            '?' if !in_block || blank_follows() => self.fetch_key(),
            ':' if !in_block || blank_follows() => self.fetch_value(),
            '*' | '&' => self.fetch_simple(Self::scan_anchor),
            '!' => self.fetch_simple(Self::scan_tag),
            '\'' | '"' => self.fetch_simple(Self::scan_quoted),
            '|' | '>' if in_block => {
                self.simple_key_allowed = true;
                self.drop_key()?;
                let token = self.scan_block_scalar()?;
                self.tokens.push_back(token);
                Ok(())
            }
            '\t' => Err(self.error("found a tab where a value or key should start; indent and separate with spaces")),
            '#' | '|' | '>' | '%' | '@' | '`' => {
                Err(self.error("a plain value cannot start with this character; put the value in quotes"))
            }
            _ => self.fetch_simple(Self::scan_plain),
        }
    }

    pub(crate) fn error(&self, message: &str) -> Error {
        Error::at(self.cursor.mark(), message)
    }

    fn skip_to_token(&mut self) {
        self.cursor.skip_byte_order_mark();
        loop {
            self.cursor.skip_spaces();
            if self.cursor.peek() == '#' {
                self.cursor.skip_line();
            }
            if self.cursor.take_break().is_none() {
                return;
            }
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    // Simple keys. Older keys are on outer levels, so they go stale first.

    #[inline]
    fn drop_stale_keys(&mut self) -> Result<()> {
        while self.keys.first().is_some_and(|key| self.is_stale(key)) {
            self.drop_oldest_key()?;
        }
        Ok(())
    }

    #[cold] // so that the many looks that find no stale key stay cheap
    fn drop_oldest_key(&mut self) -> Result<()> {
        let key = self.keys.remove(0);
        if key.required { Err(not_a_key(&key)) } else { Ok(()) }
    }

    /// A key ends on the line on which it starts, and soon.
    fn is_stale(&self, key: &SimpleKey) -> bool {
        key.mark.line != self.cursor.line || self.cursor.is_beyond(SIMPLE_KEY_LENGTH, key.offset)
    }

    fn save_key(&mut self) -> Result<()> {
        if self.simple_key_allowed {
            self.drop_key()?;
            self.keys.push(SimpleKey {
                token: self.taken + self.tokens.len(),
                flow_level: self.flow_level,
                required: self.flow_level == 0 && self.indent == self.cursor.column() + 1,
                offset: self.cursor.offset(),
                column: self.cursor.column(),
                mark: self.cursor.mark(),
            });
        }
        Ok(())
    }

    fn take_key(&mut self) -> Option<SimpleKey> {
        let level = self.flow_level;
        self.keys.pop_if(|key| key.flow_level == level)
    }

    /// What stands on this level will not become a key any more.
    fn drop_key(&mut self) -> Result<()> {
        match self.take_key() {
            Some(key) if key.required => Err(not_a_key(&key)),
            _ => Ok(()),
        }
    }

    // Indentation.

    fn unwind_indent(&mut self, indent: usize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > indent {
            self.indent = self.indents.pop().unwrap_or_default();
            self.push_indicator(Kind::BlockEnd, 0);
        }
    }

    fn add_indent(&mut self, column: usize) -> bool {
        let deeper = self.indent <= column;
        if deeper {
            self.indents.push(self.indent);
            self.indent = column + 1;
        }
        deeper
    }

    /// Before a directive or a document marker.
    fn end_block(&mut self) -> Result<()> {
        self.unwind_indent(0);
        self.drop_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    // Tokens.

    fn push_indicator(&mut self, kind: Kind<'a>, length: usize) {
        let start = self.cursor.mark();
        self.cursor.take_bytes(length);
        self.tokens.push_back(Token { kind, start });
    }

    fn fetch_end(&mut self) -> Result<()> {
        self.end_block()?;
        self.keys.clear();
        self.push_indicator(Kind::StreamEnd, 0);
        self.done = true;
        Ok(())
    }

    /// A token that may be a simple key, or stand before one.
    fn fetch_simple(&mut self, scan: impl FnOnce(&mut Self) -> Result<Token<'a>>) -> Result<()> {
        self.save_key()?;
        self.simple_key_allowed = false;
        let token = scan(self)?;
        self.tokens.push_back(token);
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: Kind<'a>) -> Result<()> {
        self.save_key()?;
        self.flow_level += 1;
        self.simple_key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: Kind<'a>) -> Result<()> {
        self.drop_key()?;
        // One too many is an error in every position, so it can be reported here.
        self.flow_level = self.flow_level.checked_sub(1).ok_or_else(|| {
            self.error("found a closing bracket or brace that nothing opened; put the value in quotes")
        })?;
        self.simple_key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    /// `-`, `?` or `:` that opens or continues a block collection.
    fn begin_block(&mut self, start: Kind<'a>, message: &str) -> Result<()> {
        if self.flow_level > 0 {
            return Ok(());
        }
        if !self.simple_key_allowed {
            return Err(self.error(message));
        }
        if self.add_indent(self.cursor.column()) {
            self.push_indicator(start, 0);
        }
        Ok(())
    }

    fn fetch_block_entry(&mut self) -> Result<()> {
        self.begin_block(
            Kind::BlockSequenceStart,
            "a list item is not allowed here; start it on a line of its own, or put the value in quotes",
        )?;
        self.simple_key_allowed = true;
        self.drop_key()?;
        self.push_indicator(Kind::BlockEntry, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<()> {
        self.begin_block(Kind::BlockMappingStart, "a key with `?` is not allowed here; start it on a line of its own")?;
        self.simple_key_allowed = self.flow_level == 0;
        self.drop_key()?;
        self.push_indicator(Kind::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<()> {
        if let Some(key) = self.take_key() {
            let place = key.token.saturating_sub(self.taken).min(self.tokens.len());
            let at_key = |kind| Token { kind, start: key.mark };
            self.tokens.insert(place, at_key(Kind::Key));
            if self.flow_level == 0 && self.add_indent(key.column) {
                self.tokens.insert(place, at_key(Kind::BlockMappingStart));
            }
            self.simple_key_allowed = false;
        } else {
            self.begin_block(
                Kind::BlockMappingStart,
                "found `: ` where no key can end; check the indentation, or put the value in quotes",
            )?;
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(Kind::Value, 1);
        Ok(())
    }
}

fn not_a_key(key: &SimpleKey) -> Error {
    Error::at(key.mark, "expected a key followed by `:` here; check the indentation")
}

fn after_end(cursor: &Cursor<'_>) -> Error {
    Error::at(cursor.mark(), "found the end of the text where more was expected")
}
