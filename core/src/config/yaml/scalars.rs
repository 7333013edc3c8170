//! The text of scalars: plain, quoted, and in blocks.

use zeroize::Zeroizing;

use super::cursor::{END, Text, is_blank_or_end, is_break, is_space_or_end, push, push_char};
use super::scanner::{Kind, Scanner, Token};
use super::{Error, Mark, Result};

/// What lies between two runs of a plain scalar.
enum Gap {
    /// Nothing, or a document marker: the scalar ends.
    End,
    Spaces,
    /// A line break and those behind it.
    Breaks(char, Zeroizing<String>),
}

/// Whether the last line break of a block scalar, and those behind it, belong to it.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl<'a> Scanner<'a> {
    fn scalar(&self, text: Text<'a>, plain: bool, start: Mark, end: Mark) -> Result<Token<'a>> {
        let (length, limit) = (text.len(), self.max_scalar_bytes);
        if length > limit {
            return Err(Error::at(start, format!("a value is {length} bytes long; the limit is {limit} bytes")));
        }
        Ok(Token { kind: Kind::Scalar { text, plain }, start, end })
    }

    // Plain.

    pub(super) fn scan_plain(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        let start_offset = self.cursor.offset();
        let indent = self.indent.map_or(0, |indent| indent + 1);
        let (mut end, mut end_offset) = (start, start_offset);
        // Stays empty while the scalar is one piece of the text.
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
            if let Gap::Breaks(first, breaks) = &gap {
                let text = folded.get_or_insert_with(Zeroizing::default);
                if text.is_empty() {
                    push(text, self.cursor.slice(start_offset, end_offset));
                }
                push_folded(text, *first, breaks);
                push(text, run);
            } else if let Some(text) = &mut folded {
                push(text, self.cursor.slice(end_offset, run_offset));
                push(text, run);
            }
            end = self.cursor.mark();
            end_offset = self.cursor.offset();
            gap = self.scan_plain_gap();
            if matches!(gap, Gap::End)
                || self.cursor.peek() == '#'
                || (self.flow_level == 0 && self.cursor.column < indent)
            {
                break;
            }
        }
        if end_offset == start_offset {
            return Err(self.error("expected a value here"));
        }
        let text = folded.map_or_else(|| Text::Borrowed(self.cursor.slice(start_offset, end_offset)), Text::Owned);
        self.scalar(text, true, start, end)
    }

    /// Characters up to a blank or an indicator.
    fn scan_plain_run(&mut self) -> &'a str {
        let in_flow = self.flow_level > 0;
        let bytes = self.cursor.rest().as_bytes();
        let ends = |(at, byte): (usize, &u8)| match byte {
            b' ' | b'\t' | b'\n' => true,
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => in_flow,
            b':' => {
                let next = self.cursor.peek_at(at + 1);
                is_blank_or_end(next) || (in_flow && matches!(next, ',' | '[' | ']' | '{' | '}'))
            }
            // The other line breaks start with one of these.
            0xc2 | 0xe2 => is_break(self.cursor.peek_at(at)),
            _ => false,
        };
        let length = bytes.iter().enumerate().position(ends).unwrap_or(bytes.len());
        self.cursor.take_bytes(length)
    }

    fn scan_plain_gap(&mut self) -> Gap {
        let spaces = self.cursor.take_while(|ch| ch == ' ');
        let Some(first) = self.cursor.take_break() else {
            return if spaces.is_empty() { Gap::End } else { Gap::Spaces };
        };
        self.simple_key_allowed = true;
        let mut breaks = Zeroizing::new(String::new());
        loop {
            if self.cursor.column == 0 && self.cursor.at_document_marker() {
                return Gap::End;
            }
            self.cursor.skip_spaces();
            match self.cursor.take_break() {
                Some(ch) => push_char(&mut breaks, ch),
                None => return Gap::Breaks(first, breaks),
            }
        }
    }

    // Quoted.

    pub(super) fn scan_quoted(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        let quote = self.cursor.peek();
        self.cursor.advance();
        let first = self.scan_quoted_run(quote);
        if self.cursor.peek() == quote && self.cursor.peek_second() != '\'' {
            // Most are one run; those are not copied.
            self.cursor.advance();
            return self.scalar(Text::Borrowed(first), false, start, self.cursor.mark());
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
                let first = self.cursor.take_break();
                if let Some(first) = first {
                    let breaks = self.scan_quoted_breaks(start)?;
                    push_folded(&mut text, first, &breaks);
                }
            }
        }
        self.scalar(Text::Owned(text), false, start, self.cursor.mark())
    }

    /// Characters that stand for themselves. Blanks are among them unless a line break follows: those are dropped.
    fn scan_quoted_run(&mut self, quote: char) -> &'a str {
        let start = self.cursor.offset();
        let mut end = start;
        loop {
            let word =
                self.cursor.take_while(|ch| ch != quote && !is_blank_or_end(ch) && (ch != '\\' || quote == '\''));
            if !word.is_empty() {
                end = self.cursor.offset();
            }
            let blanks = self.cursor.take_while(|ch| ch == ' ' || ch == '\t');
            if blanks.is_empty() {
                return self.cursor.slice(start, end);
            }
            if !is_break(self.cursor.peek()) {
                end = self.cursor.offset();
            }
        }
    }

    fn scan_quoted_breaks(&mut self, start: Mark) -> Result<Zeroizing<String>> {
        let mut breaks = Zeroizing::new(String::new());
        loop {
            if self.cursor.at_document_marker() {
                return Err(Error::at(start, "this quote is not closed before the end of the document"));
            }
            self.cursor.take_while(|ch| ch == ' ' || ch == '\t');
            match self.cursor.take_break() {
                Some(ch) => push_char(&mut breaks, ch),
                None => return Ok(breaks),
            }
        }
    }

    fn scan_escape(&mut self, text: &mut Zeroizing<String>, start: Mark) -> Result<()> {
        let mark = self.cursor.mark();
        self.cursor.advance();
        if self.cursor.take_break().is_some() {
            let breaks = self.scan_quoted_breaks(start)?;
            push(text, &breaks);
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
            // Eight digits fit exactly.
            code = (code << 4) | digit;
            self.cursor.advance();
        }
        let meant = char::from_u32(code)
            .ok_or_else(|| Error::at(mark, "this escape does not name a Unicode character (surrogates do not)"))?;
        push_char(text, meant);
        Ok(())
    }

    // Blocks: `|` and `>`.

    pub(super) fn scan_block_scalar(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        let folded = self.cursor.peek() == '>';
        self.cursor.advance();
        let (chomping, increment) = self.scan_block_header()?;
        let least = self.indent.map_or(1, |indent| indent + 1);
        let mut breaks = Zeroizing::new(String::new());
        let mut end = self.cursor.mark();
        let indent = if let Some(increment) = increment {
            let indent = least + increment - 1;
            self.scan_block_breaks(indent, &mut breaks, &mut end);
            indent
        } else {
            least.max(self.scan_block_indent(&mut breaks, &mut end))
        };
        let mut text = Zeroizing::new(String::new());
        let mut last_break = None;
        while self.cursor.column == indent && self.cursor.peek() != END {
            push(&mut text, &breaks);
            breaks.clear();
            let flush = |ch| ch != ' ' && ch != '\t';
            let was_flush = flush(self.cursor.peek());
            let line = self.cursor.take_while(|ch| !is_break(ch));
            push(&mut text, line);
            last_break = self.cursor.take_break();
            self.scan_block_breaks(indent, &mut breaks, &mut end);
            if self.cursor.column != indent || self.cursor.peek() == END {
                break;
            }
            // Lines are joined where neither is indented further.
            if folded && last_break == Some('\n') && was_flush && flush(self.cursor.peek()) {
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
        self.scalar(Text::Owned(text), false, start, end)
    }

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
            return Err(self.error("a block value starts on the line behind `|` or `>`; if none is meant, use quotes"));
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

    /// Blank lines at the start, and the deepest column that they or the first line reach.
    fn scan_block_indent(&mut self, breaks: &mut Zeroizing<String>, end: &mut Mark) -> usize {
        let mut deepest = 0;
        loop {
            self.cursor.skip_spaces();
            deepest = deepest.max(self.cursor.column);
            match self.cursor.take_break() {
                Some(ch) => push_char(breaks, ch),
                None => return deepest,
            }
            *end = self.cursor.mark();
        }
    }

    fn scan_block_breaks(&mut self, indent: usize, breaks: &mut Zeroizing<String>, end: &mut Mark) {
        *end = self.cursor.mark();
        loop {
            while self.cursor.column < indent && self.cursor.take(' ') {}
            match self.cursor.take_break() {
                Some(ch) => push_char(breaks, ch),
                None => return,
            }
            *end = self.cursor.mark();
        }
    }
}

/// One line break becomes a space, `n` become `n - 1`; the Unicode separators always stay.
fn push_folded(text: &mut Zeroizing<String>, first: char, breaks: &str) {
    if first != '\n' {
        push_char(text, first);
    } else if breaks.is_empty() {
        push(text, " ");
    }
    push(text, breaks);
}

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
