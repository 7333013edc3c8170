//! The stores in which `secret:name` is looked up: a [`SecretStore`] for each value of `secrets.provider`.
//!
//! * this file: the trait, and the choice of the store;
//! * `env`: environment variables;
//! * `file`: the encrypted file of the gateway;
//! * `fernet`: the encryption of that file;
//! * `keyring`: the Secret Service of the desktop session; only with the Cargo feature `keyring`;
//! * `tests`: tests of the encrypted file.

mod env;
mod fernet;
mod file;
#[cfg(feature = "keyring")]
mod keyring;
#[cfg(test)]
mod tests;

use std::env::VarError;

use crate::secret::Secret;

/// The function that looks up environment variables: `std::env::var`, except in tests.
pub(crate) type Environment<'e> = &'e dyn Fn(&str) -> Result<String, VarError>;

/// A store of named secrets, open for reading.
pub(crate) trait SecretStore {
    /// Returns the secret called `name`; `None` if the store has no such entry.
    ///
    /// # Errors
    /// The store or the entry can't be read.
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError>;

    /// Returns the end of a message to an operator: where `name` was looked up but not found.
    fn explain_missing(&self, name: &str) -> String;

    /// Returns the warnings about a store that can be read.
    fn warnings(&self) -> &[String] {
        &[]
    }
}

/// The reason why a store or one of its entries can't be read. The message never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SecretError(pub String);

/// Opens the store that `provider`, the value of `secrets.provider`, names. An empty `path` stands for the default.
///
/// # Errors
/// There is no such kind of store, it is not in this build, or it can't be read.
pub(crate) fn open<'e>(
    provider: &str,
    path: &str,
    environment: Environment<'e>,
) -> Result<Box<dyn SecretStore + 'e>, SecretError> {
    match provider {
        "env" => Ok(Box::new(env::EnvStore::new(environment))),
        "file" => Ok(Box::new(file::FileStore::new(path, environment)?)),
        #[cfg(feature = "keyring")]
        "keyring" => Ok(Box::new(keyring::KeyringStore::default())),
        #[cfg(not(feature = "keyring"))]
        "keyring" => Err(SecretError(
            "this build can't read keyrings; build it with the Cargo feature `keyring`, or use file or env".to_owned(),
        )),
        _ => Err(SecretError("there is no such provider; use env, file or keyring".to_owned())),
    }
}
