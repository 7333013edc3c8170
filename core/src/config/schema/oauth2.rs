//! An `oauth2` block: one table of its keys, each with the function that reads it.

use std::path::PathBuf;
use std::time::Duration;

use argus_auth_yaml::Value;
use url::Url;

use super::grant_keys::{read_credential, read_endpoint, read_scopes};
use super::unknown_keys::warn_about_unknown;
use crate::config::field::Field;
use crate::config::model::{ClientAuthentication, OAuth2Config, PrivateKeyJwt, TokenRequestOptions};
use crate::config::reader::{KeyRule, Mapping, Reader};
use crate::config::words::{self, OAUTH2_OF_GATEWAY, OAUTH2_OF_LIBRARY};
use crate::secret::Secret;
use crate::tls::{SigningKey, Trust};

/// Reads the value of one key into the draft; `None` if it has an error, which is reported.
type Read = fn(&mut Draft, &mut Reader<'_>, &Field<'_>) -> Option<()>;

/// The keys of the block in the order of reading. The authentication method comes first, since other keys depend on it.
/// `type`, `on_auth_failure` and `token_expiry_buffer_seconds` are read in `auth`.
const READERS: &[(&str, Read)] = &[
    ("token_endpoint_auth_method", Draft::method),
    ("token_url", Draft::token_url),
    ("client_id", Draft::client_id),
    ("client_secret", Draft::client_secret),
    ("private_key", Draft::private_key),
    ("private_key_id", Draft::private_key_id),
    ("assertion_audience", Draft::assertion_audience),
    ("scopes", Draft::scopes),
    ("audience", Draft::audience),
    ("resource", Draft::resource),
    ("extra_params", Draft::extra_params),
    ("ca_bundle", Draft::ca_bundle),
    ("client_certificate", Draft::client_certificate),
    ("client_certificate_key", Draft::client_certificate_key),
    ("auth_retry_on_401", Draft::auth_retry_on_401),
];

/// The parameters that `extra_params` can't set, because the library sets them.
const RESERVED_PARAMETERS: [&str; 8] = [
    "grant_type",
    "client_id",
    "client_secret",
    "scope",
    "audience",
    "resource",
    "client_assertion",
    "client_assertion_type",
];

/// Reads an `oauth2` block; `None` if it has an error. All keys are read even if one has an error, so that all problems
/// are reported.
pub(super) fn read(
    reader: &mut Reader<'_>,
    block: &Mapping<'_>,
    token_expiry_buffer: Duration,
) -> Option<OAuth2Config> {
    warn_about_unknown(reader, block, &[OAUTH2_OF_GATEWAY, OAUTH2_OF_LIBRARY]);
    let mut draft = Draft::new(token_expiry_buffer);
    let mut complete = true;
    for (key, read) in READERS {
        if let Some(field) = block.get(key) {
            complete &= read(&mut draft, reader, &field).is_some();
        }
    }
    complete &= draft.check_combinations(reader, block);
    if complete { draft.finish() } else { None }
}

/// The value of `token_endpoint_auth_method`.
#[derive(Clone, Copy, PartialEq)]
enum Method {
    SecretPost,
    SecretBasic,
    PrivateKeyJwt,
}

/// The block while it is read. An absent key keeps its default.
struct Draft {
    config: OAuth2Config,
    /// `None` if the value has an error and no known word is similar to it.
    method: Option<Method>,
    private_key: Option<Secret>,
    private_key_id: Option<String>,
    assertion_audience: Option<String>,
    client_certificate: Option<PathBuf>,
    client_certificate_key: Option<PathBuf>,
    /// Set if the name of a file has an error. The files are then not inspected.
    has_bad_path: bool,
}

impl Draft {
    fn new(token_expiry_buffer: Duration) -> Self {
        Self {
            config: OAuth2Config {
                token_url: String::new(),
                client_id: String::new(),
                client_secret: Secret::new(""),
                scopes: Vec::new(),
                token_expiry_buffer,
                auth_retry_on_401: true,
                options: TokenRequestOptions::default(),
            },
            method: Some(Method::SecretPost),
            private_key: None,
            private_key_id: None,
            assertion_audience: None,
            client_certificate: None,
            client_certificate_key: None,
            has_bad_path: false,
        }
    }

