//! Text -> a typed [`Config`].
//!
//! The text passes through these files in this order:
//!
//! 1. [`load`] and [`parse`], in this file: the bytes of the file, within limits;
//! 2. the crate `argus-auth-yaml`: the nodes of the document, each with its place in the text;
//! 3. `schema`: walks along the nodes and asks `reader` for each value that it needs;
//! 4. `reader`: one value of the wanted type, or a problem with its path, line and column. A text goes through
//!    * `expand`, which replaces `${VAR}`, and then
//!    * `references`, which replaces a text that is `secret:name` as a whole, by asking `secrets`;
//! 5. `model`: the result; `gateway`: the same as the gateway's own loader would return it.
//!
//! Beside them: `field`, a place in the document and its path; `problems`, what is wrong so far; `files`, the
//! certificate files that a configuration names; `words`, the keys of every block; `urls`, how a URL may be shown;
//! `snippet`, the line that a problem is about, for a person.
//!
//! References are resolved where a value is needed, not over the whole document. The result is the same, and a variable
//! that only another section of the file uses is not missed here.
//!
//! Nothing stops at the first problem: all problems are collected and returned at once, in file order.

mod expand;
mod field;
mod files;
mod gateway;
mod model;
mod problems;
mod reader;
mod references;
mod schema;
mod snippet;
#[cfg(test)]
mod tests;
mod urls;
mod words;

use std::path::Path;

use argus_auth_yaml::{self as yaml, Limits};
use zeroize::Zeroizing;

pub use self::gateway::GatewayValue;
pub use self::model::{
    AuthConfig, BackendConfig, ClientAuthentication, Config, FailurePolicy, LoadOptions, OAuth2Config, PkceConfig,
    PrivateKeyJwt, TokenRequestOptions, Transport, Unresolved,
};
use self::references::References;
pub use self::snippet::snippet;
pub use self::urls::display_url;
pub(crate) use self::urls::is_in_the_clear;
pub use self::words::OAUTH2_OF_LIBRARY;
use crate::error::{ConfigError, Problem, Severity};
use crate::file;
use crate::log::event;
use crate::secrets::Environment;

/// Reads the configuration file at `path`.
///
/// # Errors
/// [`ConfigError`] with every problem of the file; one problem without a place in the text when the file can't be read,
/// is not named `.yaml` or `.yml`, or is larger than 10 MiB.
pub fn load(path: &Path, options: &LoadOptions) -> Result<Config, ConfigError> {
    read_file(path)
        .map_err(whole_file)
        .and_then(|text| parse(&text, options))
        .map_err(|error| ConfigError { file: Some(path.to_owned()), ..error })
}

/// Reads a configuration from the bytes of a YAML document in UTF-8.
///
/// # Errors
/// [`ConfigError`] with every problem of the document.
pub fn parse(text: &[u8], options: &LoadOptions) -> Result<Config, ConfigError> {
    let config = parse_in(text, options, &|name| std::env::var(name))?;
    for warning in &config.warnings {
        tracing::warn!(name: event::CONFIG_WARNING, target: "argus_auth::config", "configuration: {warning}");
    }
    Ok(config)
}

fn parse_in(text: &[u8], options: &LoadOptions, environment: Environment<'_>) -> Result<Config, ConfigError> {
    let limits = Limits::default();
    let text = yaml::decode(text, &limits).map_err(not_yaml)?;
    let document = yaml::parse(&text, &limits).map_err(not_yaml)?;
    let (backends, problems) =
        schema::read(&document, References::new(environment, options.unresolved), options.thorough);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(ConfigError { file: None, problems });
    }
    Ok(Config { backends, warnings: problems })
}

/// The bytes of the file, or why there are none.
fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let is_yaml = |extension: &str| ["yaml", "yml"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    if !path.extension().and_then(|extension| extension.to_str()).is_some_and(is_yaml) {
        return Err("only YAML files are read; the name must end in .yaml or .yml".to_owned());
    }
    let content = file::read(path, Limits::default().max_bytes);
    content.map(|content| content.bytes).map_err(|unreadable| format!("the file {unreadable}"))
}

fn not_yaml(error: yaml::Error) -> ConfigError {
    let mut problem = Problem::whole_file(error.message);
    if let Some(mark) = error.mark {
        (problem.line, problem.column) = (mark.line, mark.column);
    }
    ConfigError { file: None, problems: vec![problem] }
}

fn whole_file(message: String) -> ConfigError {
    ConfigError { file: None, problems: vec![Problem::whole_file(message)] }
}
