//! Bytes -> characters, with the position of each.

use std::borrow::Cow;

use zeroize::Zeroizing;

use crate::Mark;

/// What [`Cursor::peek`] gives past the last character; [`decode`] keeps it out of the text.
pub(crate) const END: char = '\0';
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Ends a line. CR is gone by now.
pub(crate) fn is_break(ch: char) -> bool {
    matches!(ch, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What a line break contributes to a scalar; `None` for any other character.
pub(crate) fn read_break(ch: char) -> Option<char> {
    is_break(ch).then_some(if ch == '\u{85}' { '\n' } else { ch })
}

pub(crate) fn is_break_or_end(ch: char) -> bool {
    ch == END || is_break(ch)
}

pub(crate) fn is_space_or_end(ch: char) -> bool {
    ch == ' ' || is_break_or_end(ch)
}

pub(crate) fn is_blank_or_end(ch: char) -> bool {
    ch == '\t' || is_space_or_end(ch)
}

/// A position that only moves forward.
#[derive(Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    /// Every character is one byte, so that a run of them needs no look at each.
    ascii: bool,
    offset: usize,
    /// Counted from 1.
    pub(crate) line: u32,
    /// Where this line would start if all its characters up to here were one byte, and those that take no column none.
    origin: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, ascii: text.is_ascii(), offset: 0, line: 1, origin: 0 }
    }

    pub(crate) fn mark(&self) -> Mark {
        Mark { line: self.line, column: u32::try_from(self.column() + 1).unwrap_or(u32::MAX) }
    }

    /// Counted from 0.
    pub(crate) fn column(&self) -> usize {
        self.offset - self.origin
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// The text from an earlier [`offset`](Self::offset) up to a later one.
    pub(crate) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.offset..).unwrap_or_default()
    }

    /// Whether more than `count` characters lie between an earlier [`offset`](Self::offset) and here.
    pub(crate) fn is_beyond(&self, count: usize, from: usize) -> bool {
        // Of so few bytes no character need be counted.
        self.offset - from > count && self.slice(from, self.offset).chars().nth(count).is_some()
    }

    fn char_at(&self, offset: usize) -> char {
        match self.text.as_bytes().get(offset) {
            None => END,
            Some(byte) if byte.is_ascii() => char::from(*byte),
            Some(_) => self.text.get(offset..).and_then(|rest| rest.chars().next()).unwrap_or(END),
        }
    }

    pub(crate) fn peek(&self) -> char {
        self.char_at(self.offset)
    }

    /// The character that starts `bytes` further on.
    pub(crate) fn peek_at(&self, bytes: usize) -> char {
        self.char_at(self.offset + bytes)
    }

    /// The character behind [`peek`](Self::peek).
    pub(crate) fn peek_second(&self) -> char {
        self.char_at(self.offset + self.peek().len_utf8())
    }

    /// Whether a line `---` or `...` starts here; only asked in column 0.
    pub(crate) fn at_document_marker(&self) -> bool {
        let rest = self.rest();
        (rest.starts_with("---") || rest.starts_with("...")) && is_blank_or_end(self.peek_at(3))
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

    /// Moves past one character, if there is one.
    pub(crate) fn advance(&mut self) {
        if self.offset < self.text.len() {
            self.step(self.peek());
        }
    }

    /// Moves past `ch` if it is next.
    pub(crate) fn take(&mut self, ch: char) -> bool {
        let found = self.peek() == ch;
        if found {
            self.advance();
        }
        found
    }

    /// Takes the next `length` bytes, which hold whole characters and no line break.
    pub(crate) fn take_bytes(&mut self, length: usize) -> &'a str {
        let run = self.slice(self.offset, self.offset + length);
        if self.ascii || run.is_ascii() {
            self.offset += length;
        } else {
            run.chars().for_each(|ch| self.step(ch));
        }
        run
    }

    /// `wanted` accepts no line break.
    pub(crate) fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        self.take_bytes(rest.find(|ch| !wanted(ch)).unwrap_or(rest.len()))
    }

    pub(crate) fn skip_spaces(&mut self) {
        let rest = self.text.as_bytes().iter().skip(self.offset);
        self.offset += rest.take_while(|byte| **byte == b' ').count();
    }

    pub(crate) fn skip_line(&mut self) {
        self.take_while(|ch| !is_break(ch));
    }

    pub(crate) fn skip_byte_order_mark(&mut self) {
        if self.offset == 0 {
            self.take(BYTE_ORDER_MARK);
        }
    }

    /// Takes one line break, as the character it contributes to a scalar.
    pub(crate) fn take_break(&mut self) -> Option<char> {
        let ch = self.peek();
        let meaning = read_break(ch);
        if meaning.is_some() {
            self.step(ch);
        }
        meaning
    }

    /// Spaces and a comment up to the end of the line, and its break; `false` if there is anything else.
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

/// Appends without ever leaving an unwiped copy behind when the buffer must grow.
pub(crate) fn push(buffer: &mut Zeroizing<String>, text: &str) {
    let needed = buffer.len() + text.len();
    if needed > buffer.capacity() {
        let mut larger = Zeroizing::new(String::with_capacity(needed.max(buffer.capacity() * 2)));
        larger.push_str(buffer);
        *buffer = larger;
    }
    buffer.push_str(text);
}

pub(crate) fn push_char(buffer: &mut Zeroizing<String>, ch: char) {
    push(buffer, ch.encode_utf8(&mut [0; 4]));
}

/// The text of a tag, which is not secret.
pub(crate) type TagText<'a> = Cow<'a, str>;
