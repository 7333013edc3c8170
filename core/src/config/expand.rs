//! `${VAR}` -> the value of an environment variable.
//!
//! The gateway's rule, to the letter: a dollar sign, a brace, one or more word characters of any script, a brace. There
//! is no default value, no escape, and what comes out is not expanded again. All else stays as it stands:
//! `$VAR`, `${VAR:-x}`, `${}`, `${ VAR }`.

use std::collections::BTreeSet;
use std::env::VarError;
use std::ops::Range;

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup};
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::secrets::Environment;

/// The longest text that references may make, in bytes; as long as the longest that can be written.
const MAX_EXPANDED: usize = 1 << 20;

/// A text value, and whether it may be shown.
pub(super) enum TextValue<'t> {
    /// It stands in the file like this.
    Written(&'t str),
    /// Some of it came from the environment or a secret store.
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

/// What [`expand`] made of a text.
pub(super) struct Expanded<'t> {
    /// With the reference left in it where there is no value.
    pub text: TextValue<'t>,
    /// Variables that are not set.
    pub unset: BTreeSet<&'t str>,
    /// Variables whose value is not Unicode.
    pub not_unicode: BTreeSet<&'t str>,
}

/// Replaces each `${VAR}` in `written`; `None` if the result is too long.
pub(super) fn expand<'t>(written: &'t str, environment: Environment<'_>) -> Option<Expanded<'t>> {
    let (mut unset, mut not_unicode) = (BTreeSet::new(), BTreeSet::new());
    // Most texts have none; this search costs much less than the one for two characters.
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
    // The whole length at once: a string that grows leaves copies of what it held behind.
    let mut text = Zeroizing::new(String::with_capacity(length));
    for (before, value) in pieces {
        text.push_str(before);
        text.push_str(&value);
    }
    text.push_str(&written[taken..]);
    Some(Expanded { text: TextValue::Substituted(Secret::from(text)), unset, not_unicode })
}

/// Whether there is a `${` in `text` that [`expand`] does not take, or it is `$VAR` as a whole, which it does not take
/// either.
pub(super) fn looks_like_reference(text: &str) -> bool {
    let is_bare = |name: &str| !name.is_empty() && name.chars().all(is_word);
    text.contains('$')
        && (text.matches("${").count() > variables(text).count() || text.strip_prefix('$').is_some_and(is_bare))
}

/// Each `${VAR}`: where it stands, and the variable's name.
fn variables(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    let mut position = 0;
    std::iter::from_fn(move || {
        while let Some(found) = text[position..].find("${") {
            let start = position + found;
            position = start + 2;
            let after_brace = &text[position..];
            let name = &after_brace[..after_brace.find(|ch| !is_word(ch)).unwrap_or(after_brace.len())];
            if !name.is_empty() && after_brace[name.len()..].starts_with('}') {
                position += name.len() + 1;
                return Some((start..position, name));
            }
        }
        None
    })
}

/// `\w` of Python's `re`: letters and numbers of any script, and the underscore; unlike elsewhere no combining marks.
fn is_word(ch: char) -> bool {
    const WORD: GeneralCategoryGroup = GeneralCategoryGroup::Letter.union(GeneralCategoryGroup::Number);
    if ch.is_ascii() {
        return ch.is_ascii_alphanumeric() || ch == '_';
    }
    WORD.contains(CodePointMapData::<GeneralCategory>::new().get(ch))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn the_rule_to_the_letter() {
        for (written, expected) in [
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
            // A vowel sign belongs to a word in Unicode's own definition, not in Python's.
            ("${का}", "${का}"),
            ("é${A}é", "é1é"),
        ] {
            assert_eq!(expand(written, &environment).unwrap().text.as_str(), expected, "{written}");
        }
    }

    #[test]
    fn only_what_stands_in_the_file_counts_as_written() {
        for (written, shown) in [("a", true), ("${NO}", true), ("${A}", false), ("${NO}${A}", false)] {
            let text = expand(written, &environment).unwrap().text;
            assert_eq!(matches!(text, TextValue::Written(_)), shown, "{written}");
        }
    }

    #[test]
    fn missing_variables_are_named_once_each() {
        let expanded = expand("${B} ${BYTES} ${C} ${B} ${A} ${का}", &environment).unwrap();
        assert_eq!(expanded.unset.into_iter().collect::<Vec<_>>(), ["B", "C"]);
        assert_eq!(expanded.not_unicode.into_iter().collect::<Vec<_>>(), ["BYTES"]);
    }

    #[test]
    fn the_result_is_bounded() {
        assert!(expand("${LONG}${LONG}", &environment).is_some());
        assert!(expand("${LONG}${LONG}.", &environment).is_none());
    }
}
