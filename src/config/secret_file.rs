//! Secrets from files: for each secret setting `KEY` there is `KEY_file`, and `VARIABLE_FILE` in the environment, so that
//! an orchestrator can mount it.

use std::path::Path;

use super::setting::Setting;
use super::value::Value;
use crate::input;
use crate::legible::shown;

const KEY: &str = "_file";
const VARIABLE: &str = "_FILE";

/// The key by which a setting is read from a file; none if it is no secret.
pub(super) fn key(setting: &Setting) -> Option<String> {
    is_secret(setting).then(|| format!("{}{KEY}", setting.key))
}

/// The variable with the path of the file.
pub(super) fn variable(setting: &Setting) -> Option<String> {
    is_secret(setting).then(|| format!("{}{VARIABLE}", setting.variable))
}

fn is_secret(setting: &Setting) -> bool {
    matches!(setting.value, Value::Secret { .. })
}

/// The text of the file without the break at its end.
pub(super) fn read(path: &str) -> Result<String, String> {
    let text = input::read_file(Path::new(path)).map_err(|error| format!("{}: {error}", shown(path)))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
