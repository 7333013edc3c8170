//! The keys of an `oauth2` block that the gateway does not know.
#![allow(clippy::option_option, reason = "the outer option says whether it is right, the inner whether it is there")]

use std::path::PathBuf;

use super::super::expand::Text;
use super::super::reader::{Keys, Mapping, Reader};
use super::super::token_request::{ClientAuthentication, PrivateKeyJwt, RESERVED_PARAMETERS, TokenRequestOptions};
use super::super::yaml::Value;
use super::keys;
use crate::secret::Secret;
use crate::signing_key::SigningKey;
use crate::trust::Trust;

/// `token_endpoint_auth_method`, the word alone.
#[derive(Clone, Copy)]
pub(super) enum Method {
    SecretPost,
    SecretBasic,
    PrivateKeyJwt,
}

/// How the client authenticates: for an unknown word, which is an error, as was probably meant; `None` if that can't be
/// told.
pub(super) fn read_method(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<Method> {
    const WANTED: &str = "`client_secret_post`, `client_secret_basic` or `private_key_jwt`";
    let Some(field) = block.get("token_endpoint_auth_method") else { return Some(Method::SecretPost) };
    let word = reader.word(&field, WANTED)?;
    let method = |word: &str| match word {
        "client_secret_post" => Some(Method::SecretPost),
        "client_secret_basic" => Some(Method::SecretBasic),
        "private_key_jwt" => Some(Method::PrivateKeyJwt),
        _ => None,
    };
    method(word.as_str()).or_else(|| {
        let meant = keys::meant_method(word.as_str());
        reader.unknown_word(&field, &word, WANTED, meant);
        meant.and_then(method)
    })
}

/// The options, or `None` if one has an error. Each is read whatever the others are, to report all problems at once.
pub(super) fn read(
    reader: &mut Reader<'_>,
    block: &Mapping<'_>,
    method: Option<Method>,
) -> Option<TokenRequestOptions> {
    let authentication = method.and_then(|method| read_authentication(reader, block, method));
    let audience = read_text(reader, block, "audience");
    let resources = read_resources(reader, block);
    let extra_params = read_extra_params(reader, block);
    let ca_bundle = read_path(reader, block, "ca_bundle");
    let client_certificate = read_client_certificate(reader, block);
    if let (Some(ca_bundle), Some(client_certificate)) = (&ca_bundle, &client_certificate) {
        look_at_files(reader, block, ca_bundle.as_ref(), client_certificate.as_ref());
    }
    Some(TokenRequestOptions {
        authentication: authentication?,
        audience: audience?,
        resources: resources?,
        extra_params: extra_params?,
        ca_bundle: ca_bundle?,
        client_certificate: client_certificate?,
    })
}

/// Reports what is wrong with them, if files are to be looked at.
fn look_at_files(
    reader: &mut Reader<'_>,
    block: &Mapping<'_>,
    ca_bundle: Option<&PathBuf>,
    client_certificate: Option<&(PathBuf, PathBuf)>,
) {
    if ca_bundle.is_none() && client_certificate.is_none() {
        return;
    }
    let trust = Trust::Tls { ca_bundle: ca_bundle.cloned(), client_certificate: client_certificate.cloned() };
    if let Some(finding) = reader.files.as_mut().and_then(|files| files.look_at(trust).cloned()) {
        reader.finding(block, finding);
    }
}

/// An optional text: `Some(None)` when it is not there, `None` when it is wrong.
fn read_text(reader: &mut Reader<'_>, block: &Mapping<'_>, key: &str) -> Option<Option<String>> {
    match block.get(key) {
        Some(_) => reader.required_text(block, key).map(|text| Some(text.as_str().to_owned())),
        None => Some(None),
    }
}

/// As [`read_text`], the name of a file. What is in one is refused here: a name may be shown, and a key must not be.
fn read_path(reader: &mut Reader<'_>, block: &Mapping<'_>, key: &str) -> Option<Option<PathBuf>> {
    let path = read_text(reader, block, key)?;
    let is_content = |text: &String| text.contains(['\n', '\r']) || text.contains("-----BEGIN");
    if let Some(field) = block.get(key).filter(|_| path.as_ref().is_some_and(is_content)) {
        reader.error(&field, "takes the name of a file, not what is in it");
        return None;
    }
    Some(path.map(PathBuf::from))
}

fn read_authentication(reader: &mut Reader<'_>, block: &Mapping<'_>, method: Method) -> Option<ClientAuthentication> {
    let authentication = match method {
        Method::SecretPost => ClientAuthentication::SecretPost,
        Method::SecretBasic => ClientAuthentication::SecretBasic,
        Method::PrivateKeyJwt => {
            return read_private_key_jwt(reader, block).map(ClientAuthentication::PrivateKeyJwt);
        }
    };
    for field in ["private_key", "private_key_id", "assertion_audience"].iter().filter_map(|key| block.get(key)) {
        reader.key_warning(&field, "has no effect without `token_endpoint_auth_method: private_key_jwt`");
    }
    Some(authentication)
}

fn read_private_key_jwt(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<PrivateKeyJwt> {
    let private_key = reader.required_text(block, "private_key").map(Text::into_secret);
    let key_id = read_text(reader, block, "private_key_id");
    let audience = read_text(reader, block, "assertion_audience");
    let private_key = private_key?;
    if let (Err(reason), Some(field)) = (SigningKey::load(&private_key), block.get("private_key")) {
        reader.error(&field, reason);
        return None;
    }
    Some(PrivateKeyJwt { private_key, key_id: key_id?, audience: audience? })
}

fn read_resources(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<Vec<String>> {
    let Some(field) = block.get("resource") else { return Some(Vec::new()) };
    let items = match &field.node.value {
        Value::Seq(_) => reader.list(&field)?,
        _ => vec![field],
    };
    let mut resources = Vec::new();
    let mut complete = true;
    for item in &items {
        match reader.text(item) {
            // RFC 8707 §2: an absolute URI without a fragment.
            Some(text) if url::Url::parse(text.as_str()).is_ok_and(|url| url.fragment().is_none()) => {
                resources.push(text.as_str().to_owned());
            }
            Some(_) => {
                reader.error(item, "must be an absolute URI without a fragment (RFC 8707 §2)");
                complete = false;
            }
            None => complete = false,
        }
    }
    complete.then_some(resources)
}

fn read_extra_params(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<Vec<(String, Secret)>> {
    let Some(field) = block.get("extra_params") else { return Some(Vec::new()) };
    let parameters = reader.mapping(&field, Keys::Names)?;
    let mut read = Vec::new();
    let mut complete = true;
    for value in &parameters.fields {
        if RESERVED_PARAMETERS.contains(&value.key()) {
            reader.key_error(
                value,
                "this parameter is the library's: it has a key of its own in the block, or needs none",
            );
            complete = false;
        }
        match reader.text(value) {
            Some(text) => read.push((value.key().to_owned(), text.into_secret())),
            None => complete = false,
        }
    }
    complete.then_some(read)
}

fn read_client_certificate(reader: &mut Reader<'_>, block: &Mapping<'_>) -> Option<Option<(PathBuf, PathBuf)>> {
    let certificate = read_path(reader, block, "client_certificate");
    let key = read_path(reader, block, "client_certificate_key");
    match (certificate?, key?) {
        (Some(certificate), Some(key)) => Some(Some((certificate, key))),
        (None, None) => Some(None),
        (Some(_), None) => {
            reader.missing(block, "client_certificate_key");
            None
        }
        (None, Some(_)) => {
            reader.missing(block, "client_certificate");
            None
        }
    }
}