    /// Reads the method. An unknown word is an error, and is then read as the word that was probably meant.
    fn method(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        const WANTED: &str = "`client_secret_post`, `client_secret_basic` or `private_key_jwt`";
        let method = |word: &str| match word {
            "client_secret_post" => Some(Method::SecretPost),
            "client_secret_basic" => Some(Method::SecretBasic),
            "private_key_jwt" => Some(Method::PrivateKeyJwt),
            _ => None,
        };
        self.method = None;
        let word = reader.word(field, WANTED)?;
        self.method = method(word.as_str());
        if self.method.is_none() {
            let meant = words::meant_method(word.as_str());
            reader.unknown_word(field, &word, WANTED, meant);
            self.method = meant.and_then(method);
            return None;
        }
        Some(())
    }

    fn token_url(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        self.config.token_url = read_endpoint(reader, field)?;
        Some(())
    }

    fn client_id(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        read_credential(reader, field)?.as_str().clone_into(&mut self.config.client_id);
        Some(())
    }

    fn client_secret(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        self.config.client_secret = read_credential(reader, field)?.into_secret();
        Some(())
    }

    fn private_key(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        if !self.signs_assertions(reader, field) {
            return Some(());
        }
        let key = reader.nonempty_text(field)?.into_secret();
        if let Err(reason) = SigningKey::load(&key) {
            reader.error(field, reason);
            return None;
        }
        self.private_key = Some(key);
        Some(())
    }

    fn private_key_id(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        if self.signs_assertions(reader, field) {
            self.private_key_id = Some(reader.nonempty_text(field)?.as_str().to_owned());
        }
        Some(())
    }

    fn assertion_audience(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        if self.signs_assertions(reader, field) {
            self.assertion_audience = Some(reader.nonempty_text(field)?.as_str().to_owned());
        }
        Some(())
    }

    /// Returns whether the method is `private_key_jwt`. If it is another method, warns that the key has no effect.
    fn signs_assertions(&self, reader: &mut Reader<'_>, field: &Field<'_>) -> bool {
        match self.method {
            Some(Method::PrivateKeyJwt) => true,
            Some(Method::SecretPost | Method::SecretBasic) => {
                reader.key_warning(field, "has no effect without `token_endpoint_auth_method: private_key_jwt`");
                false
            }
            None => false,
        }
    }

    fn scopes(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        self.config.scopes = read_scopes(reader, field)?;
        Some(())
    }

    fn audience(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        self.config.options.audience = Some(reader.nonempty_text(field)?.as_str().to_owned());
        Some(())
    }

    fn resource(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        let items = match &field.node.value {
            Value::Seq(_) => reader.list(field)?,
            _ => vec![*field],
        };
        let mut complete = true;
        for item in &items {
            match reader.text(item) {
                // RFC 8707 §2: an absolute URI without a fragment.
                Some(text) if Url::parse(text.as_str()).is_ok_and(|url| url.fragment().is_none()) => {
                    self.config.options.resources.push(text.as_str().to_owned());
                }
                Some(_) => {
                    reader.error(item, "must be an absolute URI without a fragment (RFC 8707 §2)");
                    complete = false;
                }
                None => complete = false,
            }
        }
        complete.then_some(())
    }

    fn extra_params(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        let parameters = reader.mapping(field, KeyRule::Names)?;
        let mut complete = true;
        for value in &parameters.fields {
            if RESERVED_PARAMETERS.contains(&value.key()) {
                reader.key_error(
                    value,
                    "the library sets this parameter itself, from another key of the block if there is one",
                );
                complete = false;
            }
            match reader.text(value) {
                Some(text) => self.config.options.extra_params.push((value.key().to_owned(), text.into_secret())),
                None => complete = false,
            }
        }
        complete.then_some(())
    }

    fn ca_bundle(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        self.config.options.ca_bundle = Some(self.path(reader, field)?);
        Some(())
    }

    fn client_certificate(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        self.client_certificate = Some(self.path(reader, field)?);
        Some(())
    }

