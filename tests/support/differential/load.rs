//! Loads configurations with this library, for `test_config_differential.py` and `test_secret_stores.py`: reads one case
//! per line, and writes one outcome per line.
//!
//! A case is `{"yaml": "<base64>", "env": {"NAME": "value"}}`. An outcome is `{"ok": true, "backends": {...}}`, with
//! the value that the gateway's loader would return and each float as `{"float": <its 64 bits>}`; or `{"ok": false}`.
//! Both forms also have `"problems": [{"severity", "path", "message"}]`. Unresolved references are kept, as in the
//! gateway.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use argus_auth_core::config::{GatewayValue, parse};
use argus_auth_core::{Config, LoadOptions, Problem, Severity, Unresolved};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap, Serializer};

#[derive(serde::Deserialize)]
struct Case {
    yaml: String,
    env: BTreeMap<String, String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = LoadOptions { unresolved: Unresolved::Keep, ..LoadOptions::default() };
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let case: Case = serde_json::from_str(&line?)?;
        // SAFETY: no other thread runs here. `parse` starts a thread for a look-up in a keyring, and waits for its end.
        case.env.iter().for_each(|(name, value)| unsafe { std::env::set_var(name, value) });
        let result = parse(&STANDARD.decode(case.yaml)?, &options);
        // SAFETY: as above.
        case.env.keys().for_each(|name| unsafe { std::env::remove_var(name) });
        let (config, problems) = match result {
            Ok(config) => (Some(config.clone()), config.warnings),
            Err(error) => (None, error.problems),
        };
        serde_json::to_writer(&mut out, &Outcome { config, problems })?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The outcome of one case.
struct Outcome {
    /// `None` if the configuration has errors.
    config: Option<Config>,
    problems: Vec<Problem>,
}

impl Serialize for Outcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("ok", &self.config.is_some())?;
        if let Some(config) = &self.config {
            let backends = config.backends.iter().map(|it| (it.name.as_str(), it.gateway_value())).collect();
            map.serialize_entry("backends", &Shown(&GatewayValue::Map(backends)))?;
        }
        let severity = |problem: &Problem| if problem.severity == Severity::Error { "error" } else { "warning" };
        let problem = |it: &Problem| {
            BTreeMap::from([
                ("severity", severity(it).to_owned()),
                ("path", it.path.clone()),
                ("message", it.message.clone()),
            ])
        };
        map.serialize_entry("problems", &self.problems.iter().map(problem).collect::<Vec<_>>())?;
        map.end()
    }
}

/// A value as JSON, with floats as their 64 bits, so that the comparison is exact.
struct Shown<'v>(&'v GatewayValue<'v>);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            GatewayValue::Null => serializer.serialize_unit(),
            GatewayValue::Bool(value) => serializer.serialize_bool(*value),
            GatewayValue::Int(value) => serializer.serialize_i64(*value),
            GatewayValue::Float(value) => serializer.collect_map([("float", value.to_bits())]),
            GatewayValue::Text(value) => serializer.serialize_str(value),
            GatewayValue::List(items) => serializer.collect_seq(items.iter().map(Shown)),
            GatewayValue::Map(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, Shown(value))))
            }
        }
    }
}
