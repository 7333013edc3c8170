//! Scans directives, tags, anchors and aliases.

use crate::cursor::{TagText, is_space_or_end, is_whitespace_or_end};
use crate::error::Result;
use crate::scanner::{Directive, Kind, Scanner, Token};
use crate::{Error, Mark};

impl<'a> Scanner<'a> {
    /// Scans a line that starts with `%`.
    pub(crate) fn scan_directive(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        self.cursor.advance();
        let name = self.cursor.take_while(is_word);
        if name.is_empty() || !is_space_or_end(self.cursor.peek()) {
            return Err(Error::at(
                start,
                "a line cannot start with `%` unless it is a directive; put the value in quotes",
            ));
        }
        let directive = match name {
            "YAML" => self.scan_version(start)?,
            "TAG" => self.scan_tag_declaration(start)?,
            _ => {
                self.cursor.skip_line();
                Directive::Unknown
            }
        };
        if !self.cursor.take_rest_of_line() {
            return Err(Error::at(start, "found extra text after the directive on this line"));
        }
        Ok(Token { kind: Kind::Directive(directive), start })
    }

    /// Scans the version of `%YAML`, such as `1.1`.
    fn scan_version(&mut self, start: Mark) -> Result<Directive<'a>> {
        self.cursor.skip_spaces();
        let major = self.cursor.take_while(|ch| ch.is_ascii_digit());
        let dot = self.cursor.take('.');
        let minor = self.cursor.take_while(|ch| ch.is_ascii_digit());
        if major.is_empty() || !dot || minor.is_empty() || !is_space_or_end(self.cursor.peek()) {
            return Err(Error::at(start, "expected a version such as `%YAML 1.1`"));
        }
        Ok(Directive::Yaml { supported: major.trim_start_matches('0') == "1" })
    }

    /// Scans the handle and the prefix of `%TAG`, such as `!name! prefix`.
    fn scan_tag_declaration(&mut self, start: Mark) -> Result<Directive<'a>> {
        self.cursor.skip_spaces();
        let handle = self.scan_tag_handle(start)?;
        let separated = self.cursor.peek() == ' ';
        self.cursor.skip_spaces();
        let prefix = self.scan_tag_uri(start)?;
        if !separated || !is_space_or_end(self.cursor.peek()) {
            return Err(Error::at(start, "expected a declaration such as `%TAG !name! prefix`"));
        }
        Ok(Directive::Tag { handle, prefix })
    }

    /// Scans `&name` or `*name`.
    pub(crate) fn scan_anchor(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        let is_alias = self.cursor.peek() == '*';
        self.cursor.advance();
        let name = self.cursor.take_while(is_word);
        let next = self.cursor.peek();
        if name.is_empty() || !(is_whitespace_or_end(next) || "?:,]}%@`".contains(next)) {
            return Err(Error::at(
                start,
                "`&` and `*` start the name of an anchor, of ASCII letters, digits, `-` and `_`; put any other value in quotes",
            ));
        }
        let kind = if is_alias { Kind::Alias(name) } else { Kind::Anchor(name) };
        Ok(Token { kind, start })
    }

    /// Scans a tag: `!<verbatim>`, the non-specific tag `!`, `!suffix`, `!!suffix` or `!name!suffix`.
    pub(crate) fn scan_tag(&mut self) -> Result<Token<'a>> {
        let start = self.cursor.mark();
        let second = self.cursor.peek_second();
        let (handle, suffix) = if second == '<' {
            self.cursor.advance();
            self.cursor.advance();
            let uri = self.scan_tag_uri(start)?;
            if !self.cursor.take('>') {
                return Err(Error::at(start, "`!<` starts a tag that `>` must close; put any other value in quotes"));
            }
            (None, uri)
        } else if is_whitespace_or_end(second) {
            self.cursor.advance();
            (None, TagText::Borrowed("!"))
        } else {
            let word = self.cursor.rest().split(is_space_or_end).next().unwrap_or_default();
            let handle = if word.chars().skip(1).any(|ch| ch == '!') {
                self.scan_tag_handle(start)?
            } else {
                self.cursor.advance();
                "!"
            };
            (Some(handle), self.scan_tag_uri(start)?)
        };
        if !is_space_or_end(self.cursor.peek()) {
            return Err(Error::at(start, "a space must follow a tag; a value that starts with `!` needs quotes"));
        }
        Ok(Token { kind: Kind::Tag { handle, suffix }, start })
    }

    /// Scans `!`, `!!` or `!name!`.
    fn scan_tag_handle(&mut self, start: Mark) -> Result<&'a str> {
        let offset = self.cursor.offset();
        let mut complete = self.cursor.take('!');
        if self.cursor.peek() != ' ' {
            self.cursor.take_while(is_word);
            complete &= self.cursor.take('!');
        }
        if !complete {
            return Err(Error::at(
                start,
                "expected a tag handle such as `!name!`; a value that starts with `!` needs quotes",
            ));
        }
        Ok(self.cursor.slice(offset, self.cursor.offset()))
    }

    /// Scans the prefix or the suffix of a tag, or a verbatim tag, and decodes its `%XX` escapes.
    fn scan_tag_uri(&mut self, start: Mark) -> Result<TagText<'a>> {
        let raw = self.cursor.take_while(|ch| is_word(ch) || ";/?:@&=+$,.!~*'()[]%".contains(ch));
        if raw.is_empty() {
            return Err(Error::at(start, "expected the name of a tag; a value that starts with `!` needs quotes"));
        }
        if !raw.contains('%') {
            return Ok(TagText::Borrowed(raw));
        }
        unescape(raw)
            .map(TagText::Owned)
            .ok_or_else(|| Error::at(start, "`%` in a tag must be followed by two hexadecimal digits, of valid UTF-8"))
    }
}

/// Decodes `%XX` escapes. Returns `None` if digits are missing or the result is not UTF-8. `PyYAML` decodes each run of
/// escapes separately. Decoding the whole text has the same result, because all other characters are ASCII.
fn unescape(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            u8::try_from(digit()? << 4 | digit()?).ok()?
        } else {
            byte
        });
    }
    String::from_utf8(bytes).ok()
}

/// Returns whether the character may be part of the name of an anchor, a tag, a tag handle or a directive.
fn is_word(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || ch == '-' || ch == '_'
}
