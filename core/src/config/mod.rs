//! Reads the text of a configuration into a typed [`Config`].
//!
//! A document passes through these files in this order:
//!
//! 1. this file: [`load`] and [`parse`] take the bytes, within limits;
//! 2. the crate `argus-auth-yaml`: parses the bytes into nodes, each with its line and column;
//! 3. `schema/`: walks along the nodes and calls `reader` for each value that it needs;
//! 4. `reader`: returns a value of the wanted type, or reports a problem with its path, line and column. A text value
//!    passes through two more files:
//!    * `expand`: replaces `${VAR}` with the value of an environment variable;
//!    * `references`: replaces a text that is `secret:name` as a whole with the secret from a store (`crate::secrets`);
//! 5. `model`: the types of the result;
//! 6. `gateway`: the result in the form that the gateway's own loader returns.
//!
//! These files are used along the way:
//!
//! * `field`: a place in the document, and its path;
//! * `problems`: the list of errors and warnings;
//! * `files`: checks of the certificate and key files that a configuration names;
//! * `words`: the keys of every block, and suggestions for unknown words;
//! * `urls`: the form in which a URL may be shown;
//! * `snippet`: the line that a problem is about, with everything that may be secret hidden;
//! * `tests`: from the text of a configuration to values or problems.
//!
//! References are resolved only in the values that are read. The gateway resolves them in the whole document. The
//! values are the same, but here an unset variable in an unrelated section is no problem.
//!
//! Reading continues after a problem, so that the problems are returned together, in file order. At most 100 errors and
//! 100 warnings are kept; further ones are only counted.

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
/// Does what [`parse`] does, with the content of the file.
///
/// # Errors
/// [`ConfigError`] with the problems of the file, as for [`parse`]. It has one problem, without a line, if the file
/// can't be read, has a name that does not end in `.yaml` or `.yml`, or is larger than 10 MiB.
///
/// ```
/// use argus_auth_core::config::{self, LoadOptions};
///
/// let error = config::load("no-such-file.yaml".as_ref(), &LoadOptions::default()).unwrap_err();
/// assert_eq!(error.problems[0].message, "the file does not exist");
/// ```
pub fn load(path: &Path, options: &LoadOptions) -> Result<Config, ConfigError> {
    read_file(path)
        .map_err(file_error)
        .and_then(|text| parse(&text, options))
        .map_err(|error| ConfigError { file: Some(path.to_owned()), ..error })
}

/// Reads a configuration from the bytes of a YAML document in UTF-8.
///
/// Resolves `${VAR}` in the environment of the process, and `secret:name` in the store that the `secrets` section
/// names. Logs each warning, in addition to returning it in [`Config::warnings`]. Blocks while it reads the secret
/// store and, if [`LoadOptions::thorough`] is set, certificate files. May be called in any thread.
///
/// # Errors
/// [`ConfigError`] with the problems of the document. After 100 errors, the further errors are only counted: a last
/// problem, such as `and 7 more errors`, has their number. The same holds for warnings. A document over a limit is an
/// error: 10 MiB in all, 1 MiB per text (before and after each `${VAR}` is replaced), 128 levels of nesting, a million
/// keys, values and list items.
///
/// ```
/// use argus_auth_core::config::{self, LoadOptions};
///
/// let text = b"backends: {search: {type: sse, url: https://search.example/sse}}";
/// let config = config::parse(text, &LoadOptions::default())?;
/// assert_eq!(config.backends[0].name, "search");
/// # Ok::<(), argus_auth_core::ConfigError>(())
/// ```
pub fn parse(text: &[u8], options: &LoadOptions) -> Result<Config, ConfigError> {
    let config = parse_in(text, options, &|name| std::env::var(name))?;
    for warning in &config.warnings {
        tracing::warn!(name: event::CONFIG_WARNING, target: "argus_auth::config", "configuration: {warning}");
    }
    Ok(config)
}

fn parse_in(text: &[u8], options: &LoadOptions, environment: Environment<'_>) -> Result<Config, ConfigError> {
    let limits = Limits::default();
    let text = yaml::decode(text, &limits).map_err(yaml_error)?;
    let document = yaml::parse(&text, &limits).map_err(yaml_error)?;
    let (backends, problems) =
        schema::read(&document, References::new(environment, options.unresolved), options.thorough);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(ConfigError { file: None, problems });
    }
    Ok(Config { backends, warnings: problems })
}

/// Returns the bytes of the file, or a sentence that says why it can't be read.
fn read_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let is_yaml = |extension: &str| ["yaml", "yml"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    if !path.extension().and_then(|extension| extension.to_str()).is_some_and(is_yaml) {
        return Err("only YAML files are read; the name must end in .yaml or .yml".to_owned());
    }
    let content = file::read(path, Limits::default().max_bytes);
    content.map(|content| content.bytes).map_err(|unreadable| format!("the file {unreadable}"))
}

fn yaml_error(error: yaml::Error) -> ConfigError {
    let mut problem = Problem::whole_file(error.message);
    if let Some(mark) = error.mark {
        (problem.line, problem.column) = (mark.line, mark.column);
    }
    ConfigError { file: None, problems: vec![problem] }
}

fn file_error(message: String) -> ConfigError {
    ConfigError { file: None, problems: vec![Problem::whole_file(message)] }
}
