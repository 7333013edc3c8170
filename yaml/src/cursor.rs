//! The cursor: reads characters from the text and tracks the position. This file also has helpers that classify
//! characters and append to wiped strings.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::Mark;

/// The value that [`Cursor::peek`] returns at the end of the text. [`decode`](crate::decode) rejects this character, so
/// a decoded text never contains it.
pub(crate) const END: char = '\0';
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Returns whether the character ends a line. CR is not checked, because [`decode`](crate::decode) replaces it.
pub(crate) fn is_break(ch: char) -> bool {
    matches!(ch, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Returns the character that a line break contributes to a scalar, or `None` if `ch` is not a line break.
pub(crate) fn read_break(ch: char) -> Option<char> {
    is_break(ch).then_some(if ch == '\u{85}' { '\n' } else { ch })
}

pub(crate) fn is_break_or_end(ch: char) -> bool {
    ch == END || is_break(ch)
}

pub(crate) fn is_space_or_end(ch: char) -> bool {
    ch == ' ' || is_break_or_end(ch)
}

pub(crate) fn is_whitespace_or_end(ch: char) -> bool {
    ch == '\t' || is_space_or_end(ch)
}

/// A position in the text that only moves forward.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    /// True if every character of the text is one byte, so that a run can be skipped without reading each character.
    ascii: bool,
    offset: usize,
    /// The line, counted from 1.
    pub line: u32,
    /// The virtual start of this line: `offset` minus the column. Multi-byte characters and byte order marks move it
    /// forward, because they take more bytes than columns.
    origin: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, ascii: text.is_ascii(), offset: 0, line: 1, origin: 0 }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { line: self.line, column: u32::try_from(self.column() + 1).unwrap_or(u32::MAX) }
    }

    /// Returns the column in characters, counted from 0.
    pub(crate) fn column(&self) -> usize {
        self.offset - self.origin
    }

    /// Returns the offset in the text, in bytes.
    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the text from an earlier [`offset`](Self::offset) up to a later offset.
    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Returns the text from here to the end.
    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    /// Returns whether more than `count` characters lie between an earlier [`offset`](Self::offset) and here.
    pub(crate) fn is_beyond(&self, count: usize, from: usize) -> bool {
        // `count` bytes or fewer can't hold more than `count` characters, so the characters need not be counted.
        self.offset - from > count && self.slice(from, self.offset).chars().nth(count).is_some()
    }

    fn char_at(&self, offset: usize) -> char {
        match self.text.as_bytes().get(offset) {
            None => END,
            Some(byte) if byte.is_ascii() => char::from(*byte),
            Some(_) => self.text.get(offset..).and_then(|rest| rest.chars().next()).unwrap_or(END),
        }
    }

    /// Returns the next character without moving past it, or [`END`].
    pub(crate) fn peek(&self) -> char {
        self.char_at(self.offset)
    }

    /// Returns the character that starts `bytes` after the position, or [`END`].
    pub(crate) fn peek_at(&self, bytes: usize) -> char {
        self.char_at(self.offset + bytes)
    }

    /// Returns the character after [`peek`](Self::peek), or [`END`].
    pub(crate) fn peek_second(&self) -> char {
        self.char_at(self.offset + self.peek().len_utf8())
    }

    /// Returns whether a document marker, `---` or `...`, starts here. Must be called in column 0 only.
    pub(crate) fn at_document_marker(&self) -> bool {
        let rest = self.rest();
        (rest.starts_with("---") || rest.starts_with("...")) && is_whitespace_or_end(self.peek_at(3))
    }

    /// Moves past `ch`, which must be the next character.
    pub(crate) fn step(&mut self, ch: char) {
        self.offset += ch.len_utf8();
        if is_break(ch) {
            self.line += 1;
            self.origin = self.offset;
        } else {
            self.origin += ch.len_utf8() - usize::from(ch != BYTE_ORDER_MARK);
        }
    }

    /// Moves past one character, or does nothing at the end.
    pub(crate) fn advance(&mut self) {
        if self.offset < self.text.len() {
            self.step(self.peek());
        }
    }

    /// Moves past `ch` if it is the next character. Returns whether it was.
    pub(crate) fn take(&mut self, ch: char) -> bool {
        let found = self.peek() == ch;
        if found {
            self.advance();
        }
        found
    }

    /// Takes the next `length` bytes, which must hold whole characters and no line break.
    pub(crate) fn take_bytes(&mut self, length: usize) -> &'a str {
        let run = self.slice(self.offset, self.offset + length);
        if self.ascii || run.is_ascii() {
            self.offset += length;
        } else {
            run.chars().for_each(|ch| self.step(ch));
        }
        run
    }

    /// Takes the characters up to the first that `wanted` rejects. `wanted` must reject line breaks.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        self.take_bytes(rest.find(|ch| !wanted(ch)).unwrap_or(rest.len()))
    }

    pub(crate) fn skip_spaces(&mut self) {
        let rest = self.text.as_bytes().iter().skip(self.offset);
        self.offset += rest.take_while(|byte| **byte == b' ').count();
    }

    /// Moves to the end of the line, before its line break.
    pub(crate) fn skip_line(&mut self) {
        self.take_while(|ch| !is_break(ch));
    }

    /// Moves past a byte order mark at the start of the text.
    pub(crate) fn skip_byte_order_mark(&mut self) {
        if self.offset == 0 {
            self.take(BYTE_ORDER_MARK);
        }
    }

    /// Moves past a line break, if a line break is next. Returns the character that it contributes to a scalar.
    pub(crate) fn take_break(&mut self) -> Option<char> {
        let ch = self.peek();
        let meaning = read_break(ch);
        if meaning.is_some() {
            self.step(ch);
        }
        meaning
    }

    /// Takes spaces, a comment and the line break that follows. Returns `false` if the line holds anything else.
    pub(crate) fn take_rest_of_line(&mut self) -> bool {
        self.skip_spaces();
        if self.peek() == '#' {
            self.skip_line();
        }
        let clean = is_break_or_end(self.peek());
        self.take_break();
        clean
    }
}

/// Appends `text`. When the buffer must grow, the old allocation is wiped, which `String::push_str` does not do.
pub(crate) fn push(buffer: &mut Zeroizing<String>, text: &str) {
    let needed = buffer.len() + text.len();
    if needed > buffer.capacity() {
        let mut larger = Zeroizing::new(String::with_capacity(needed.max(buffer.capacity() * 2)));
        larger.push_str(buffer);
        *buffer = larger;
    }
    buffer.push_str(text);
}

/// Appends `ch` like [`push`].
pub(crate) fn push_char(buffer: &mut Zeroizing<String>, ch: char) {
    push(buffer, ch.encode_utf8(&mut [0; 4]));
}

/// The text of a tag. It is not secret, so it is not wiped.
pub(crate) type TagText<'a> = Cow<'a, str>;
