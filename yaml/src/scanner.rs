//! The scanner: turns characters into tokens. This file handles indentation, indicators and simple keys; `scalars` and
//! `tags` scan the other tokens.
//!
//! A *simple key* is a key without `?`. Only the `:` after a simple key shows that it is a key. The scanner then inserts
//! a `Key` token before the tokens of the key. For this reason, the scanner returns a token only when no `Key` can be
//! inserted before that token any more.
//!
//! Function names follow `PyYAML`: `fetch_` functions add tokens to the queue, `scan_` functions read the characters of
//! one token.

use std::collections::VecDeque;

use crate::cursor::{Cursor, END, TagText, is_whitespace_or_end};
use crate::error::Result;
use crate::{CowStr, Error, Mark};

/// The maximum number of characters between the start of a simple key and its `:`, as in `PyYAML`.
const SIMPLE_KEY_LENGTH: usize = 1024;

/// The kinds of tokens.
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
    /// `handle` is `None` for `!<verbatim>` and the non-specific tag `!`.
    Tag {
        handle: Option<&'a str>,
        suffix: TagText<'a>,
    },
    Scalar {
        text: CowStr<'a>,
        /// `false` for quoted and block scalars, which are strings unless a tag says otherwise.
        plain: bool,
    },
}

pub(crate) enum Directive<'a> {
    /// `supported` is true for YAML 1.x.
    Yaml {
        supported: bool,
    },
    Tag {
        handle: &'a str,
        prefix: TagText<'a>,
    },
    Unknown,
}

pub(crate) struct Token<'a> {
    pub kind: Kind<'a>,
    pub start: Mark,
}

/// A token that becomes a key if a `:` follows on the same line, within [`SIMPLE_KEY_LENGTH`].
struct SimpleKey {
    /// The index of the token, counted from the start of the text.
    token_index: usize,
    flow_level: usize,
    /// True if only a key can stand at this place.
    required: bool,
    offset: usize,
    column: usize,
    mark: Mark,
}

