//! The words of a configuration, and what was meant by one that is not among them.

use super::super::reader::{Mapping, Reader};

/// Every word that has a meaning of its own somewhere in a configuration.
pub(in super::super) const WORDS: &[&[&str]] =
    &[SECTIONS, SECRETS, BACKEND, TIMEOUTS, FILTERS, FILTER, TOOL_OVERRIDE, STATIC, OAUTH2, PKCE, VALUES];

/// All sections of a file in any version of the gateway.
const SECTIONS: &[&str] = &[
    "version",
    "backends",
    "secrets",
    "server",
    "client",
    "registries",
    "incoming_auth",
    "authorization",
    "audit",
    "conflict_resolution",
    "optimizer",
    "telemetry",
    "session_pool",
    "http_pool",
    "retry",
    "sse_resilience",
    "security",
    "rate_limits",
    "feature_flags",
    "plugins",
    "skills",
    "workflows",
];
const VALUES: &[&str] = &[
    "sse",
    "streamable-http",
    "stdio",
    "static",
    "oauth2",
    "pkce",
    "open",
    "closed",
    "file",
    "keyring",
    "true",
    "false",
    "null",
];

pub(super) const SECRETS: &[&str] = &["enabled", "provider", "path", "strict"];

/// All keys of all kinds of backend in any version of the gateway: one that a kind ignores is no mistake worth a word.
pub(super) const BACKEND: &[&str] = &[
    "type",
    "url",
    "headers",
    "auth",
    "on_auth_failure",
    "command",
    "args",
    "env",
    "container",
    "network",
    "group",
    "filters",
    "tool_overrides",
    "timeouts",
    "created_by",
    "updated_by",
    "created_via",
    "updated_via",
    "import_batch_id",
    "metadata_version",
];
pub(super) const TIMEOUTS: &[&str] = &["init", "cap_fetch", "sse_startup", "startup", "retries", "retry_delay"];
pub(super) const FILTERS: &[&str] = &["tools", "resources", "prompts"];
pub(super) const FILTER: &[&str] = &["allow", "deny"];
pub(super) const TOOL_OVERRIDE: &[&str] = &["name", "description"];
pub(super) const STATIC: &[&str] = &["type", "headers", "on_auth_failure"];
pub(super) const OAUTH2: &[&str] = &[
    "type",
    "token_url",
    "client_id",
    "client_secret",
    "scopes",
    "token_expiry_buffer_seconds",
    "auth_retry_on_401",
    "on_auth_failure",
    "token_endpoint_auth_method",
    "private_key",
    "private_key_id",
    "assertion_audience",
    "audience",
    "resource",
    "extra_params",
    "ca_bundle",
    "client_certificate",
    "client_certificate_key",
];
pub(super) const PKCE: &[&str] = &[
    "type",
    "authorization_endpoint",
    "token_endpoint",
    "client_id",
    "client_secret",
    "scopes",
    "token_expiry_buffer_seconds",
    "auth_retry_on_401",
    "on_auth_failure",
];

/// Words of other products, and what they are called here, in order of preference.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("access_token_url", &["token_url", "token_endpoint"]),
    ("api_key", &["auth"]),
    ("apikey", &["auth"]),
    ("aud", &["audience"]),
    ("auth_method", &["token_endpoint_auth_method"]),
    ("auth_url", &["authorization_endpoint"]),
    ("authentication", &["auth"]),
    ("authorization", &["auth"]),
    ("authorization_url", &["authorization_endpoint"]),
    ("authorize_url", &["authorization_endpoint"]),
    ("bearer", &["auth"]),
    ("bearer_token", &["auth"]),
    ("buffer", &["token_expiry_buffer_seconds"]),
    ("ca", &["ca_bundle"]),
    ("ca_cert", &["ca_bundle"]),
    ("ca_certs", &["ca_bundle"]),
    ("ca_file", &["ca_bundle"]),
    ("cacert", &["ca_bundle"]),
    ("cert", &["client_certificate"]),
    ("certificate", &["client_certificate"]),
    ("client", &["client_id"]),
    ("client_cert", &["client_certificate"]),
    ("client_cert_key", &["client_certificate_key"]),
    ("client_key", &["client_certificate_key"]),
    ("endpoint", &["url", "token_url", "token_endpoint"]),
    ("expiry_buffer", &["token_expiry_buffer_seconds"]),
    ("file", &["path"]),
    ("id", &["client_id"]),
    ("key", &["client_secret"]),
    ("key_id", &["private_key_id"]),
    ("kid", &["private_key_id"]),
    ("kind", &["type"]),
    ("params", &["extra_params"]),
    ("password", &["client_secret"]),
    ("private_key_file", &["private_key"]),
    ("private_key_path", &["private_key"]),
    ("private_key_pem", &["private_key"]),
    ("retry_on_401", &["auth_retry_on_401"]),
    ("scope", &["scopes"]),
    ("secret", &["client_secret"]),
    ("token", &["auth"]),
    ("token_endpoint", &["token_url"]),
    ("token_expiry_buffer", &["token_expiry_buffer_seconds"]),
    ("token_uri", &["token_url", "token_endpoint"]),
    ("token_url", &["token_endpoint"]),
    ("transport", &["type"]),
    ("uri", &["url", "token_url", "token_endpoint"]),
    ("url", &["token_url", "token_endpoint"]),
    ("username", &["client_id"]),
];

