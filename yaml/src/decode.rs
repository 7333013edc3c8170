//! Turns bytes into text: checks size, encoding and characters, and makes line breaks uniform.

use zeroize::Zeroizing;

use crate::cursor::Cursor;
use crate::error::Result;
use crate::{CowStr, Error, Limits, Mark};

/// Checks size, encoding and characters, and turns every CR LF and CR into a line feed, as Python's text mode does. The
/// text is borrowed from `bytes` if it contains no CR.
///
/// # Errors
/// [`Error`] if the text exceeds [`Limits::max_bytes`], is not valid UTF-8, or contains a character that YAML 1.1 does
/// not allow, such as a control character.
pub fn decode<'t>(bytes: &'t [u8], limits: &Limits) -> Result<CowStr<'t>> {
    let max_bytes = limits.max_bytes;
    if bytes.len() > max_bytes {
        let message = format!("the file is {} bytes long; the limit is {max_bytes} bytes", bytes.len());
        return Err(Error { mark: None, message });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        Error::at(
            end_of(std::str::from_utf8(valid).unwrap_or_default()),
            "the file is not valid UTF-8 from here on; save it in the encoding UTF-8",
        )
    })?;
    // Fast path: most files contain only printable ASCII, which one pass over the bytes can check.
    let plain =
        |chunk: &[u8]| chunk.iter().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~' | b'\n' | b'\t'));
    let plain = bytes.chunks(64).all(plain);
    let unprintable = if plain { None } else { text.char_indices().find(|&(_, ch)| !is_printable(ch)) };
    if let Some((offset, _)) = unprintable {
        return Err(Error::at(
            end_of(text.get(..offset).unwrap_or_default()),
            "found a control character, which YAML does not allow; remove it, or write it as an escape in double quotes",
        ));
    }
    if plain || !text.contains('\r') {
        return Ok(CowStr::Borrowed(text));
    }
    let mut uniform = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\r') {
        uniform.push_str(line);
        uniform.push('\n');
        rest = after.strip_prefix('\n').unwrap_or(after);
    }
    uniform.push_str(rest);
    Ok(CowStr::Owned(uniform))
}

/// Returns the mark directly after `text`. CR LF and CR count as one line break, as in the decoded text.
fn end_of(text: &str) -> Mark {
    let mut cursor = Cursor::new(text);
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => cursor.step('\n'),
            _ => cursor.step(ch),
        }
    }
    cursor.mark()
}

/// Returns whether YAML 1.1 allows the character in a text.
fn is_printable(ch: char) -> bool {
    matches!(ch, ' '..='~' | '\n' | '\r' | '\t' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}
