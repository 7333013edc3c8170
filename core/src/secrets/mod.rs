//! Where a `secret:name` looks: one [`SecretProvider`] per kind of store, chosen by `secrets.provider`.

mod env;

use crate::config::Environment;
use crate::secret::Secret;

/// A store of named secrets, open for reading.
pub(crate) trait SecretProvider {
    /// The secret called `name`, or `None` when the store has no such entry.
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError>;

    /// Says, for an operator, where `name` was looked for in vain.
    fn explain_missing(&self, name: &str) -> String;
}

/// A store can't be read. The message never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct SecretError(pub(crate) String);

/// Opens the store of the kind that `secrets.provider` names.
///
/// # Errors
/// No such kind of store.
pub(crate) fn open<'e>(
    provider: &str,
    environment: Environment<'e>,
) -> Result<Box<dyn SecretProvider + 'e>, SecretError> {
    match provider {
        "env" => Ok(Box::new(env::EnvProvider::new(environment))),
        "file" | "keyring" => Err(SecretError(format!("the provider {provider} is not supported yet; use env"))),
        _ => Err(SecretError("there is no such provider; use env".to_owned())),
    }
}
