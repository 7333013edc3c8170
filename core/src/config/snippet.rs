//! The source line that a problem is about, for a message to a person, with everything that may be secret hidden.

use std::fmt::Write;

use super::words::WORDS;
use crate::error::Problem;

/// Three times this number of characters are shown of a long line. They begin this number of characters before the
/// place, or at the start of the line if the place is near the start.
const CONTEXT: usize = 60;
/// Shown in place of hidden words.
const MASK: char = '…';

/// Returns the line of `text` that `problem` is about, with a caret under its place:
///
/// ```text
///    |
/// 12 |   client_secret: …
///    |                  ^
/// ```
///
/// A word is shown only if it is a word of the schema or punctuation of YAML, or if the problem names the word, in its
/// path or in quotes in its message. Everything else, including comments, is shown as `…`, because it may be a secret
/// or a part of a secret: the line may be in the middle of a text of several lines.
///
/// Returns `None` if the problem has no place in `text`, and if `text` is not UTF-8.
///
/// ```
/// use argus_auth_core::config::{self, LoadOptions};
///
/// let text = b"backends:\n  search:\n    type: ssee\n    url: https://search.example/sse\n";
/// let error = config::parse(text, &LoadOptions::default()).unwrap_err();
/// let snippet = config::snippet(text, &error.problems[0]).unwrap();
/// assert_eq!(snippet, "  |\n3 |     type: ssee\n  |           ^");
/// ```
pub fn snippet(text: &[u8], problem: &Problem) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line = lines(text).nth(usize::try_from(problem.line).ok()?.checked_sub(1)?)?;
    let (cut, line, column) = cut_around(line, usize::try_from(problem.column).ok()?.checked_sub(1)?);
    let (shown, caret) = mask(line, column, problem);
    let start = if caret > 2 * CONTEXT { caret - CONTEXT } else { 0 };
    let before = if cut || start > 0 { "... " } else { "" };
    let window: String = shown.chars().skip(start).take(3 * CONTEXT).collect();
    let (number, caret) = (problem.line.to_string(), before.len() + caret - start);
    let margin = " ".repeat(number.len());
    let mut snippet = format!("{margin} |\n{number} | {before}{window}\n{margin} | ");
    _ = write!(snippet, "{:caret$}^", "");
    Some(snippet)
}

/// Cuts a long line down to the words around the character at index `column`, so that only these words must be masked,
/// even if the whole file is one line. Returns whether text before these words was cut off, the words, and the new
/// index of the character.
fn cut_around(line: &str, column: usize) -> (bool, &str, usize) {
    // The number of bytes that are kept on each side. It is several times the shown length, because hidden words shrink
    // to one character.
    const REACH: usize = 16 * CONTEXT;
    let at = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
    // Only whole words are kept, because a part of a secret could be a word of the schema.
    let start = line.floor_char_boundary(at.saturating_sub(REACH));
    let start = if start == 0 { 0 } else { line[..start].rfind([' ', '\t']).map_or(0, |space| space + 1) };
    let end = line.floor_char_boundary((at + REACH).min(line.len()));
    let end = line[end..].find([' ', '\t']).map_or(line.len(), |space| end + space);
    (start > 0, &line[start..end], line[start..at].chars().count())
}

/// Returns the lines of `text`, divided at the line breaks of YAML 1.1, as the parser counts them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) else { return rest.take() };
        let (line, after) = text.split_at(end);
        let length = if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(0, char::len_utf8) };
        rest = Some(&after[length..]);
        Some(line)
    })
}

/// Hides all words of `line` that may be secret. Returns the resulting line, and the new index of the character that
/// was at index `column`.
fn mask(line: &str, column: usize, problem: &Problem) -> (String, usize) {
    let (mut shown, mut caret, mut length, mut position) = (String::new(), None, 0, 0);
    let mut masked = false;
    for chunk in line.split_inclusive([' ', '\t']) {
        let word = chunk.trim_end_matches([' ', '\t']);
        let visible = word.is_empty() || may_show(word, problem);
        let end = position + chunk.chars().count();
        if visible || !masked {
            if (position..end).contains(&column) {
                caret = Some(length + if visible { column - position } else { 0 });
            }
            let replacement = if visible { chunk.replace('\t', " ") } else { format!("{MASK} ") };
            length += replacement.chars().count();
            shown.push_str(&replacement);
        } else if (position..end).contains(&column) {
            // One mask stands for a sequence of hidden words.
            caret = Some(length.saturating_sub(2));
        }
        // A sequence of hidden words does not end at further spaces or tabs.
        masked = if word.is_empty() { masked } else { !visible };
        position = end;
    }
    let shown = shown.trim_end().to_owned();
    (shown, caret.unwrap_or(length))
}

