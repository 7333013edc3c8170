//! Where a `secret:name` looks: one `SecretProvider` per kind of store, chosen by `secrets.provider`.

mod env;
mod fernet;
mod file;
#[cfg(feature = "keyring")]
mod keyring;
#[cfg(test)]
mod tests;

use std::env::VarError;

use crate::secret::Secret;

/// Where variables are looked up: `std::env::var`, except in tests.
pub(crate) type Environment<'e> = &'e dyn Fn(&str) -> Result<String, VarError>;

/// A store of named secrets, open for reading.
pub(crate) trait SecretProvider {
    /// The secret called `name`, or `None` when the store has no such entry.
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError>;

    /// Says, for an operator, where `name` was looked for in vain.
    fn explain_missing(&self, name: &str) -> String;

    /// What is wrong with the store although it can be read.
    fn warnings(&self) -> &[String] {
        &[]
    }
}

/// A store can't be read. The message never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SecretError(pub(crate) String);

/// Opens the store of the kind that `secrets.provider` names; `path` is `secrets.path`, empty for the default.
///
/// # Errors
/// No such kind of store, not in this build, or it can't be read.
pub(crate) fn open<'e>(
    provider: &str,
    path: &str,
    environment: Environment<'e>,
) -> Result<Box<dyn SecretProvider + 'e>, SecretError> {
    match provider {
        "env" => Ok(Box::new(env::EnvProvider::new(environment))),
        "file" => Ok(Box::new(file::FileProvider::new(path, environment)?)),
        #[cfg(feature = "keyring")]
        "keyring" => Ok(Box::new(keyring::KeyringProvider::default())),
        #[cfg(not(feature = "keyring"))]
        "keyring" => Err(SecretError(
            "this build can't read keyrings; build it with the Cargo feature `keyring`, or use file or env".to_owned(),
        )),
        _ => Err(SecretError("there is no such provider; use env, file or keyring".to_owned())),
    }
}
