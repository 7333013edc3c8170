//! Scans scalars: plain, quoted, and block scalars.

use zeroize::Zeroizing;

use crate::cursor::{END, is_break, is_space_or_end, is_whitespace_or_end, push, push_char, read_break};
use crate::error::Result;
use crate::scanner::{Kind, Scanner, Token};
use crate::{CowStr, Error, Mark};

/// The bytes at which a run of a plain scalar may end. A table, because a lookup rejects most bytes quickly.
static PLAIN_STOPS: [bool; 256] = table_of(b" \t\n:,?[]{}\xc2\xe2");

const fn table_of(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut index = 0;
    while index < bytes.len() {
        table[bytes[index] as usize] = true;
        index += 1;
    }
    table
}

/// The characters between two runs of a plain scalar.
enum Gap<'a> {
    /// The end of the scalar: neither a space nor a line break follows, or a document marker follows.
    End,
    /// Spaces within a line.
    Spaces,
    /// One or more line breaks, and the spaces around them.
    Breaks(&'a str),
}

/// The line breaks at the end of a block scalar that belong to its text.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    /// `-`: no line break.
    Strip,
    /// The default: the first line break.
    Clip,
    /// `+`: all line breaks.
    Keep,
}

impl<'a> Scanner<'a> {
    /// Returns the token of a scalar, or an error if the text exceeds the limit.
    fn scalar(&self, text: CowStr<'a>, plain: bool, start: Mark) -> Result<Token<'a>> {
        let (length, limit) = (text.len(), self.max_scalar_bytes);
        if length > limit {
            return Err(Error::at(start, format!("a value is {length} bytes long; the limit is {limit} bytes")));
        }
        Ok(Token { kind: Kind::Scalar { text, plain }, start })
    }

    // Plain.

    /// Scans a plain scalar, of one line or several.
    pub(crate) fn scan_plain(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        let start_offset = self.cursor.offset();
        let mut end_offset = start_offset;
        // Stays `None` while the scalar is one contiguous piece of the text.
        let mut folded: Option<Zeroizing<String>> = None;
        let mut gap = Gap::Spaces;
        loop {
            if self.cursor.peek() == '#' {
                break;
            }
            let run_offset = self.cursor.offset();
            let run = self.scan_plain_run();
            if run.is_empty() {
                break;
            }
            self.simple_key_allowed = false;
            if let Gap::Breaks(breaks) = gap {
                let text = folded.get_or_insert_with(Zeroizing::default);
                if text.is_empty() {
                    push(text, self.cursor.slice(start_offset, end_offset));
                }
                push_folded(text, breaks);
                push(text, run);
            } else if let Some(text) = &mut folded {
                push(text, self.cursor.slice(end_offset, run_offset));
                push(text, run);
            }
            end_offset = self.cursor.offset();
            gap = self.scan_plain_gap();
            if matches!(gap, Gap::End)
                || self.cursor.peek() == '#'
                || (self.flow_level == 0 && self.cursor.column() < self.indent)
            {
                break;
            }
        }
        if end_offset == start_offset {
            return Err(self.error("expected a value here"));
        }
        let text = folded.map_or_else(|| CowStr::Borrowed(self.cursor.slice(start_offset, end_offset)), CowStr::Owned);
        self.scalar(text, true, start)
    }

    /// Takes the characters up to a space, a tab, a line break or an indicator.
    fn scan_plain_run(&mut self) -> &'a str {
        let in_flow = self.flow_level > 0;
        let ends = |at, byte| match byte {
            b' ' | b'\t' | b'\n' => true,
            b':' => {
                let next = self.cursor.peek_at(at + 1);
                is_whitespace_or_end(next) || (in_flow && matches!(next, ',' | '[' | ']' | '{' | '}'))
            }
            // The UTF-8 forms of the other line breaks start with one of these bytes.
            0xc2 | 0xe2 => is_break(self.cursor.peek_at(at)),
            // `,`, `?`, brackets and braces.
            _ => in_flow,
        };
        let rest = self.cursor.rest();
        let end = rest.bytes().enumerate().position(|(at, byte)| PLAIN_STOPS[usize::from(byte)] && ends(at, byte));
        self.cursor.take_bytes(end.unwrap_or(rest.len()))
    }

