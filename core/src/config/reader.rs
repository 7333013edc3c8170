//! Converts nodes to values of the wanted type, or reports a problem with its place and the remedy.
//!
//! The conversions follow pydantic's lax mode, with which the gateway validates: a text is accepted for a number, but a
//! number is not accepted for a text.

use std::collections::HashMap;
use std::fmt::Write;
use std::num::{IntErrorKind, ParseIntError};
use std::ops::RangeInclusive;

use argus_auth_yaml::{Id, Int, Mark, Node, Value};

use super::expand::TextValue;
use super::field::{Field, PathKey, Step, quote};
use super::files::{Files, Finding};
use super::model::Unresolved;
use super::problems::Problems;
use super::references::{References, look_alike_warning};
use crate::error::{Problem, Severity};
use crate::secret::Secret;

/// A mapping with unique text keys.
pub(super) struct Mapping<'d> {
    /// The field that holds the mapping.
    at: &'d Field<'d>,
    pub fields: Vec<Field<'d>>,
}

impl<'d> Mapping<'d> {
    /// Returns the field under `key`.
    pub(super) fn get(&self, key: &str) -> Option<Field<'d>> {
        self.fields.iter().find(|field| field.key() == key).copied()
    }

    /// Returns the field under `key`. A null value counts as an absent key.
    pub(super) fn get_unless_null(&self, key: &str) -> Option<Field<'d>> {
        self.get(key).filter(|field| !matches!(field.node.value, Value::Null))
    }
}

/// The treatment of a key that is not text.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum KeyRule {
    /// The keys are a fixed set of words, so a key that is not text is ignored.
    Fixed,
    /// The keys are names that the operator chose, so a key that is not text is an error.
    Names,
}

/// Reads fields, and collects their problems.
pub(super) struct Reader<'e> {
    pub references: References<'e>,
    /// The checks of certificate files; `None` unless [`LoadOptions::thorough`](super::LoadOptions::thorough) is set.
    pub files: Option<Files>,
    problems: Problems,
}

impl<'e> Reader<'e> {
    pub(super) fn new(references: References<'e>, files: Option<Files>) -> Self {
        Self { references, files, problems: Problems::default() }
    }

