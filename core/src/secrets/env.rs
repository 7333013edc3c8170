//! The secret store `env`: each secret is an environment variable.

use std::env::VarError;

use super::{Environment, SecretError, SecretStore};
use crate::secret::Secret;

/// Looks up `my-key` as the variable `SECRET_MY_KEY`.
pub(crate) struct EnvStore<'e> {
    environment: Environment<'e>,
}

impl<'e> EnvStore<'e> {
    pub(crate) fn new(environment: Environment<'e>) -> Self {
        Self { environment }
    }
}

impl SecretStore for EnvStore<'_> {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let variable = variable(name);
        // The name of a variable can't contain these characters. Without this check, the C library would look for `a=b`
        // as a variable, and return `c` if the variable `a` has the value `b=c`.
        if variable.contains(['=', '\0']) {
            return Ok(None);
        }
        match (self.environment)(&variable) {
            Ok(value) => Ok(Some(Secret::new(value))),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => {
                Err(SecretError("its environment variable holds something that is not valid UTF-8".to_owned()))
            }
        }
    }

    fn explain_missing(&self, name: &str) -> String {
        format!("the environment variable {:?} is not set", variable(name))
    }
}

/// Returns the name of the variable: upper case in all scripts, with `_` for `-`. Other characters are unchanged.
fn variable(name: &str) -> String {
    let upper = name.chars().flat_map(char::to_uppercase);
    "SECRET_".chars().chain(upper).map(|ch| if ch == '-' { '_' } else { ch }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variable_is_upper_case_with_underscores_for_hyphens() {
        for (name, expected) in [
            ("api-key", "SECRET_API_KEY"),
            ("Straße", "SECRET_STRASSE"),
            ("a.b c", "SECRET_A.B C"),
            ("éß-ŉ", "SECRET_ÉSS_ʼN"),
        ] {
            assert_eq!(variable(name), expected);
        }
    }

    #[test]
    fn get_of_a_name_that_no_variable_can_have_is_none() {
        let store = EnvStore::new(&|_| Ok("found".to_owned()));
        assert_eq!(store.get("a=b"), Ok(None));
        assert_eq!(store.get("a\0b"), Ok(None));
        assert_eq!(store.get("a"), Ok(Some(Secret::new("found"))));
    }

    #[test]
    fn get_of_a_value_that_is_not_unicode_is_an_error_that_hides_the_value() {
        let store = EnvStore::new(&|_| Err(VarError::NotUnicode("canary".into())));
        let error = store.get("api-key").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}
