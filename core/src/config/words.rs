//! The words of a configuration: the keys of its sections and blocks, and suggestions for unknown words.

/// The words of the schema, which may be shown, because they are public knowledge.
pub(super) const WORDS: &[&[&str]] = &[
    SECTIONS,
    SECRETS,
    BACKEND,
    TIMEOUTS,
    FILTERS,
    FILTER,
    TOOL_OVERRIDE,
    STATIC,
    OAUTH2_OF_GATEWAY,
    OAUTH2_OF_LIBRARY,
    PKCE,
    VALUES,
];

/// The sections of a file, in all versions of the gateway.
pub(super) const SECTIONS: &[&str] = &[
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

/// Values that are words of the schema. Snippets show them.
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

/// The keys of the `secrets` section.
pub(super) const SECRETS: &[&str] = &["enabled", "provider", "path", "strict"];

/// The keys of a backend of any `type`, in all versions of the gateway. A key that the backend's type ignores gives no
/// warning, because it does no harm.
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

/// The keys of a `timeouts` block.
pub(super) const TIMEOUTS: &[&str] = &["init", "cap_fetch", "sse_startup", "startup", "retries", "retry_delay"];

/// The keys of a `filters` block.
pub(super) const FILTERS: &[&str] = &["tools", "resources", "prompts"];

/// The keys of one entry of a `filters` block.
pub(super) const FILTER: &[&str] = &["allow", "deny"];

/// The keys of one entry of a `tool_overrides` block.
pub(super) const TOOL_OVERRIDE: &[&str] = &["name", "description"];

/// The keys of a `static` block. The list of each type of `auth` block contains `on_auth_failure`, because this key has
/// its own error message there, and must not be reported as unknown.
pub(super) const STATIC: &[&str] = &["type", "headers", "on_auth_failure"];

/// The keys of an `oauth2` block that the gateway knows too.
pub(super) const OAUTH2_OF_GATEWAY: &[&str] = &[
    "type",
    "token_url",
    "client_id",
    "client_secret",
    "scopes",
    "token_expiry_buffer_seconds",
    "auth_retry_on_401",
    "on_auth_failure",
];

/// The keys of an `oauth2` block that only this library knows. They have no effect on a provider that the gateway's own
/// factory makes, because the gateway does not pass them on.
pub const OAUTH2_OF_LIBRARY: &[&str] = &[
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

/// The keys of a `pkce` block.
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

/// Words that other products use, each with the corresponding keys of this configuration, in order of preference.
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

/// Words that may be found as the `type` of a backend, each with the word that is meant.
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

/// Words that may be found as the `type` of an `auth` block, each with the word that is meant.
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

/// Words that may be found as `token_endpoint_auth_method`, each with the word that is meant.
const METHODS: &[(&str, &str)] = &[
    ("client-secret-post", "client_secret_post"),
    ("form", "client_secret_post"),
    ("post", "client_secret_post"),
    ("basic", "client_secret_basic"),
    ("client-secret-basic", "client_secret_basic"),
    ("jwt", "private_key_jwt"),
    ("private-key-jwt", "private_key_jwt"),
];

/// Returns the key in the lists of `known` that was probably meant by `key`, which may be a synonym or a misspelling of
/// it.
pub(super) fn meant_key<'k>(key: &str, known: &[&[&'k str]]) -> Option<&'k str> {
    let key = key.to_lowercase().replace(['-', ' ', '.'], "_");
    let synonyms = SYNONYMS.iter().find(|(synonym, _)| *synonym == key).map_or(&[][..], |(_, keys)| keys);
    synonyms
        .iter()
        .find_map(|synonym| known.iter().copied().flatten().find(|known| *known == synonym))
        .or_else(|| closest(&key, known.iter().copied().flatten()))
        .copied()
}

/// Returns the `type` of a backend that was probably meant by `word`.
pub(super) fn meant_transport(word: &str) -> Option<&'static str> {
    meant_word(word, TRANSPORTS)
}

/// Returns the `type` of an `auth` block that was probably meant by `word`.
pub(super) fn meant_auth(word: &str) -> Option<&'static str> {
    meant_word(word, AUTHS)
}

/// Returns the `token_endpoint_auth_method` that was probably meant by `word`.
pub(super) fn meant_method(word: &str) -> Option<&'static str> {
    meant_word(word, METHODS)
}

fn meant_word(word: &str, words: &[(&'static str, &'static str)]) -> Option<&'static str> {
    let word = word.trim().to_lowercase().replace(['_', ' '], "-");
    let closest = closest(&word, words.iter().map(|(synonym, _)| synonym))?;
    words.iter().find(|(synonym, _)| synonym == closest).map(|(_, meant)| *meant)
}

/// Returns the candidate closest to `word`, if their edit distance is at most a third of the candidate's length.
pub(super) fn closest<'c, 'k: 'c>(word: &str, candidates: impl Iterator<Item = &'c &'k str>) -> Option<&'c &'k str> {
    // The time grows with the length of the word, and a word that is longer than this is close to no candidate.
    const LONGEST: usize = 48;
    candidates
        .filter(|_| word.len() <= LONGEST)
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns `text` without the whitespace around it, as Python's `str.strip` does.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(|ch: char| ch.is_whitespace() || matches!(ch, '\x1c'..='\x1f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The README, which documents the configuration for operators.
    const DOCUMENTATION: &str = include_str!("../../../README.md");

    #[test]
    fn documentation_names_every_key_of_an_oauth2_block() {
        let is_documented =
            |key: &str| ["", "auth."].iter().any(|prefix| DOCUMENTATION.contains(&format!("`{prefix}{key}`")));
        let keys = [OAUTH2_OF_GATEWAY, OAUTH2_OF_LIBRARY].concat();
        let missing: Vec<_> = keys.into_iter().filter(|key| !is_documented(key)).collect();
        assert_eq!(missing, [""; 0]);
    }
}
