//! Warnings about unknown keys, which the gateway ignores silently.

use crate::config::reader::{Mapping, Reader};
use crate::config::words::{self, SECTIONS, closest, meant_key};

/// Warns about each key of `mapping` that is in none of the lists of `known`.
pub(super) fn warn_about_unknown(reader: &mut Reader<'_>, mapping: &Mapping<'_>, known: &[&[&str]]) {
    for field in &mapping.fields {
        let is_known = |key: &str| known.iter().any(|keys| keys.contains(&key));
        if is_known(field.key()) {
            continue;
        }
        let hint = if known == [words::BACKEND] && belongs_in_auth(field.key()) {
            "; it belongs in the `auth` block".to_owned()
        } else if field.key() == "headers" && is_known("client_id") {
            "; it belongs beside `auth`, not in it".to_owned()
        } else if field.key().contains(':') {
            "; is a space missing after the `:`?".to_owned()
        } else if !reader.keeps_warnings() {
            String::new()
        } else {
            match meant_key(field.key(), known) {
                // In other products, the corresponding key takes the name of a file.
                Some("private_key") => "; did you mean `private_key`, which takes the PEM text itself?".to_owned(),
                Some(key) => format!("; did you mean `{key}`?"),
                None => String::new(),
            }
        };
        reader.key_warning(field, format!("unknown key, ignored{hint}"));
    }
}

/// Warns about each unknown key at the top level that probably means `backends` or `secrets`, if that section is
/// missing.
pub(super) fn warn_about_missing_sections(reader: &mut Reader<'_>, sections: &Mapping<'_>) {
    for (section, similar) in [("backends", &["backends", "servers", "mcpservers"][..]), ("secrets", &["secrets"])] {
        if sections.get(section).is_some() {
            continue;
        }
        for field in sections.fields.iter().filter(|field| !SECTIONS.contains(&field.key())) {
            if closest(&field.key().to_lowercase(), similar.iter()).is_some() {
                let hint = format!("unknown key, ignored, and there are no `{section}`; did you mean `{section}`?");
                reader.key_warning(field, hint);
            }
        }
    }
}

/// Returns whether `key` is a key of an `oauth2` or `pkce` block.
fn belongs_in_auth(key: &str) -> bool {
    [words::OAUTH2_OF_GATEWAY, words::OAUTH2_OF_LIBRARY, words::PKCE].iter().any(|keys| keys.contains(&key))
}
