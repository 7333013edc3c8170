//! Resolves the references in a text: first each `${VAR}`, then the whole text if it is `secret:name`.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::expand::{Expanded, TextValue, expand, looks_like_reference};
use super::field::quote;
use super::model::Unresolved;
use crate::error::Severity;
use crate::secrets::{self, Environment, SecretError, SecretStore};

/// The settings of an enabled `secrets` section.
pub(super) struct SecretsSettings {
    /// `None` if `provider` or `path` has an error, which has been reported.
    pub provider: Option<String>,
    /// The path of the store's file; empty for the default. Only some stores are files.
    pub path: String,
    /// Set if a missing secret is an error even with [`Unresolved::Keep`].
    pub strict: bool,
}

/// Resolves the references of one configuration.
pub(super) struct References<'e> {
    environment: Environment<'e>,
    /// The treatment of references that can't be resolved, as the caller of the load chose it.
    pub unresolved: Unresolved,
    /// `None` if secrets are disabled, and until the `secrets` section has been read.
    secrets: Option<SecretsSettings>,
    /// The store, opened at the first reference, so that a file without references needs no store.
    store: OnceCell<Result<Box<dyn SecretStore + 'e>, SecretError>>,
}

impl<'e> References<'e> {
    pub(super) fn new(environment: Environment<'e>, unresolved: Unresolved) -> Self {
        Self { environment, unresolved, secrets: None, store: OnceCell::new() }
    }

    /// Enables the look-up of `secret:name` from now on.
    pub(super) fn enable_secrets(&mut self, settings: SecretsSettings) {
        self.secrets = Some(settings);
    }

    /// Opens the secret store, if secrets are enabled. Returns false if a reference needed the store before.
    pub(super) fn open_store(&self) -> bool {
        let needed = self.store.get().is_some();
        _ = self.secrets.as_ref().and_then(|settings| self.get_or_open_store(settings));
        !needed
    }

    /// Returns the store, and opens it first if necessary. Returns `None` if the store can't be opened, or if the
    /// section names no usable provider.
    fn get_or_open_store(&self, settings: &SecretsSettings) -> Option<&(dyn SecretStore + 'e)> {
        let provider = settings.provider.as_deref()?;
        let store = self.store.get_or_init(|| secrets::open(provider, &settings.path, self.environment));
        store.as_deref().ok()
    }

    /// Returns the reason why the secret store could not be opened; `None` if the store is open, or was not needed.
    pub(super) fn store_failure(&self) -> Option<&SecretError> {
        self.store.get()?.as_ref().err()
    }

    /// Returns the warnings about an open secret store; empty if the store is not open.
    pub(super) fn store_warnings(&self) -> &[String] {
        self.store.get().and_then(|store| store.as_ref().ok()).map_or(&[], |store| store.warnings())
    }

    /// Returns `written` with its references resolved. Returns `None` after an error. The error was given to `report`,
    /// or is returned by [`store_failure`](Self::store_failure), or was reported when the `secrets` section was read.
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
            Some(name) => match self.look_up(name, matches!(text, TextValue::Written(_)), unresolved, report) {
                Lookup::Found(secret) => Some(secret),
                Lookup::Keep => Some(text),
                Lookup::Failed => None,
            },
        }
    }

    /// Looks up one secret. `may_show` is set if `name` is in the file in this form, so that a message may quote it.
    fn look_up(
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
        let Some(store) = self.get_or_open_store(settings) else { return Lookup::Failed };
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

/// Reports a reference that can't be resolved, as an error or a warning.
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

/// The result of looking up a `secret:name`.
enum Lookup {
    Found(TextValue<'static>),
    /// The reference itself is the value.
    Keep,
    /// There is an error, which has been reported.
    Failed,
}

/// Returns the name in a text that is `secret:name` as a whole. The gateway matches with `$` of Python's `re`, so one
/// line break may follow the name.
fn secret_name(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("secret:")?;
    let name = rest.strip_suffix('\n').unwrap_or(rest);
    (!name.is_empty() && !name.contains('\n')).then_some(name)
}

/// Returns a warning for a text in the file that was probably meant to be a reference but is not resolved as one.
pub(super) fn look_alike_warning(written: &str) -> Option<&'static str> {
    const PREFIX: &str = "secret:";
    if looks_like_reference(written) {
        return Some(
            "this is not a reference, so it stays unchanged; a variable is written `${NAME}`, with letters, digits and \
             underscores, and has no default",
        );
    }
    let mentions_secret = |word: &str| {
        word.len() > PREFIX.len() && word.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
    };
    (secret_name(written).is_none() && written.split([' ', '\t', '\n', '$', '"', '\'']).any(mentions_secret)).then_some(
        "this is not a reference, so it stays unchanged; `secret:name` must be the whole value, in lower case",
    )
}

/// Returns the beginning of a message, such as `environment variables "A", "B" are`.
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
    use crate::config::tests::assert_rows;

    #[test]
    fn secret_name_accepts_only_a_whole_reference() {
        let rows = [
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
        ];
        assert_rows(rows.map(|(text, name)| (format!("{text:?}"), secret_name(text), name)));
    }

    #[test]
    fn look_alike_warning_is_only_for_near_references() {
        for text in ["${A:-b}", "x ${ A }", "${A-B}", "${}", "${A", "${${A}}", "$A", "$é_1"] {
            assert!(look_alike_warning(text).unwrap().contains("${NAME}"), "{text}");
        }
        for text in ["Secret:a", "SECRET:a", " secret:a", "secret:a\nb", "$secret:a", "Bearer secret:a", "'secret:a'"] {
            assert!(look_alike_warning(text).unwrap().contains("secret:name"), "{text:?}");
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
            assert_eq!(look_alike_warning(text), None, "{text}");
        }
    }
}