    /// Takes the spaces and line breaks after a run. Does not take a tab, so that a tab after a plain scalar is an
    /// error, as in `PyYAML`.
    fn scan_plain_gap(&mut self) -> Gap<'a> {
        let start = self.cursor.offset();
        self.cursor.skip_spaces();
        if self.cursor.take_break().is_none() {
            return if self.cursor.offset() == start { Gap::End } else { Gap::Spaces };
        }
        self.simple_key_allowed = true;
        loop {
            if self.cursor.column() == 0 && self.cursor.at_document_marker() {
                return Gap::End;
            }
            self.cursor.skip_spaces();
            if self.cursor.take_break().is_none() {
                return Gap::Breaks(self.cursor.slice(start, self.cursor.offset()));
            }
        }
    }

    // Quoted.

    /// Scans a scalar in single or double quotes.
    pub(crate) fn scan_quoted(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        let quote = self.cursor.peek();
        self.cursor.advance();
        let first = self.scan_quoted_run(quote);
        if self.cursor.peek() == quote && self.cursor.peek_second() != '\'' {
            // Most quoted scalars are one run. They are borrowed and not copied.
            self.cursor.advance();
            return self.scalar(CowStr::Borrowed(first), false, start);
        }
        let mut text = Zeroizing::new(String::new());
        push(&mut text, first);
        loop {
            let run = self.scan_quoted_run(quote);
            push(&mut text, run);
            let ch = self.cursor.peek();
            if ch == END {
                return Err(Error::at(start, "this quote is never closed"));
            } else if ch == quote {
                self.cursor.advance();
                if quote == '"' || !self.cursor.take('\'') {
                    break;
                }
                push(&mut text, "'");
            } else if ch == '\\' {
                self.scan_escape(&mut text, start)?;
            } else {
                push_folded(&mut text, self.scan_quoted_breaks(start)?);
            }
        }
        self.scalar(CowStr::Owned(text), false, start)
    }

    /// Takes the characters up to a line break, an escape or a quote, and returns them. Spaces and tabs before a line
    /// break are taken but not returned.
    fn scan_quoted_run(&mut self, quote: char) -> &'a str {
        let ends = |(at, byte): (usize, &u8)| match byte {
            b'\n' => true,
            b'\'' | b'"' => char::from(*byte) == quote,
            b'\\' => quote == '"',
            // The UTF-8 forms of the other line breaks start with one of these bytes.
            0xc2 | 0xe2 => is_break(self.cursor.peek_at(at)),
            _ => false,
        };
        let rest = self.cursor.rest();
        let length = rest.as_bytes().iter().enumerate().position(ends).unwrap_or(rest.len());
        let run = self.cursor.take_bytes(length);
        if is_break(self.cursor.peek()) { run.trim_end_matches([' ', '\t']) } else { run }
    }

    /// Takes line breaks, and the spaces and tabs at the start of each line.
    fn scan_quoted_breaks(&mut self, start: Mark) -> Result<&'a str> {
        let offset = self.cursor.offset();
        while self.cursor.take_break().is_some() {
            if self.cursor.at_document_marker() {
                return Err(Error::at(start, "this quote is not closed before the end of the document"));
            }
            self.cursor.take_while(|ch| ch == ' ' || ch == '\t');
        }
        Ok(self.cursor.slice(offset, self.cursor.offset()))
    }

    /// Reads an escape in double quotes and appends its character to `text`. `start` is the mark of the opening quote.
    fn scan_escape(&mut self, text: &mut Zeroizing<String>, start: Mark) -> Result<()> {
        let mark = self.cursor.mark();
        self.cursor.advance();
        if is_break(self.cursor.peek()) {
            // The escape removes the first line break. The others stay.
            breaks(self.scan_quoted_breaks(start)?).skip(1).for_each(|ch| push_char(text, ch));
            return Ok(());
        }
        let ch = self.cursor.peek();
        self.cursor.advance();
        let digits = match ch {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => {
                let meant = simple_escape(ch).ok_or_else(|| {
                    Error::at(
                        mark,
                        "found an escape that YAML does not know; write `\\\\` for a backslash, or use single quotes",
                    )
                })?;
                push_char(text, meant);
                return Ok(());
            }
        };
        let mut code = 0;
        for _ in 0..digits {
            let digit = self
                .cursor
                .peek()
                .to_digit(16)
                .ok_or_else(|| Error::at(mark, format!("this escape needs {digits} hexadecimal digits")))?;
            // Eight hexadecimal digits fit into 32 bits exactly.
            code = (code << 4) | digit;
            self.cursor.advance();
        }
        let meant = char::from_u32(code).ok_or_else(|| {
            Error::at(mark, "this escape does not name a Unicode character (a surrogate is not a character)")
        })?;
        push_char(text, meant);
        Ok(())
    }

    // Block scalars: `|` keeps line breaks, `>` folds them.

    /// Scans a block scalar, including its header.
    pub(crate) fn scan_block_scalar(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        let folded = self.cursor.peek() == '>';
        self.cursor.advance();
        let (chomping, increment) = self.scan_block_header()?;
        let min_indent = self.indent.max(1);
        let mut breaks = String::new();
        let indent = if let Some(increment) = increment {
            let indent = min_indent + increment - 1;
            self.scan_block_breaks(indent, &mut breaks);
            indent
        } else {
            min_indent.max(self.scan_block_indent(&mut breaks))
        };
        let mut text = Zeroizing::new(String::new());
        let mut last_break = None;
        while self.cursor.column() == indent && self.cursor.peek() != END {
            push(&mut text, &breaks);
            breaks.clear();
            let is_text = |ch| ch != ' ' && ch != '\t';
            let starts_with_text = is_text(self.cursor.peek());
            let line = self.cursor.take_while(|ch| !is_break(ch));
            push(&mut text, line);
            last_break = self.cursor.take_break();
            self.scan_block_breaks(indent, &mut breaks);
            if self.cursor.column() != indent || self.cursor.peek() == END {
                break;
            }
            // Folding joins two lines only if neither starts with a space or a tab.
            if folded && last_break == Some('\n') && starts_with_text && is_text(self.cursor.peek()) {
                if breaks.is_empty() {
                    push(&mut text, " ");
                }
            } else if let Some(ch) = last_break {
                push_char(&mut text, ch);
            }
        }
        if let (Some(ch), false) = (last_break, chomping == Chomping::Strip) {
            push_char(&mut text, ch);
        }
        if chomping == Chomping::Keep {
            push(&mut text, &breaks);
        }
        self.scalar(CowStr::Owned(text), false, start)
    }

    /// Reads the rest of the line after `|` or `>`: chomping and the indentation increment, in either order.
    fn scan_block_header(&mut self) -> Result<(Chomping, Option<usize>)> {
        let mut chomping = self.scan_chomping();
        let increment = self.cursor.peek().to_digit(10);
        if increment == Some(0) {
            return Err(self.error("the indentation of a block value is 1 to 9, not 0"));
        }
        if increment.is_some() {
            self.cursor.advance();
            chomping = chomping.or_else(|| self.scan_chomping());
        }
        if !is_space_or_end(self.cursor.peek()) || !self.cursor.take_rest_of_line() {
            return Err(
                self.error("a block value starts on the line after `|` or `>`; if text is meant, put it in quotes")
            );
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment.map(|digit| digit as usize)))
    }

    fn scan_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.cursor.peek() {
            '+' => Chomping::Keep,
            '-' => Chomping::Strip,
            _ => return None,
        };
        self.cursor.advance();
        Some(chomping)
    }

    /// Takes the blank lines at the start and the spaces of the first line with text. Appends the line breaks to
    /// `breaks` and returns the greatest column that any of these lines reaches.
    fn scan_block_indent(&mut self, breaks: &mut String) -> usize {
        let mut deepest = 0;
        loop {
            self.cursor.skip_spaces();
            deepest = deepest.max(self.cursor.column());
            match self.cursor.take_break() {
                Some(ch) => breaks.push(ch),
                None => return deepest,
            }
        }
    }

    /// Takes blank lines, and up to `indent` spaces of the line after them. Appends the line breaks to `breaks`.
    fn scan_block_breaks(&mut self, indent: usize, breaks: &mut String) {
        loop {
            while self.cursor.column() < indent && self.cursor.take(' ') {}
            match self.cursor.take_break() {
                Some(ch) => breaks.push(ch),
                None => return,
            }
        }
    }
}

/// Folds the line breaks in `gap` and appends the result: a single line break becomes a space; if there are several,
/// the first is dropped. The Unicode separators U+2028 and U+2029 always stay.
fn push_folded(text: &mut Zeroizing<String>, gap: &str) {
    let mut breaks = breaks(gap).peekable();
    let first = breaks.next();
    match first {
        Some('\n') if breaks.peek().is_none() => push(text, " "),
        Some('\n') => {}
        _ => first.into_iter().for_each(|ch| push_char(text, ch)),
    }
    breaks.for_each(|ch| push_char(text, ch));
}

/// Returns the line breaks in `gap`, as the characters that they contribute to a scalar.
fn breaks(gap: &str) -> impl Iterator<Item = char> {
    gap.chars().filter_map(read_break)
}

/// Returns the character for an escape without digits, or `None` if YAML does not define it.
fn simple_escape(ch: char) -> Option<char> {
    Some(match ch {
        '0' => '\0',
        'a' => '\x07',
        'b' => '\x08',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\x0b',
        'f' => '\x0c',
        'r' => '\r',
        'e' => '\x1b',
        ' ' | '"' | '\\' | '/' => ch,
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        _ => return None,
    })
}
