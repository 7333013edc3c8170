//! The secret store `file`: the encrypted file that the gateway's `secret set` writes.
//!
//! The file holds one Fernet token. The message in the token is a JSON object from names to values. The key is in the
//! environment variable `ARGUS_SECRET_KEY`.

use std::collections::HashMap;
use std::env::VarError;
use std::fmt;
use std::path::PathBuf;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::fernet::{DecryptError, FernetKey};
use super::{Environment, SecretError, SecretStore};
use crate::file::{self, Content, Unreadable};
use crate::secret::Secret;

const KEY_VARIABLE: &str = "ARGUS_SECRET_KEY";
const DEFAULT_PATH: &str = "secrets.enc";
/// The longest file that is read, in bytes: the same limit as for a configuration.
const MAX_LENGTH: usize = 10 << 20;

/// All secrets of a file, read and decrypted once.
pub(crate) struct FileStore {
    path: PathBuf,
    /// `None` if the file does not exist.
    entries: Option<HashMap<String, JsonValue>>,
    warnings: Vec<String>,
}

impl FileStore {
    /// Reads the file at `path`; `secrets.enc` in the working directory if `path` is empty. A file that does not exist
    /// counts as an empty store, and needs no key.
    ///
    /// # Errors
    /// The file, its content, or the key in the environment can't be used.
    pub(crate) fn new(path: &str, environment: Environment<'_>) -> Result<Self, SecretError> {
        let path = PathBuf::from(if path.is_empty() { DEFAULT_PATH } else { path });
        let mut store = Self { path, entries: None, warnings: Vec::new() };
        if let Some(token) = store.read()? {
            store.entries = Some(store.decrypt(&token, environment)?);
        }
        Ok(store)
    }

    /// Returns the bytes of the file; `None` if it does not exist.
    fn read(&mut self) -> Result<Option<Zeroizing<Vec<u8>>>, SecretError> {
        match file::read(&self.path, MAX_LENGTH) {
            Ok(Content { bytes, exposure }) => {
                let warning = |exposure| format!("the secrets file {} {exposure}", self.path.display());
                self.warnings.extend(exposure.map(warning));
                Ok(Some(bytes))
            }
            Err(Unreadable::Missing) => Ok(None),
            Err(unreadable) => Err(self.error(unreadable)),
        }
    }

    fn decrypt(&self, token: &[u8], environment: Environment<'_>) -> Result<HashMap<String, JsonValue>, SecretError> {
        let key = match environment(KEY_VARIABLE).map(Zeroizing::new) {
            Ok(text) if !text.is_empty() => FernetKey::parse(&text),
            Ok(_) | Err(VarError::NotPresent) => {
                return Err(self.error(format_args!(
                    "needs its key in the environment variable {KEY_VARIABLE}, which is not set"
                )));
            }
            Err(VarError::NotUnicode(_)) => None,
        };
        let Some(key) = key else {
            return Err(SecretError(format!(
                "the environment variable {KEY_VARIABLE} does not hold a key: 32 bytes in URL-safe base64, 44 characters"
            )));
        };
        let text = key.decrypt(token).map_err(|error| match error {
            DecryptError::Malformed => {
                self.error("is damaged or was not written by the gateway: it holds no Fernet token")
            }
            DecryptError::Forged => self.error(format_args!(
                "can't be decrypted: {KEY_VARIABLE} is not the key that it was written with, or the file is damaged"
            )),
        })?;
        // The parser's own error is dropped, because it may quote the text.
        let object = serde_json::from_slice::<JsonValue>(&text)
            .map_err(|_| self.error("was decrypted, but does not hold JSON"))?;
        match object {
            JsonValue::Object(entries) => Ok(entries),
            _ => Err(self.error("was decrypted, but does not hold a JSON object from names to values")),
        }
    }

    /// Returns an error with the name of the file, followed by `problem`.
    fn error(&self, problem: impl fmt::Display) -> SecretError {
        SecretError(format!("the secrets file {} {problem}", self.path.display()))
    }
}

impl SecretStore for FileStore {
    fn get(&self, name: &str) -> Result<Option<Secret>, SecretError> {
        match self.entries.as_ref().and_then(|entries| entries.get(name)) {
            None | Some(JsonValue::Null) => Ok(None),
            Some(JsonValue::Text(secret)) => Ok(Some(secret.clone())),
            Some(JsonValue::Object(_) | JsonValue::Other) => {
                Err(self.error("holds something other than text under this name"))
            }
        }
    }

    fn explain_missing(&self, _: &str) -> String {
        let path = self.path.display();
        match &self.entries {
            None => format!("there is no secrets file {path}; a relative path starts at the working directory"),
            Some(entries) => format!("the secrets file {path} has no such entry among its {}", entries.len()),
        }
    }

    fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// A JSON value. A string becomes a [`Secret`] at once. But a string with an escape sequence passes through the
/// parser's own buffer, which is not wiped.
enum JsonValue {
    Null,
    Text(Secret),
    Object(HashMap<String, JsonValue>),
    /// Any other value. Its content is dropped, because it can't be a secret.
    Other,
}

impl<'de> Deserialize<'de> for JsonValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = JsonValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<JsonValue, E> {
        Ok(JsonValue::Null)
    }

    fn visit_str<E>(self, text: &str) -> Result<JsonValue, E> {
        Ok(JsonValue::Text(Secret::new(text)))
    }

    fn visit_bool<E>(self, _: bool) -> Result<JsonValue, E> {
        Ok(JsonValue::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<JsonValue, E> {
        Ok(JsonValue::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<JsonValue, E> {
        Ok(JsonValue::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<JsonValue, E> {
        Ok(JsonValue::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<JsonValue, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(JsonValue::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<JsonValue, A::Error> {
        let mut entries = HashMap::new();
        while let Some((name, value)) = pairs.next_entry::<String, JsonValue>()? {
            entries.insert(name, value);
        }
        Ok(JsonValue::Object(entries))
    }
}
