//! The secret store `env`: each secret is an environment variable.

use std::env::VarError;

use super::{Environment, SecretError, SecretProvider};
use crate::secret::Secret;

/// Looks up `my-key` as the variable `SECRET_MY_KEY`.
pub(crate) struct EnvProvider<'e> {
    environment: Environment<'e>,
}

impl<'e> EnvProvider<'e> {
    pub(crate) fn new(environment: Environment<'e>) -> Self {
        Self { environment }
    }
}

impl SecretProvider for EnvProvider<'_> {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        let variable = variable(name);
        // No variable has such a name. Without this check, the C library would look for `a=b` as a variable, and return
        // `c` if the variable `a` has the value `b=c`.
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
        let provider = EnvProvider::new(&|_| Ok("found".to_owned()));
        assert_eq!(provider.get("a=b"), Ok(None));
        assert_eq!(provider.get("a\0b"), Ok(None));
        assert_eq!(provider.get("a"), Ok(Some(Secret::new("found"))));
    }

    #[test]
    fn get_of_a_value_that_is_not_unicode_is_an_error_that_hides_the_value() {
        let provider = EnvProvider::new(&|_| Err(VarError::NotUnicode("canary".into())));
        let error = provider.get("api-key").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
}
