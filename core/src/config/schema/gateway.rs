//! The fields of a backend that only the gateway uses. They are checked as the gateway checks them. The fields that the
//! gateway's loader returns are kept.

use argus_auth_yaml::Value;

use super::unknown_keys::warn_about_unknown;
use crate::config::field::Field;
use crate::config::model::{Command, GatewayOnly, TimeoutsValue, Transport};
use crate::config::reader::{KeyRule, Mapping, Reader};
use crate::config::words::{self, strip};
use crate::secret::Secret;

/// Reads the fields; `None` if one of them has an error.
pub(super) fn read(reader: &mut Reader<'_>, backend: &Mapping<'_>, transport: Transport) -> Option<GatewayOnly> {
    let command = if transport == Transport::Sse { read_command(reader, backend) } else { Some(Command::default()) };
    let group = backend.get("group").map(|field| check_text(reader, &field));
    let filters = backend.get("filters").map(|field| check_filters(reader, &field));
    let overrides = backend.get("tool_overrides").map(|field| check_overrides(reader, &field));
    let provenance = check_provenance(reader, backend);
    let limits = match backend.get("timeouts") {
        Some(timeouts) => read_limits(reader, &timeouts),
        None => Some(Vec::new()),
    };
    let valid = provenance && [group, filters, overrides].into_iter().flatten().all(|valid| valid);
    valid.then_some(GatewayOnly { command: command?, limits: limits?, ..GatewayOnly::default() })
}

/// Reads `command`, `args` and `env`. The gateway checks the last two even without a command.
fn read_command(reader: &mut Reader<'_>, backend: &Mapping<'_>) -> Option<Command> {
    let args = match backend.get("args") {
        Some(field) => read_args(reader, &field),
        None => Some(Vec::new()),
    };
    let env = match backend.get_unless_null("env") {
        Some(field) => read_env(reader, &field).map(Some),
        None => Some(None),
    };
    let program = match backend.get_unless_null("command") {
        Some(field) => {
            let text = reader.lenient_text(&field)?;
            let program = strip(text.as_str());
            if program.is_empty() {
                reader.error(&field, "must not be empty");
                return None;
            }
            Some(Secret::new(program))
        }
        None => None,
    };
    Some(Command { program, args: args?, env: env? })
}

fn read_args(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Vec<Secret>> {
    let items = reader.list(field)?;
    let args: Vec<_> = items.iter().map(|item| Some(reader.lenient_text(item)?.into_secret())).collect();
    args.into_iter().collect()
}

fn read_env(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Vec<(String, Secret)>> {
    let env = reader.mapping(field, KeyRule::Names)?;
    let mut variable = |field: &Field<'_>| Some((field.key().to_owned(), reader.lenient_text(field)?.into_secret()));
    let variables: Vec<_> = env.fields.iter().map(&mut variable).collect();
    variables.into_iter().collect()
}

/// Reads a `timeouts` block. Returns each limit under the name that the gateway's loader gives it.
fn read_limits(reader: &mut Reader<'_>, field: &Field<'_>) -> Option<Vec<(&'static str, TimeoutsValue)>> {
    const SECONDS: [(&str, &str); 4] = [
        ("init", "init_timeout"),
        ("cap_fetch", "cap_fetch_timeout"),
        ("sse_startup", "sse_startup_delay"),
        ("startup", "startup_timeout"),
    ];
    let timeouts = reader.mapping(field, KeyRule::Fixed)?;
    warn_about_unknown(reader, &timeouts, &[words::TIMEOUTS]);
    let mut limits: Vec<(&str, Option<TimeoutsValue>)> = Vec::new();
    for (key, name) in SECONDS {
        if let Some(field) = timeouts.get_unless_null(key) {
            limits.push((name, read_seconds(reader, &field, f64::INFINITY)));
        }
    }
    if let Some(field) = timeouts.get_unless_null("retries") {
        limits.push(("retries", reader.integer(&field, 0..=10).map(TimeoutsValue::Count)));
    }
    if let Some(field) = timeouts.get_unless_null("retry_delay") {
        limits.push(("retry_delay", read_seconds(reader, &field, 120.0)));
    }
    limits.into_iter().map(|(name, value)| Some((name, value?))).collect()
}

fn read_seconds(reader: &mut Reader<'_>, field: &Field<'_>, max: f64) -> Option<TimeoutsValue> {
    let seconds = reader.number(field)?;
    if (0.0..=max).contains(&seconds) {
        return Some(TimeoutsValue::Seconds(seconds));
    }
    let range = if max.is_finite() { format!("from 0 to {max} seconds") } else { "0 or more seconds".to_owned() };
    reader.error(field, format!("must be {range}"));
    None
}

/// Returns whether a `filters` block is valid.
fn check_filters(reader: &mut Reader<'_>, field: &Field<'_>) -> bool {
    let Some(filters) = reader.mapping(field, KeyRule::Fixed) else { return false };
    warn_about_unknown(reader, &filters, &[words::FILTERS]);
    let mut valid = true;
    for filter in words::FILTERS.iter().filter_map(|key| filters.get(key)) {
        let Some(lists) = reader.mapping(&filter, KeyRule::Fixed) else {
            valid = false;
            continue;
        };
        warn_about_unknown(reader, &lists, &[words::FILTER]);
        for list in words::FILTER.iter().filter_map(|key| lists.get(key)) {
            let items = reader.list(&list);
            valid &= items.is_some();
            for item in items.unwrap_or_default() {
                valid &= check_text(reader, &item);
            }
        }
    }
    valid
}

/// Returns whether a `tool_overrides` block is valid.
fn check_overrides(reader: &mut Reader<'_>, field: &Field<'_>) -> bool {
    let Some(overrides) = reader.mapping(field, KeyRule::Names) else { return false };
    let mut valid = true;
    for tool in &overrides.fields {
        let Some(entry) = reader.mapping(tool, KeyRule::Fixed) else {
            valid = false;
            continue;
        };
        warn_about_unknown(reader, &entry, &[words::TOOL_OVERRIDE]);
        for text in words::TOOL_OVERRIDE.iter().filter_map(|key| entry.get_unless_null(key)) {
            valid &= check_text(reader, &text);
        }
    }
    valid
}

/// Returns whether the keys that record the origin of the entry are valid.
fn check_provenance(reader: &mut Reader<'_>, backend: &Mapping<'_>) -> bool {
    const TEXTS: [&str; 5] = ["created_by", "updated_by", "created_via", "updated_via", "import_batch_id"];
    let mut valid = true;
    for text in TEXTS.iter().filter_map(|key| backend.get_unless_null(key)) {
        valid &= check_text(reader, &text);
    }
    if let Some(version) = backend.get_unless_null("metadata_version") {
        valid &= reader.integer(&version, 1..=i64::MAX).is_some();
    }
    valid
}

/// Returns whether the field is text. The text is not used here, so its references are not resolved.
fn check_text(reader: &mut Reader<'_>, field: &Field<'_>) -> bool {
    matches!(field.node.value, Value::Str(_)) || reader.text(field).is_some()
}
