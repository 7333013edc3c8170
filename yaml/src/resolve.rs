//! The resolver: decides the type of a plain scalar. Implements the regular expressions of YAML 1.1 as `PyYAML` writes
//! them.

use crate::timestamp;

/// The tags for which `safe_load` has a constructor or a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    Str,
    Binary,
    Timestamp,
    Seq,
    Map,
    Set,
    Omap,
    Pairs,
    /// `<<`
    Merge,
    /// `=`
    Value,
    /// Any other tag. No value can be constructed for it.
    Unknown,
}

impl Tag {
    pub(crate) fn is_collection(self) -> bool {
        matches!(self, Self::Seq | Self::Map | Self::Set | Self::Omap | Self::Pairs)
    }

    /// Returns the tag with the given full name.
    pub(crate) fn explicit(tag: &str) -> Self {
        match tag.strip_prefix("tag:yaml.org,2002:") {
            Some("null") => Self::Null,
            Some("bool") => Self::Bool,
            Some("int") => Self::Int,
            Some("float") => Self::Float,
            Some("str") => Self::Str,
            Some("binary") => Self::Binary,
            Some("timestamp") => Self::Timestamp,
            Some("seq") => Self::Seq,
            Some("map") => Self::Map,
            Some("set") => Self::Set,
            Some("omap") => Self::Omap,
            Some("pairs") => Self::Pairs,
            Some("merge") => Self::Merge,
            Some("value") => Self::Value,
            _ => Self::Unknown,
        }
    }
}

/// Returns the tag of a plain scalar, or of any scalar after the non-specific tag `!`.
pub(crate) fn implicit(text: &str) -> Tag {
    let Some(first) = text.bytes().next() else { return Tag::Null };
    // Python's `$` also matches before a line feed at the end of the text. A scalar can end with a line feed here if it
    // is a quoted scalar or a block scalar after the non-specific tag `!`.
    let text = text.strip_suffix('\n').unwrap_or(text);
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' if is_bool(text) => Tag::Bool,
        b'n' | b'N' if matches!(text, "null" | "Null" | "NULL") => Tag::Null,
        b'~' if text == "~" => Tag::Null,
        b'-' | b'+' | b'.' | b'0'..=b'9' => number_or_str(text.as_bytes()),
        b'<' if text == "<<" => Tag::Merge,
        b'=' if text == "=" => Tag::Value,
        // PyYAML gives these characters the tag `yaml` of YAML 1.1, for which it has no constructor.
        b'!' | b'&' | b'*' if text.len() == 1 => Tag::Unknown,
        _ => Tag::Str,
    }
}

fn is_bool(text: &str) -> bool {
    matches!(
        text,
        "yes"
            | "Yes"
            | "YES"
            | "no"
            | "No"
            | "NO"
            | "true"
            | "True"
            | "TRUE"
            | "false"
            | "False"
            | "FALSE"
            | "on"
            | "On"
            | "ON"
            | "off"
            | "Off"
            | "OFF"
    )
}

/// Returns the tag of a scalar that starts with a digit, a sign or a dot.
fn number_or_str(text: &[u8]) -> Tag {
    if is_float(text) {
        Tag::Float
    } else if is_int(text) {
        Tag::Int
    } else if timestamp::is_implicit(text) {
        Tag::Timestamp
    } else {
        Tag::Str
    }
}

fn strip_sign(text: &[u8]) -> &[u8] {
    match text {
        [b'+' | b'-', rest @ ..] => rest,
        _ => text,
    }
}

/// Splits the text after the leading bytes that `wanted` accepts.
fn split_run(text: &[u8], wanted: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let length = text.iter().position(|byte| !wanted(*byte)).unwrap_or(text.len());
    text.split_at(length)
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

fn is_digit_or_underscore(byte: u8) -> bool {
    is_digit(byte) || byte == b'_'
}

/// Returns whether the text consists of one or more groups of `:` and a number below sixty (the base 60 of YAML 1.1).
fn is_base_60_tail(text: &[u8]) -> bool {
    let [b':', groups @ ..] = text else { return false };
    groups.split(|byte| *byte == b':').all(|group| matches!(group, [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

fn is_float(text: &[u8]) -> bool {
    let number = strip_sign(text);
    if matches!(number, b".inf" | b".Inf" | b".INF") || matches!(text, b".nan" | b".NaN" | b".NAN") {
        return true;
    }
    if let [b'.', fraction @ ..] = text {
        // Except for `.inf`, a sign requires a digit before the dot, so `-.5` is a string.
        let (digits, exponent) = split_run(fraction, is_digit_or_underscore);
        return digits.first().copied().is_some_and(is_digit) && is_exponent(exponent);
    }
    let Some(dot) = number.iter().position(|byte| *byte == b'.') else { return false };
    let (whole, fraction) = number.split_at(dot);
    let (digits, base_60) = split_run(whole, is_digit_or_underscore);
    if !digits.first().copied().is_some_and(is_digit) {
        return false;
    }
    let (_, exponent) = split_run(fraction.get(1..).unwrap_or_default(), is_digit_or_underscore);
    if base_60.is_empty() { is_exponent(exponent) } else { is_base_60_tail(base_60) && exponent.is_empty() }
}

/// Returns whether the text is empty or an exponent: `e`, a sign (which YAML 1.1 requires) and digits.
fn is_exponent(text: &[u8]) -> bool {
    match text {
        [] => true,
        [b'e' | b'E', b'+' | b'-', digits @ ..] => !digits.is_empty() && digits.iter().copied().all(is_digit),
        _ => false,
    }
}

fn is_int(text: &[u8]) -> bool {
    let all = |digits: &[u8], wanted: fn(u8) -> bool| !digits.is_empty() && digits.iter().copied().all(wanted);
    match strip_sign(text) {
        b"0" => true,
        [b'0', b'b', digits @ ..] => all(digits, |byte| matches!(byte, b'0' | b'1' | b'_')),
        [b'0', b'x', digits @ ..] => all(digits, |byte| byte.is_ascii_hexdigit() || byte == b'_'),
        [b'0', digits @ ..] => all(digits, |byte| matches!(byte, b'0'..=b'7' | b'_')),
        [b'1'..=b'9', rest @ ..] => {
            let (_, base_60) = split_run(rest, is_digit_or_underscore);
            base_60.is_empty() || is_base_60_tail(base_60)
        }
        _ => false,
    }
}