/// Returns whether `word` may be shown: it is a word of the schema, punctuation, or a word that the problem names.
fn may_show(word: &str, problem: &Problem) -> bool {
    let core = word.trim_matches(['{', '}', '[', ']', ',', ':', '"', '\'', '-', '?']);
    let is_core = |named: &str| named == core;
    // Other punctuation could be the end of a secret, so only the usual punctuation of YAML is shown.
    if core.is_empty() {
        return matches!(word, "-" | "{" | "}" | "[" | "]" | "?" | ":" | "{}" | "[]");
    }
    WORDS.iter().any(|words| words.contains(&core))
        || problem.path.split(['.', '[', ']', '"']).any(is_core)
        || problem.message.split('"').skip(1).step_by(2).any(is_core)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LoadOptions, parse};

    fn snippets(yaml: &str) -> Vec<String> {
        let problems = match parse(yaml.as_bytes(), &LoadOptions::default()) {
            Ok(config) => config.warnings,
            Err(error) => error.problems,
        };
        problems.iter().filter_map(|problem| snippet(yaml.as_bytes(), problem)).collect()
    }

    #[test]
    fn snippet_shows_the_place_and_hides_the_value() {
        let yaml = "backends:\n  my-server:\n    type: sse\n    url: ftp://user:canary@h # canary\n    headers: {X-Key: canary one, Y: [canary, two]}\n";
        assert_eq!(
            snippets(yaml),
            ["  |\n4 |     url: …\n  |          ^", "  |\n5 |     headers: … Y: …\n  |                   ^"]
        );
    }

    #[test]
    fn snippet_shows_words_that_the_problem_names() {
        let yaml = "backends:\n  my-server:\n    type: ssee\n    url: http://h\n    tokn: canary";
        assert_eq!(snippets(yaml)[0], "  |\n3 |     type: ssee\n  |           ^");
        assert_eq!(snippets(yaml)[1], "  |\n5 |     tokn: …\n  |     ^");
    }

    #[test]
    fn snippet_hides_every_part_of_a_secret_at_any_place() {
        let secrets = [
            "canary",
            "'can: ary'",
            "\"canary",
            "|\n      canary: canary\n     canary",
            "{canary",
            "canary\r\n   canary: x",
            "can\tary: - canary",
        ];
        for secret in secrets {
            let yaml = format!(
                "backends:\n  b:\n    type: sse\n    url: http://h\n    headers:\n      X: {secret}\n    auth: x y\n"
            );
            for line in 0..12 {
                for column in 0..40 {
                    let problem = Problem { line, column, ..Problem::whole_file("a mistake".to_owned()) };
                    let shown = snippet(yaml.as_bytes(), &problem).unwrap_or_default();
                    assert!(!shown.contains("can") && !shown.contains("ary"), "{shown}");
                }
            }
        }
    }

    #[test]
    fn snippet_and_problem_hide_a_secret_that_became_a_key() {
        for auth in [
            "{type: oauth2, token_url: https://t, client_id: c, client_secret:canary}",
            "{type: oauth2, token_url: https://t, client_id: c, client_secret: s, 'client_secret canary': x}",
            "{type: static, headers: {Authorization:canary}}",
            "{type: static, headers: {Authorization=canary: x}}",
            "{type: static, headers: {canary}}",
            "{type: static, headers: {canary==}}",
            "{type: static, headers: {ab/canary: x}}",
            "{type: static, headers: {X: y}, canary}",
        ] {
            let yaml = format!("backends: {{b: {{type: sse, url: http://h, auth: {auth}}}}}");
            let (problems, shown) = match crate::config::parse(yaml.as_bytes(), &crate::LoadOptions::default()) {
                Ok(config) => (config.warnings, String::new()),
                Err(error) => (error.problems.clone(), error.to_string()),
            };
            assert!(!problems.is_empty() && !shown.contains("canary"), "{shown}");
            for problem in &problems {
                let snippet = snippet(yaml.as_bytes(), problem).unwrap_or_default();
                assert!(!problem.to_string().contains("canary") && !snippet.contains("canary"), "{problem}\n{snippet}");
            }
        }
    }

    #[test]
    fn snippet_counts_lines_as_the_parser_does() {
        for breaks in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}"] {
            let yaml = ["backends:", "  b:", "    type: x", ""].join(breaks);
            assert!(snippets(&yaml)[0].starts_with("  |\n3 |     type: x\n"), "{breaks:?}: {:?}", snippets(&yaml));
        }
    }

    #[test]
    fn snippet_of_a_file_with_one_long_line_is_fast() {
        let backend = |index| format!("b{index}: {{type: sse, url: http://h, headers: {{X: canary}}, oops: 1}}");
        let backends: Vec<_> = (0..2_000).map(backend).collect();
        let yaml = format!("backends: {{{}, last: {{type: sse}}}}", backends.join(", "));
        let Err(error) = parse(yaml.as_bytes(), &LoadOptions::default()) else { panic!("no url") };
        let started = std::time::Instant::now();
        let shown: Vec<_> = error.problems.iter().filter_map(|problem| snippet(yaml.as_bytes(), problem)).collect();
        assert!(started.elapsed().as_secs() < 8, "{:?}", started.elapsed());
        assert_eq!(shown.len(), 101);
        assert!(shown[0].contains("1 | backends: {b0: {type: sse, url: … headers: … oops: …"), "{}", shown[0]);
        assert!(shown[100].ends_with('^') && shown[100].contains("1 | ... "), "{}", shown[100]);
        let [_, line, caret] = shown[100].lines().collect::<Vec<_>>()[..] else { panic!("{}", shown[100]) };
        let place: String = line.chars().skip(caret.chars().count() - 1).collect();
        assert_eq!(place, "{type: sse}}", "{}", shown[100]);
    }

    #[test]
    fn snippet_of_a_long_line_is_cut_around_the_place() {
        let yaml =
            format!("backends: {{b: {{type: sse, url: http://h, {}: x, auth: 5}}}}", "headers: null, auth".repeat(20));
        for shown in snippets(&yaml) {
            assert!(shown.lines().all(|line| line.chars().count() < 200), "{shown}");
        }
    }
}
