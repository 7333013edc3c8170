//! Replaces `${VAR}` with the value of an environment variable.
//!
//! The rule is exactly the gateway's. A reference consists of a dollar sign, an opening brace, one or more word
//! characters of any script, and a closing brace. There is no default value and no escape, and the result is not
//! expanded again. Everything else stays unchanged, such as `$VAR`, `${VAR:-x}`, `${}` and `${ VAR }`.

use std::collections::BTreeSet;
use std::env::VarError;
use std::ops::Range;

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::secrets::Environment;

/// The longest text that an expansion may produce, in bytes. The same limit holds for a text in the file.
const MAX_EXPANDED: usize = 1 << 20;

/// A text value that records whether it may be shown.
pub(super) enum TextValue<'t> {
    /// The text is in the file in this form, so it may be quoted in a message.
    Written(&'t str),
    /// A part of the text came from the environment or a secret store, or the text is binary data in the file. It must
    /// not be quoted.
    Substituted(Secret),
}

impl TextValue<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Written(text) => text,
            Self::Substituted(secret) => secret.expose_secret(),
        }
    }

    pub(super) fn into_secret(self) -> Secret {
        match self {
            Self::Written(text) => Secret::new(text),
            Self::Substituted(secret) => secret,
        }
    }
}

/// The result of [`expand`].
pub(super) struct Expanded<'t> {
    /// The text; it keeps each reference to a variable that has no usable value.
    pub text: TextValue<'t>,
    /// The names of variables that are not set.
    pub unset: BTreeSet<&'t str>,
    /// The names of variables whose value is not Unicode.
    pub not_unicode: BTreeSet<&'t str>,
}

/// Replaces each `${VAR}` in `written`, from left to right. Returns `None` if the text is longer than 1 MiB after one
/// of the replacements.
pub(super) fn expand<'t>(written: &'t str, environment: Environment<'_>) -> Option<Expanded<'t>> {
    let (mut unset, mut not_unicode) = (BTreeSet::new(), BTreeSet::new());
    // Most texts have no reference, and a search for one character is much cheaper than a search for two.
    if !written.contains('$') {
        return Some(Expanded { text: TextValue::Written(written), unset, not_unicode });
    }
    let mut pieces: Vec<(&str, Zeroizing<String>)> = Vec::new();
    let (mut length, mut taken) = (written.len(), 0);
    for (place, name) in variables(written) {
        match environment(name) {
            Ok(value) => {
                length = length - place.len() + value.len();
                if length > MAX_EXPANDED {
                    return None;
                }
                pieces.push((&written[taken..place.start], Zeroizing::new(value)));
                taken = place.end;
            }
            Err(VarError::NotPresent) => _ = unset.insert(name),
            Err(VarError::NotUnicode(_)) => _ = not_unicode.insert(name),
        }
    }
    if pieces.is_empty() {
        return Some(Expanded { text: TextValue::Written(written), unset, not_unicode });
    }
    // The whole length is allocated at once, because a string that grows leaves copies of its secret content behind.
    let mut text = Zeroizing::new(String::with_capacity(length));
    for (before, value) in pieces {
        text.push_str(before);
        text.push_str(&value);
    }
    text.push_str(&written[taken..]);
    Some(Expanded { text: TextValue::Substituted(Secret::from(text)), unset, not_unicode })
}

/// Returns whether `text` resembles a reference that [`expand`] does not replace: it contains a `${` that does not
/// begin a valid reference, or the whole text is `$VAR`.
pub(super) fn looks_like_reference(text: &str) -> bool {
    let is_bare = |name: &str| !name.is_empty() && name.chars().all(is_word_char);
    text.contains('$')
        && (text.matches("${").count() > variables(text).count() || text.strip_prefix('$').is_some_and(is_bare))
}

/// Returns the range of each `${VAR}` in `text`, with the name of the variable.
fn variables(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        while let Some(found) = text[position..].find("${") {
            let start = position + found;
            position = start + 2;
            let after_brace = &text[position..];
            let name = &after_brace[..after_brace.find(|ch| !is_word_char(ch)).unwrap_or(after_brace.len())];
            if !name.is_empty() && after_brace[name.len()..].starts_with('}') {
                position += name.len() + 1;
                return Some((start..position, name));
            }
        }
        None
    })
}

/// Returns whether `ch` matches `\w` of Python's `re`: letters and numbers of any script, and the underscore. Unicode's
/// own definition of a word character also has combining marks.
fn is_word_char(ch: char) -> bool {
    const WORD: GeneralCategoryGroup = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);
    if ch.is_ascii() {
        return ch.is_ascii_alphanumeric() || ch == '_';
    }
    WORD.contains(CodePointMapData::<GeneralCategory>::new().get(ch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::assert_rows;

    fn environment(name: &str) -> Result<String, VarError> {
        match name {
            "A" => Ok("1".to_owned()),
            "é٣_" => Ok("word".to_owned()),
            "EMPTY" => Ok(String::new()),
            "NESTED" => Ok("${A}".to_owned()),
            "LONG" => Ok("x".repeat(MAX_EXPANDED / 2)),
            "BYTES" => Err(VarError::NotUnicode("canary".into())),
            _ => Err(VarError::NotPresent),
        }
    }

    #[test]
    fn expand_replaces_only_exact_references() {
        let rows = [
            ("", ""),
            ("plain", "plain"),
            ("${A}", "1"),
            ("<${A}|${A}>", "<1|1>"),
            ("${EMPTY}", ""),
            ("${é٣_}", "word"),
            ("$A $${A} \\${A}", "$A $1 \\1"),
            ("${NESTED}", "${A}"),
            ("${${A}}", "${1}"),
            ("${A${A}", "${A1"),
            ("${A:-d} ${ A } ${A-B} ${} ${A", "${A:-d} ${ A } ${A-B} ${} ${A"),
            ("${a}", "${a}"),
            // A vowel sign is a word character in Unicode's definition, but not in Python's.
            ("${का}", "${का}"),
            ("é${A}é", "é1é"),
        ];
        assert_rows(rows.map(|(written, expected)| {
            (written, expand(written, &environment).unwrap().text.as_str().to_owned(), expected)
        }));
    }

    #[test]
    fn expand_marks_a_text_as_written_unless_a_value_was_substituted() {
        for (written, shown) in [("a", true), ("${NO}", true), ("${A}", false), ("${NO}${A}", false)] {
            let text = expand(written, &environment).unwrap().text;
            assert_eq!(matches!(text, TextValue::Written(_)), shown, "{written}");
        }
    }

    #[test]
    fn expand_lists_each_missing_variable_once() {
        let expanded = expand("${B} ${BYTES} ${C} ${B} ${A} ${का}", &environment).unwrap();
        assert_eq!(expanded.unset.into_iter().collect::<Vec<_>>(), ["B", "C"]);
        assert_eq!(expanded.not_unicode.into_iter().collect::<Vec<_>>(), ["BYTES"]);
    }

    #[test]
    fn expand_of_a_result_longer_than_the_limit_is_none() {
        assert!(expand("${LONG}${LONG}", &environment).is_some());
        assert!(expand("${LONG}${LONG}.", &environment).is_none());
    }
}