    /// Returns the problems in file order, as [`Problems::into_vec`] does.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems.into_vec()
    }

    /// Returns whether one more warning would be kept.
    pub(super) fn keeps_warnings(&self) -> bool {
        self.problems.keeps_warnings()
    }

    /// Reports an error about the value of `field`.
    pub(super) fn error(&mut self, field: &Field<'_>, message: impl Into<String>) {
        self.report(Severity::Error, field.node.start, field.to_string(), message.into());
    }

    /// Reports a warning about the value of `field`.
    pub(super) fn warning(&mut self, field: &Field<'_>, message: impl Into<String>) {
        self.report(Severity::Warning, field.node.start, field.to_string(), message.into());
    }

    /// Reports the fault of a file at its key in `mapping`, or at `mapping` itself if the fault concerns no single key.
    pub(super) fn finding(&mut self, mapping: &Mapping<'_>, finding: Finding) {
        let field = finding.key.and_then(|key| mapping.get(key)).unwrap_or(*mapping.at);
        self.report(finding.severity, field.node.start, field.to_string(), finding.message);
    }

    /// Reports an error about the key of `field`.
    pub(super) fn key_error(&mut self, field: &Field<'_>, message: impl Into<String>) {
        self.report(Severity::Error, field.key_mark(), field.to_string(), message.into());
    }

    /// Reports a warning about the key of `field`.
    pub(super) fn key_warning(&mut self, field: &Field<'_>, message: impl Into<String>) {
        self.report(Severity::Warning, field.key_mark(), field.to_string(), message.into());
    }

    fn report(&mut self, severity: Severity, mark: Mark, path: String, message: String) {
        self.problems.push(Problem { severity, path, line: mark.line, column: mark.column, message });
    }

    /// Reports that `field` has the wrong type.
    fn unexpected(&mut self, field: &Field<'_>, wanted: &str) {
        self.error(field, format!("expected {wanted}, found {}", describe(&field.node.value)));
    }

    /// Reads a mapping. If a key is written twice, that is an error; the last value is kept, so that reading can
    /// continue. A key that came through a merge key is not a duplicate.
    pub(super) fn mapping<'d>(&mut self, field: &'d Field<'d>, keys: KeyRule) -> Option<Mapping<'d>> {
        let Value::Map(pairs) = &field.node.value else {
            self.unexpected(field, "a mapping");
            return None;
        };
        let mut fields: Vec<Field<'d>> = Vec::with_capacity(pairs.len());
        // A linear search through a few keys is faster than a hash table.
        let mut table: Option<HashMap<&str, usize>> = (pairs.len() > 16).then(|| HashMap::with_capacity(pairs.len()));
        let document = field.document;
        for pair in pairs {
            let Node { value, start, .. } = document.node(pair.key);
            let Value::Str(key) = value else {
                if keys == KeyRule::Names {
                    let found = describe(value);
                    let message = format!("a key here must be text, found {found}; put it in quotes");
                    self.report(Severity::Error, *start, field.to_string(), message);
                }
                continue;
            };
            let step = Step::Key { parent: field, key, mark: *start, merged: pair.merged };
            let new = Field { document, node: document.node(pair.value), step };
            let position = match &mut table {
                Some(table) => *table.entry(key).or_insert(fields.len()),
                None => fields.iter().position(|field| field.key() == &**key).unwrap_or(fields.len()),
            };
            if position == fields.len() {
                fields.push(new);
                continue;
            }
            let first = std::mem::replace(&mut fields[position], new);
            if !first.merged() && !new.merged() {
                let line = first.key_mark().line;
                self.key_error(&new, format!("this key is already on line {line}; keep one of the two"));
            }
        }
        Some(Mapping { at: field, fields })
    }

    /// Reads a list, and returns its items.
    pub(super) fn list<'d>(&mut self, field: &'d Field<'d>) -> Option<Vec<Field<'d>>> {
        let Value::Seq(items) = &field.node.value else {
            let hint = if matches!(field.node.value, Value::Str(_)) { "; put it in brackets: [...]" } else { "" };
            self.error(field, format!("expected a list, found {}{hint}", describe(&field.node.value)));
            return None;
        };
        let document = field.document;
        let field_of = |(index, id): (usize, &Id)| Field {
            document,
            node: document.node(*id),
            step: Step::Item { parent: field, index },
        };
        Some(items.iter().enumerate().map(field_of).collect())
    }

    /// Reads a text, and resolves its references. Warns about a text that only resembles a reference.
    pub(super) fn text<'d>(&mut self, field: &Field<'d>) -> Option<TextValue<'d>> {
        if let Value::Str(written) = &field.node.value
            && let Some(warning) = look_alike_warning(written)
        {
            self.warning(field, warning);
        }
        self.text_with(field, self.references.unresolved)
    }

    /// Reads a text in which references that can't be resolved are kept, with a warning. Used for values that only the
    /// gateway uses, because the gateway keeps such a reference too, and may not need the value. Does not warn about a
    /// text that only resembles a reference, because a command may contain the syntax of a shell.
    pub(super) fn lenient_text<'d>(&mut self, field: &Field<'d>) -> Option<TextValue<'d>> {
        self.text_with(field, Unresolved::Keep)
    }

    fn text_with<'d>(&mut self, field: &Field<'d>, unresolved: Unresolved) -> Option<TextValue<'d>> {
        match &field.node.value {
            Value::Str(written) => {
                let Self { references, problems, .. } = self;
                references.resolve(written, unresolved, &mut |severity, message| {
                    let Mark { line, column } = field.node.start;
                    problems.push(Problem { severity, path: field.to_string(), line, column, message });
                })
            }
            Value::Bytes(bytes) => {
                let text = std::str::from_utf8(bytes).ok().map(|text| TextValue::Substituted(Secret::new(text)));
                if text.is_none() {
                    self.error(field, "expected text, found binary data that is not valid UTF-8");
                }
                text
            }
            Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Timestamp(_) => {
                self.error(field, format!("expected text, found {}; put it in quotes", describe(&field.node.value)));
                None
            }
            _ => {
                self.unexpected(field, "text");
                None
            }
        }
    }

    /// Reads a text that must be one of a few words. `wanted` lists the words for the message. The caller compares the
    /// text with them.
    pub(super) fn word<'d>(&mut self, field: &Field<'d>, wanted: &str) -> Option<TextValue<'d>> {
        if let Value::Str(_) = field.node.value {
            return self.text(field);
        }
        self.unexpected(field, wanted);
        None
    }

    /// Reports a [`word`](Self::word) that is not one of `wanted`. Suggests `meant`, the word that was probably meant.
    pub(super) fn unknown_word(&mut self, field: &Field<'_>, found: &TextValue<'_>, wanted: &str, meant: Option<&str>) {
        let found = if let TextValue::Written(found) = found { quote(found) } else { "another text".to_owned() };
        let hint = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        self.error(field, format!("expected {wanted}, found {found}{hint}"));
    }

    /// Returns the text of `field`, which must not be empty; `None` if the text is empty or has another error.
    pub(super) fn nonempty_text<'d>(&mut self, field: &Field<'d>) -> Option<TextValue<'d>> {
        let text = self.text(field)?;
        if text.as_str().is_empty() {
            let resolved = if matches!(text, TextValue::Substituted(_)) {
                ", but is empty once its references are resolved"
            } else {
                ""
            };
            self.error(field, format!("must not be empty{resolved}"));
            return None;
        }
        Some(text)
    }

    /// Returns the field under `key`; `None` if it is missing, which is an error.
    pub(super) fn required<'d>(&mut self, mapping: &Mapping<'d>, key: &str) -> Option<Field<'d>> {
        let field = mapping.get(key);
        if field.is_none() {
            let mut path = mapping.at.to_string();
            _ = write!(path, "{}", PathKey(key, mapping.at));
            self.report(Severity::Error, mapping.at.node.start, path, format!("`{key}` is required but missing"));
        }
        field
    }

    /// Reads a boolean, or one of the words and numbers that pydantic accepts as a boolean.
    pub(super) fn boolean(&mut self, field: &Field<'_>) -> Option<bool> {
        let value = match &field.node.value {
            Value::Bool(value) => Some(*value),
            Value::Int(Int::Small(0)) | Value::Float(0.0) => Some(false),
            Value::Int(Int::Small(1)) | Value::Float(1.0) => Some(true),
            Value::Str(_) | Value::Bytes(_) => match self.text(field)?.as_str().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "t" | "y" | "1" => Some(true),
                "false" | "no" | "off" | "f" | "n" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if value.is_none() {
            self.error(field, format!("expected true or false, found {}", describe(&field.node.value)));
        }
        value
    }

    /// Reads a number. It may be infinite or NaN.
    pub(super) fn number(&mut self, field: &Field<'_>) -> Option<f64> {
        let value = match &field.node.value {
            Value::Bool(value) => Some(f64::from(u8::from(*value))),
            Value::Int(Int::Small(value)) => value.to_string().parse().ok(),
            Value::Int(Int::Big(digits)) => digits.parse().ok().filter(|value: &f64| value.is_finite()),
            Value::Float(value) => Some(*value),
            Value::Str(_) | Value::Bytes(_) => parse_number(self.text(field)?.as_str()),
            _ => None,
        };
        if value.is_none() {
            self.unexpected(field, "a number");
        }
        value
    }

    /// Reads a whole number within `range`. A range that ends at `i64::MAX` has no upper limit, because a larger
    /// integer is read as `i64::MAX`.
    pub(super) fn integer(&mut self, field: &Field<'_>, range: RangeInclusive<i64>) -> Option<i64> {
        let value = match &field.node.value {
            Value::Bool(value) => Some(i64::from(*value)),
            Value::Int(Int::Small(value)) => Some(*value),
            Value::Int(Int::Big(digits)) => digits.parse().or_else(saturated).ok(),
            Value::Float(value) => whole_number(*value),
            Value::Str(_) | Value::Bytes(_) => parse_integer(self.text(field)?.as_str()),
            _ => None,
        };
        if value.is_none_or(|value| !range.contains(&value)) {
            let wanted = match (range.start(), *range.end()) {
                (from, i64::MAX) => format!("a whole number, {from} or more"),
                (from, to) => format!("a whole number from {from} to {to}"),
            };
            self.error(field, format!("expected {wanted}"));
            return None;
        }
        value
    }
}

