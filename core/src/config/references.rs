//! A text as written -> the text that is meant: `${VAR}` first, then `secret:name`.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::expand::{Expanded, TextValue, expand, looks_like_reference};
use super::field::quote;
use super::model::Unresolved;
use crate::error::Severity;
use crate::secrets::{self, Environment, SecretError, SecretProvider};

/// What the `secrets` section says.
pub(super) struct SecretsSettings {
    /// `None` if it has an error, which is reported where it stands.
    pub provider: Option<String>,
    /// For the providers that need one; empty for the default.
    pub path: String,
    /// A missing secret is an error even where unresolved references are kept.
    pub strict: bool,
}

/// Resolves the references of one configuration.
pub(super) struct References<'e> {
    environment: Environment<'e>,
    /// What the caller of the library wants.
    pub unresolved: Unresolved,
    /// `None` while `secrets.enabled` is not seen to be set.
    secrets: Option<SecretsSettings>,
    /// Opened for the first reference, so that a file without any needs no store.
    store: OnceCell<Result<Box<dyn SecretProvider + 'e>, SecretError>>,
}

impl<'e> References<'e> {
    pub(super) fn new(environment: Environment<'e>, unresolved: Unresolved) -> Self {
        Self { environment, unresolved, secrets: None, store: OnceCell::new() }
    }

    pub(super) fn enable_secrets(&mut self, settings: SecretsSettings) {
        self.secrets = Some(settings);
    }

    /// Opens the secret store, if there is one; false if a reference needed it and did so already.
    pub(super) fn open_store(&self) -> bool {
        let needed = self.store.get().is_some();
        _ = self.secrets.as_ref().and_then(|settings| self.store_of(settings));
        !needed
    }

    /// `None` if it can't be opened.
    fn store_of(&self, settings: &SecretsSettings) -> Option<&(dyn SecretProvider + 'e)> {
        let provider = settings.provider.as_deref()?;
        let store = self.store.get_or_init(|| secrets::open(provider, &settings.path, self.environment));
        store.as_deref().ok()
    }

    /// Why the secret store could not be opened, if any reference needed it.
    pub(super) fn store_failure(&self) -> Option<&SecretError> {
        self.store.get()?.as_ref().err()
    }

    /// What is wrong with the secret store although it could be opened, if any reference needed it.
    pub(super) fn store_warnings(&self) -> &[String] {
        self.store.get().and_then(|store| store.as_ref().ok()).map_or(&[], |store| store.warnings())
    }

    /// The text that `written` means; `None` if it has none, which is then reported, here or by
    /// [`store_failure`](Self::store_failure).
    pub(super) fn resolve<'t>(
        &self,
        written: &'t str,
        unresolved: Unresolved,
        report: &mut dyn FnMut(Severity, String),
    ) -> Option<TextValue<'t>> {
        let Some(Expanded { text, unset, not_unicode }) = expand(written, self.environment) else {
            report(Severity::Error, "the text is longer than 1 MiB once its ${...} are replaced".to_owned());
            return None;
        };
        if !not_unicode.is_empty() {
            report(Severity::Error, format!("{} set to something that is not valid UTF-8", variables(&not_unicode)));
        }
        if !unset.is_empty() {
            report_unresolved(unresolved, report, &format!("{} not set", variables(&unset)));
        }
        if !not_unicode.is_empty() || (!unset.is_empty() && unresolved == Unresolved::Error) {
            return None;
        }
        match secret_name(text.as_str()) {
            None => Some(text),
            Some(name) => match self.secret(name, matches!(text, TextValue::Written(_)), unresolved, report) {
                Lookup::Found(secret) => Some(secret),
                Lookup::Keep => Some(text),
                Lookup::Failed => None,
            },
        }
    }

    fn secret(
        &self,
        name: &str,
        may_show: bool,
        unresolved: Unresolved,
        report: &mut dyn FnMut(Severity, String),
    ) -> Lookup {
        let shown = || {
            if may_show { format!("secret {}", quote(name)) } else { "the secret that the variable names".to_owned() }
        };
        let Some(settings) = &self.secrets else {
            return report_unresolved(
                unresolved,
                report,
                &format!("{} can't be looked up; set `enabled: true` in the top-level `secrets` section", shown()),
            );
        };
        let Some(store) = self.store_of(settings) else { return Lookup::Failed };
        match store.get(name) {
            Ok(Some(secret)) => Lookup::Found(TextValue::Substituted(secret)),
            Ok(None) => {
                let explanation = if may_show { format!(": {}", store.explain_missing(name)) } else { String::new() };
                let message = format!("{} was not found{explanation}", shown());
                if settings.strict {
                    report(Severity::Error, message);
                    return Lookup::Failed;
                }
                report_unresolved(unresolved, report, &message)
            }
            Err(error) => {
                report(Severity::Error, format!("{} can't be read: {error}", shown()));
                Lookup::Failed
            }
        }
    }
}