const TRANSPORTS: &[(&str, &str)] = &[
    ("http", "streamable-http"),
    ("https", "streamable-http"),
    ("remote", "streamable-http"),
    ("streamable", "streamable-http"),
    ("streamable-http", "streamable-http"),
    ("streamablehttp", "streamable-http"),
    ("server-sent-events", "sse"),
    ("sse", "sse"),
    ("command", "stdio"),
    ("local", "stdio"),
    ("stdio", "stdio"),
];

const AUTHS: &[(&str, &str)] = &[
    ("api-key", "static"),
    ("apikey", "static"),
    ("bearer", "static"),
    ("header", "static"),
    ("headers", "static"),
    ("static", "static"),
    ("token", "static"),
    ("client-credentials", "oauth2"),
    ("oauth", "oauth2"),
    ("oauth-2", "oauth2"),
    ("oauth2", "oauth2"),
    ("oauth2.0", "oauth2"),
    ("authorization-code", "pkce"),
    ("oauth2-pkce", "pkce"),
    ("pkce", "pkce"),
];

const METHODS: &[(&str, &str)] = &[
    ("client-secret-post", "client_secret_post"),
    ("form", "client_secret_post"),
    ("post", "client_secret_post"),
    ("basic", "client_secret_basic"),
    ("client-secret-basic", "client_secret_basic"),
    ("jwt", "private_key_jwt"),
    ("private-key-jwt", "private_key_jwt"),
];

/// Warns about each key of `mapping` that is not one of `known`: the gateway ignores it silently.
pub(super) fn warn_about_unknown(reader: &mut Reader<'_>, mapping: &Mapping<'_>, known: &[&str]) {
    for field in &mapping.fields {
        if known.contains(&field.key()) {
            continue;
        }
        let hint = if known == BACKEND && (OAUTH2.contains(&field.key()) || PKCE.contains(&field.key())) {
            "; it belongs in the `auth` block".to_owned()
        } else if field.key() == "headers" && known.contains(&"client_id") {
            "; it belongs beside `auth`, not in it".to_owned()
        } else if field.key().contains(':') {
            "; is a blank missing after the `:`?".to_owned()
        } else if !reader.keeps_warnings() {
            String::new()
        } else {
            match meant_key(field.key(), known) {
                // The keys of other products for it name a file.
                Some("private_key") => "; did you mean `private_key`, which takes the PEM text itself?".to_owned(),
                Some(key) => format!("; did you mean `{key}`?"),
                None => String::new(),
            }
        };
        reader.key_warning(field, format!("unknown key, ignored{hint}"));
    }
}

/// Warns about each key at the top that may be a slip of a section that is read and is not there.
pub(super) fn warn_about_missing_sections(reader: &mut Reader<'_>, sections: &Mapping<'_>) {
    for (section, slips) in [("backends", &["backends", "servers", "mcpservers"][..]), ("secrets", &["secrets"])] {
        if sections.get(section).is_some() {
            continue;
        }
        for field in sections.fields.iter().filter(|field| !SECTIONS.contains(&field.key())) {
            if closest(&field.key().to_lowercase(), slips.iter()).is_some() {
                let hint = format!("unknown key, ignored, and there are no `{section}`; did you mean `{section}`?");
                reader.key_warning(field, hint);
            }
        }
    }
}

/// The one of `known` that was probably meant by `key`.
fn meant_key<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let key = key.to_lowercase().replace(['-', ' ', '.'], "_");
    let synonyms = SYNONYMS.iter().find(|(synonym, _)| *synonym == key).map_or(&[][..], |(_, keys)| keys);
    synonyms
        .iter()
        .find_map(|synonym| known.iter().find(|known| *known == synonym))
        .or_else(|| closest(&key, known.iter()))
        .copied()
}

/// The `type` of a backend that was probably meant by `word`.
pub(super) fn meant_transport(word: &str) -> Option<&'static str> {
    meant_word(word, TRANSPORTS)
}

/// The `type` of an `auth` block that was probably meant by `word`.
pub(super) fn meant_auth(word: &str) -> Option<&'static str> {
    meant_word(word, AUTHS)
}

/// The `token_endpoint_auth_method` that was probably meant by `word`.
pub(super) fn meant_method(word: &str) -> Option<&'static str> {
    meant_word(word, METHODS)
}

fn meant_word(word: &str, words: &[(&'static str, &'static str)]) -> Option<&'static str> {
    let word = word.trim().to_lowercase().replace(['_', ' '], "-");
    let closest = closest(&word, words.iter().map(|(synonym, _)| synonym))?;
    words.iter().find(|(synonym, _)| synonym == closest).map(|(_, meant)| *meant)
}

/// The candidate that a slip or two of the finger make `word` of: one for every three letters. None is so long that a
/// slip of it could be longer than this.
fn closest<'c, 'k: 'c>(word: &str, candidates: impl Iterator<Item = &'c &'k str>) -> Option<&'c &'k str> {
    const LONGEST: usize = 48;
    candidates
        .filter(|_| word.len() <= LONGEST)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