/// Parses a number that is written as text. The text may have whitespace around the number or single underscores inside
/// the number, but not both.
fn parse_number(text: &str) -> Option<f64> {
    text.trim().parse().ok().or_else(|| without_underscores(text)?.parse().ok())
}

/// Parses a whole number that is written as text. The text may have whitespace around the number, single underscores
/// inside the number, zeros after a decimal point, and leading zeros, each followed by any number of underscores. A
/// number that is out of range becomes the nearest `i64`.
fn parse_integer(text: &str) -> Option<i64> {
    // Python's limit on the conversion of text to an int.
    const MAX_DIGITS: usize = 4300;
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let number = match text.split_once('.') {
        Some((number, zeros)) if !zeros.is_empty() && zeros.bytes().all(|digit| digit == b'0') => number,
        Some(_) => return None,
        None => text,
    };
    let number = match number.trim_start_matches(['0', '_']) {
        _ if !number.starts_with('0') => number,
        "" if number.ends_with('0') => "0",
        rest => rest,
    };
    let digits = without_underscores(number).filter(|digits| !digits.starts_with('+') && digits.len() <= MAX_DIGITS)?;
    digits.parse().or_else(saturated).ok()
}

/// Returns the nearest `i64` if `error` says that a number is out of range; otherwise returns `error`.
fn saturated(error: ParseIntError) -> Result<i64, ParseIntError> {
    match error.kind() {
        IntErrorKind::PosOverflow => Ok(i64::MAX),
        IntErrorKind::NegOverflow => Ok(i64::MIN),
        _ => Err(error),
    }
}

/// Returns `text` without its single underscores; `None` if an underscore is doubled, leading or trailing.
fn without_underscores(text: &str) -> Option<String> {
    let misplaced = text.starts_with('_') || text.ends_with('_') || text.contains("__");
    (!misplaced).then(|| text.replace('_', ""))
}

/// Returns `value` as an integer; `None` if it has a fraction, or an absolute value of 2^63 or more.
fn whole_number(value: f64) -> Option<i64> {
    // 2^63, the first number beyond the range of `i64`.
    const END: f64 = 9_223_372_036_854_775_808.0;
    #[allow(clippy::cast_possible_truncation, reason = "checked: no fraction, and within range")]
    let integer = value as i64;
    (value.fract() == 0.0 && value.abs() < END).then_some(integer)
}

/// Returns the type of a value in words. Never shows the value, which may be secret.
fn describe(value: &Value<'_>) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Int(Int::Small(_)) => "a whole number",
        Value::Int(Int::Big(_)) => "a very large whole number",
        Value::Float(_) => "a number",
        Value::Str(_) => "text",
        Value::Bytes(_) => "binary data",
        Value::Timestamp(_) => "a date",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a mapping",
        Value::Set(_) => "a set",
        Value::Pairs(_) => "a list of pairs",
    }
}