fn report_unresolved(unresolved: Unresolved, report: &mut dyn FnMut(Severity, String), message: &str) -> Lookup {
    match unresolved {
        Unresolved::Error => {
            report(Severity::Error, message.to_owned());
            Lookup::Failed
        }
        Unresolved::Keep => {
            report(Severity::Warning, format!("{message}; the reference itself is used as the value"));
            Lookup::Keep
        }
    }
}

/// What became of a `secret:name`.
enum Lookup {
    Found(TextValue<'static>),
    Keep,
    Failed,
}

/// The name in a text that is `secret:name` from end to end. One line break may follow it, as behind `$` in Python's
/// `re`.
fn secret_name(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("secret:")?;
    let name = rest.strip_suffix('\n').unwrap_or(rest);
    (!name.is_empty() && !name.contains('\n')).then_some(name)
}

/// What to say of a text, as written, that was probably meant to be a reference and is none, or not as a whole.
pub(super) fn look_alike(written: &str) -> Option<&'static str> {
    const PREFIX: &str = "secret:";
    if looks_like_reference(written) {
        return Some(
            "this is not taken for a reference, and stays as it is; a variable is written `${NAME}`, with letters, digits \
             and underscores, and has no default",
        );
    }
    let mentions_secret = |word: &str| {
        word.len() > PREFIX.len() && word.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
    };
    (secret_name(written).is_none() && written.split([' ', '\t', '\n', '$', '"', '\'']).any(mentions_secret)).then_some(
        "this is not taken for a reference, and stays as it is; `secret:name` must be the whole value, in lower case",
    )
}

/// For a message: `environment variables "A", "B" are`.
fn variables(names: &BTreeSet<&str>) -> String {
    const SHOWN: usize = 10;
    let mut list = names.iter().take(SHOWN).map(|name| quote(name)).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        list = format!("{list} and {} more", names.len() - SHOWN);
    }
    if names.len() == 1 {
        format!("environment variable {list} is")
    } else {
        format!("environment variables {list} are")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_secret_reference() {
        for (text, name) in [
            ("secret:a", Some("a")),
            ("secret:a b: c ", Some("a b: c ")),
            ("secret:a\n", Some("a")),
            ("secret:a\r", Some("a\r")),
            ("secret:secret:a", Some("secret:a")),
            ("secret: ", Some(" ")),
            ("secret:", None),
            ("secret:\n", None),
            ("secret:a\n\n", None),
            ("secret:a\nb", None),
            (" secret:a", None),
            ("Secret:a", None),
            ("$secret:a", None),
            ("Bearer secret:a", None),
        ] {
            assert_eq!(secret_name(text), name, "{text:?}");
        }
    }

    #[test]
    fn what_only_looks_like_a_reference() {
        for text in ["${A:-b}", "x ${ A }", "${A-B}", "${}", "${A", "${${A}}", "$A", "$é_1"] {
            assert!(look_alike(text).unwrap().contains("${NAME}"), "{text}");
        }
        for text in ["Secret:a", "SECRET:a", " secret:a", "secret:a\nb", "$secret:a", "Bearer secret:a", "'secret:a'"] {
            assert!(look_alike(text).unwrap().contains("secret:name"), "{text:?}");
        }
        for text in [
            "",
            "$",
            "${A}",
            "$${A}",
            "a$b",
            "$A b",
            "$2b$10$x",
            "secret:a",
            "secret: a",
            "secret",
            "x-secret:a",
            "a secret: b",
        ] {
            assert_eq!(look_alike(text), None, "{text}");
        }
    }
}
