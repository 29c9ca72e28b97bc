//! Reads `APITEST__SECTION__KEY=value`, which overrides `section.key` of the file.
//!
//! Names are upper case, with two underscores between the parts and indexes as decimal numbers
//! (`APITEST__API_KEYS__FILE__0__KEY`). A list of strings can be given whole, separated by commas
//! (`APITEST__OIDC__ALLOWED_CLIENTS=a,b`), or by index. Values are literal: `${…}` in them has no meaning.

use std::collections::BTreeMap;

use ::config::{Value, ValueKind};

use super::environment::Environment;
use super::keys::{KEYS, Key, PREFIX, joined};
use super::layer::{self, Layer};
use super::nearest::nearest;
use super::problems::{Problems, name};

/// Key that a variable refers to.
struct Target {
    key: &'static Key,
    /// Path in the configuration.
    path: String,
    /// List and index, for an entry or an item of a list.
    index: Option<(String, usize)>,
}

/// Reads the overriding variables. `below` are the settings that they override, which determine how long each list is.
pub(super) fn settings(environment: &Environment, below: &Value, problems: &mut Problems) -> Layer {
    let mut layer = Layer::default();
    let mut indexes: BTreeMap<String, BTreeMap<usize, &str>> = BTreeMap::new();
    for (variable, value) in environment.with_prefix(PREFIX) {
        let origin = origin(variable);
        let Some(target) = target(variable) else {
            problems.add("", origin, unknown(variable));
            continue;
        };
        let Some(value) = value else {
            problems.add(&target.path, origin, format!("{} is not valid Unicode", target.path));
            continue;
        };
        let setting = match (target.key.kind, &target.index) {
            (kind, None) if kind.is_list() => layer::list(&origin, comma_separated(&origin, value)),
            _ => layer::text(&origin, value),
        };
        if let Some((list, index)) = target.index {
            indexes.entry(list).or_default().insert(index, variable);
        }
        layer.set(target.path, setting);
    }
    for (list, indexes) in indexes {
        check_indexes(&list, &indexes, &layer, below, problems);
    }
    layer
}

fn origin(variable: &str) -> String {
    format!("environment {}", name(variable))
}

/// Splits at commas. White space around a part is removed; an empty value is an empty list.
fn comma_separated(origin: &str, value: &str) -> Vec<Value> {
    let parts = value.split(',').map(str::trim);
    if value.trim().is_empty() { Vec::new() } else { parts.map(|part| layer::text(origin, part)).collect() }
}

/// Returns the key that a variable overrides.
fn target(variable: &str) -> Option<Target> {
    let parts: Vec<&str> = variable.strip_prefix(PREFIX)?.split("__").collect();
    KEYS.iter().find_map(|key| fit(key, &parts))
}

fn fit(key: &'static Key, parts: &[&str]) -> Option<Target> {
    let Some((list, field)) = key.entry_field() else {
        return match parts.split_last() {
            Some((last, rest)) if key.kind.is_list() && spells(rest, key.path) => {
                let index = index(last)?;
                Some(Target { key, path: format!("{}[{index}]", key.path), index: Some((key.path.to_owned(), index)) })
            }
            _ => spells(parts, key.path).then(|| Target { key, path: key.path.to_owned(), index: None }),
        };
    };
    let depth = list.split('.').count();
    let (around, rest) = parts.split_at_checked(depth)?;
    let (number, fields) = rest.split_first()?;
    if !spells(around, list) || !spells(fields, field) {
        return None;
    }
    let index = index(number)?;
    Some(Target { key, path: format!("{list}[{index}].{field}"), index: Some((list.to_owned(), index)) })
}

/// Returns true when the parts are the upper-case names of a path.
fn spells(parts: &[&str], path: &str) -> bool {
    let names = path.split('.').map(str::to_ascii_uppercase);
    parts.len() == path.split('.').count() && names.zip(parts).all(|(name, part)| name == *part)
}

/// Parses an index: decimal, without leading zeros, so that one entry has one name.
fn index(text: &str) -> Option<usize> {
    let canonical = text == "0" || !text.starts_with('0');
    (canonical && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn unknown(variable: &str) -> String {
    let rest = variable.strip_prefix(PREFIX).unwrap_or(variable).to_lowercase();
    let path: String = rest.split("__").fold(String::new(), |path, part| match index(part) {
        Some(_) => format!("{path}[]"),
        None => joined(&path, part),
    });
    // Only the case is wrong.
    let meant = KEYS.iter().find(|key| key.path == path).map(|key| key.path).or_else(|| nearest(&path));
    let hint = meant.and_then(|path| KEYS.iter().find(|key| key.path == path)).map(Key::variable);
    let hint = hint.map(|variable| format!("; did you mean {variable}?")).unwrap_or_default();
    format!("unknown environment variable {}{hint}", name(variable))
}

/// Refuses an index that leaves a gap, and a list given both whole and by index.
fn check_indexes(list: &str, indexes: &BTreeMap<usize, &str>, layer: &Layer, below: &Value, problems: &mut Problems) {
    let mut length = length(below, list);
    for (index, variable) in indexes {
        if layer.sets(list) {
            problems.add(list, origin(variable), format!("{list} is given whole and by index; expected one of them"));
            return;
        }
        if *index > length {
            let what = format!("{list}[{index}] leaves a gap; expected an index from 0 to {length}");
            problems.add(list, origin(variable), what);
            return;
        }
        length = length.max(index + 1);
    }
}

/// Returns the current length of a list.
fn length(root: &Value, path: &str) -> usize {
    let value = path.split('.').try_fold(root, |value, name| match &value.kind {
        ValueKind::Table(table) => table.get(name),
        _ => None,
    });
    match value.map(|value| &value.kind) {
        Some(ValueKind::Array(items)) => items.len(),
        _ => 0,
    }
}