    fn client_certificate_key(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        self.client_certificate_key = Some(self.path(reader, field)?);
        Some(())
    }

    /// Reads a file name. It is an error to write the content of the file here: messages show file names, and must not
    /// show a private key.
    fn path(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<PathBuf> {
        let is_content = |text: &str| text.contains(['\n', '\r']) || text.contains("-----BEGIN");
        let text = reader.nonempty_text(field);
        if text.as_ref().is_some_and(|text| is_content(text.as_str())) {
            reader.error(field, "takes the name of a file, not its content");
        }
        let path = text.filter(|text| !is_content(text.as_str())).map(|text| PathBuf::from(text.as_str()));
        self.has_bad_path |= path.is_none();
        path
    }

    fn auth_retry_on_401(&mut self, reader: &mut Reader<'_>, field: &Field<'_>) -> Option<()> {
        self.config.auth_retry_on_401 = reader.boolean(field)?;
        Some(())
    }

    /// Reports missing keys, keys that contradict each other and, in a thorough load, a fault of the certificate files.
    /// Returns whether the keys are complete and consistent.
    fn check_combinations(&self, reader: &mut Reader<'_>, block: &Mapping<'_>) -> bool {
        let mut required = vec!["token_url", "client_id"];
        if self.method == Some(Method::PrivateKeyJwt) {
            required.push("private_key");
        }
        match (&self.client_certificate, &self.client_certificate_key) {
            (Some(_), None) => required.push("client_certificate_key"),
            (None, Some(_)) => required.push("client_certificate"),
            _ if self.has_bad_path => {}
            _ => self.check_files(reader, block),
        }
        if matches!(self.method, Some(Method::SecretPost | Method::SecretBasic)) {
            required.push("client_secret");
        }
        let mut complete = true;
        for key in required {
            complete &= reader.required(block, key).is_some();
        }
        let has_user =
            |url: &str| Url::parse(url).is_ok_and(|url| !url.username().is_empty() || url.password().is_some());
        if self.method == Some(Method::SecretBasic)
            && has_user(&self.config.token_url)
            && let Some(field) = block.get("token_url")
        {
            reader.error(
                &field,
                "has a user or password, which is sent in the same header as the secret of `client_secret_basic`; remove it",
            );
            complete = false;
        }
        complete
    }

    /// Reports a fault of the certificate files, if the load is thorough.
    fn check_files(&self, reader: &mut Reader<'_>, block: &Mapping<'_>) {
        let (ca_bundle, client_certificate) = (self.config.options.ca_bundle.clone(), self.certificate_and_key());
        if ca_bundle.is_none() && client_certificate.is_none() {
            return;
        }
        let trust = Trust::Tls { ca_bundle, client_certificate };
        if let Some(finding) = reader.files.as_mut().and_then(|files| files.inspect(trust).cloned()) {
            reader.finding(block, finding);
        }
    }

    fn certificate_and_key(&self) -> Option<(PathBuf, PathBuf)> {
        self.client_certificate.clone().zip(self.client_certificate_key.clone())
    }

    /// Returns the configuration of a block that has no error.
    fn finish(mut self) -> Option<OAuth2Config> {
        self.config.options.client_certificate = self.certificate_and_key();
        self.config.options.authentication = match self.method? {
            Method::SecretPost => ClientAuthentication::SecretPost,
            Method::SecretBasic => ClientAuthentication::SecretBasic,
            Method::PrivateKeyJwt => ClientAuthentication::PrivateKeyJwt(PrivateKeyJwt {
                private_key: self.private_key?,
                key_id: self.private_key_id,
                audience: self.assertion_audience,
            }),
        };
        Some(self.config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_cover_every_key_of_the_block_once() {
        let elsewhere = ["type", "on_auth_failure", "token_expiry_buffer_seconds"];
        let mut read: Vec<_> = READERS.iter().map(|(key, _)| *key).chain(elsewhere).collect();
        let mut known = [OAUTH2_OF_GATEWAY, OAUTH2_OF_LIBRARY].concat();
        read.sort_unstable();
        known.sort_unstable();
        assert_eq!(read, known);
    }
}