pub(crate) struct Scanner<'a> {
    pub cursor: Cursor<'a>,
    pub max_scalar_bytes: usize,
    /// The number of `[` and `{` that are open.
    pub flow_level: usize,
    /// The column (counted from 0) of the current block collection, plus one. A plain or block scalar ends before a line
    /// that starts to the left of this column. 0 outside of block collections.
    pub indent: usize,
    /// The values of `indent` for the enclosing block collections, outermost first.
    indents: Vec<usize>,
    /// True if the next token may be a simple key or start a block collection.
    pub simple_key_allowed: bool,
    /// The possible simple keys, at most one per flow level, innermost last.
    keys: Vec<SimpleKey>,
    /// The tokens that are scanned and not returned yet.
    tokens: VecDeque<Token<'a>>,
    /// The number of leading `tokens` that can be returned, because no `Key` can be inserted before them any more.
    ready: usize,
    /// The number of tokens that were returned.
    returned: usize,
    /// True after the end of the text was scanned.
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
            ready: 0,
            returned: 0,
            done: false,
        }
    }

    /// Returns the next token without taking it.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<&Token<'a>> {
        if self.ready == 0 {
            self.scan_until_ready()?;
        }
        self.tokens.front().ok_or_else(|| after_end(&self.cursor))
    }

    /// Takes the next token.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Token<'a>> {
        self.peek()?;
        self.ready -= 1;
        self.returned += 1;
        self.tokens.pop_front().ok_or_else(|| after_end(&self.cursor))
    }

    /// Scans until the first token is ready, that is, until no `Key` can be inserted before it any more.
    #[inline(never)] // so that `peek`, which is inlined, is only a comparison in most calls
    fn scan_until_ready(&mut self) -> Result<()> {
        while !self.done {
            self.fetch()?;
            self.drop_stale_keys()?;
            self.ready = self.keys.first().map_or(self.tokens.len(), |key| key.token_index - self.returned);
            if self.ready > 0 {
                break;
            }
        }
        Ok(())
    }

    /// Scans one token, and the tokens that the scanner adds before it.
    fn fetch(&mut self) -> Result<()> {
        self.skip_to_token();
        self.drop_stale_keys()?;
        self.unwind_indent(self.cursor.column() + 1);
        let ch = self.cursor.peek();
        let whitespace_follows = || is_whitespace_or_end(self.cursor.peek_second());
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
            '-' if whitespace_follows() => self.fetch_block_entry(),
            '?' if !in_block || whitespace_follows() => self.fetch_key(),
            ':' if !in_block || whitespace_follows() => self.fetch_value(),
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

    /// Skips spaces, comments and line breaks.
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

    // Simple keys. Older keys are on outer flow levels and started earlier, so they become stale first.

    /// Drops the possible simple keys that no `:` can follow any more. Fails if a dropped key was required.
    #[inline]
    fn drop_stale_keys(&mut self) -> Result<()> {
        while self.keys.first().is_some_and(|key| self.is_stale(key)) {
            self.drop_oldest_key()?;
        }
        Ok(())
    }

    #[cold] // keeps `drop_stale_keys` cheap, because most calls find no stale key
    fn drop_oldest_key(&mut self) -> Result<()> {
        let key = self.keys.remove(0);
        if key.required { Err(not_a_key(&key)) } else { Ok(()) }
    }

    /// Returns whether no `:` can follow the key any more, because the key is on an earlier line or too far back.
    fn is_stale(&self, key: &SimpleKey) -> bool {
        key.mark.line != self.cursor.line || self.cursor.is_beyond(SIMPLE_KEY_LENGTH, key.offset)
    }

    /// Records the next token as a possible simple key.
    fn save_key(&mut self) -> Result<()> {
        if self.simple_key_allowed {
            self.drop_key()?;
            self.keys.push(SimpleKey {
                token_index: self.returned + self.tokens.len(),
                flow_level: self.flow_level,
                required: self.flow_level == 0 && self.indent == self.cursor.column() + 1,
                offset: self.cursor.offset(),
                column: self.cursor.column(),
                mark: self.cursor.mark(),
            });
        }
        Ok(())
    }

    /// Removes and returns the possible simple key of this flow level.
    fn take_key(&mut self) -> Option<SimpleKey> {
        let level = self.flow_level;
        self.keys.pop_if(|key| key.flow_level == level)
    }

    /// Removes the possible simple key of this flow level, because no `:` follows it. Fails if it was required.
    fn drop_key(&mut self) -> Result<()> {
        match self.take_key() {
            Some(key) if key.required => Err(not_a_key(&key)),
            _ => Ok(()),
        }
    }

    // Indentation.

    /// Ends the block collections that have a greater `indent` than the argument. Does nothing in flow style.
    fn unwind_indent(&mut self, indent: usize) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > indent {
            self.indent = self.indents.pop().unwrap_or_default();
            self.push_indicator(Kind::BlockEnd, 0);
        }
    }

    /// Starts a block collection in `column` if the current block collection starts further left. Returns whether a
    /// collection was started.
    fn add_indent(&mut self, column: usize) -> bool {
        let deeper = self.indent <= column;
        if deeper {
            self.indents.push(self.indent);
            self.indent = column + 1;
        }
        deeper
    }

    /// Ends all block collections, as a directive or a document marker does.
    fn end_block(&mut self) -> Result<()> {
        self.unwind_indent(0);
        self.drop_key()?;
        self.simple_key_allowed = false;
        Ok(())
    }

    // Tokens.

    /// Takes `length` bytes and pushes a token for them.
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

    /// Scans a token that may start a simple key: a scalar, an alias, an anchor or a tag.
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
        // An unmatched closing bracket is an error in every position, so it can be reported here.
        self.flow_level = self.flow_level.checked_sub(1).ok_or_else(|| {
            self.error("found a closing bracket or brace that nothing opened; put the value in quotes")
        })?;
        self.simple_key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    /// Prepares for a `-`, `?` or `:` in a block collection: starts a collection in this column if the current block
    /// collection starts further left. Fails with `message` if the indicator is not allowed here. Does nothing in flow
    /// style.
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

    /// Scans a `:`. If a simple key precedes it, inserts the `Key` token before that key.
    fn fetch_value(&mut self) -> Result<()> {
        if let Some(key) = self.take_key() {
            let index = key.token_index.saturating_sub(self.returned).min(self.tokens.len());
            let at_key = |kind| Token { kind, start: key.mark };
            self.tokens.insert(index, at_key(Kind::Key));
            if self.flow_level == 0 && self.add_indent(key.column) {
                self.tokens.insert(index, at_key(Kind::BlockMappingStart));
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

/// Returns the error for a token that must be a key but has no `:` after it.
fn not_a_key(key: &SimpleKey) -> Error {
    Error::at(key.mark, "expected a key followed by `:` here; check the indentation")
}

/// Returns the error for a request for a token after the last token.
fn after_end(cursor: &Cursor<'_>) -> Error {
    Error::at(cursor.mark(), "found the end of the text where more was expected")
}
