//! Checks every value of the merged settings by its kind, and produces a tree that serde can deserialise.

use std::collections::BTreeMap;

use ::config::{Map, Value, ValueKind};

use super::keys::{KEYS, Key, Preset};
use super::kind::Kind;
use super::layer::{self, Layer};
use super::origin::{DEFAULT, Provenance, unset_hint};
use super::problems::{Problems, quote};

/// Creates the layer of presets.
pub(super) fn presets() -> Layer {
    let mut presets = Layer::default();
    for key in KEYS {
        if key.entry_field().is_some() {
            continue;
        }
        presets.set(key.path, preset(key));
    }
    for list in entry_lists() {
        presets.set(list, layer::list(DEFAULT, Vec::new()));
    }
    presets
}

fn preset(key: &Key) -> Value {
    match key.preset {
        Preset::Text(text) => layer::text(DEFAULT, text),
        Preset::Texts(texts) => layer::list(DEFAULT, texts.iter().map(|text| layer::text(DEFAULT, text)).collect()),
        Preset::Cores => layer::text(DEFAULT, &cores().to_string()),
        Preset::Required => layer::text(DEFAULT, ""),
    }
}

/// Returns a preset with the type that serde expects, to replace an invalid value.
fn fallback(key: &Key) -> Value {
    let mut value = preset(key);
    if !key.kind.is_list()
        && let Some(read) = key.kind.read(&value.kind.to_string())
    {
        value.kind = read;
    }
    value
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(1024)
}

/// Returns the names of the lists of tables, without duplicates.
fn entry_lists() -> Vec<&'static str> {
    let mut lists: Vec<_> = KEYS.iter().filter_map(|key| Some(key.entry_field()?.0)).collect();
    lists.dedup();
    lists
}

/// Checks every value in place. An invalid one becomes a problem and is replaced by its preset, so that the rest can be
/// checked too.
pub(super) fn check(
    root: &mut Value,
    empty_variables: &BTreeMap<String, Vec<String>>,
    problems: &mut Problems,
) -> Provenance {
    let mut checker = Checker { empty_variables, problems, provenance: Provenance::default() };
    for key in KEYS.iter().filter(|key| key.entry_field().is_none()) {
        if let Some(slot) = slot(root, key.path) {
            checker.value(key.path, key, slot);
        }
    }
    for list in entry_lists() {
        let Some(slot) = slot(root, list) else { continue };
        let origin = slot.origin().unwrap_or(DEFAULT).to_owned();
        let ValueKind::Array(entries) = &mut slot.kind else { continue };
        if entries.is_empty() {
            checker.provenance.set(list, &origin);
        }
        for (index, entry) in entries.iter_mut().enumerate() {
            checker.entry(list, index, entry);
        }
    }
    checker.provenance
}

struct Checker<'a> {
    empty_variables: &'a BTreeMap<String, Vec<String>>,
    problems: &'a mut Problems,
    provenance: Provenance,
}

impl Checker<'_> {
    fn entry(&mut self, list: &str, index: usize, entry: &mut Value) {
        let whole = format!("{list}[{index}]");
        let origin = first_origin(entry);
        for key in KEYS {
            let Some((_, field)) = key.entry_field().filter(|(around, _)| *around == list) else {
                continue;
            };
            let path = format!("{whole}.{field}");
            let Some(slot) = slot(entry, field) else {
                continue;
            };
            if slot.kind == ValueKind::Nil {
                if key.preset == Preset::Required && !self.problems.concern(&path) {
                    let what = format!("{path} is missing; expected {}", key.kind.expected());
                    self.problems.add(&path, origin.clone(), what);
                }
                *slot = preset(key);
            }
            self.value(&path, key, slot);
        }
    }

    fn value(&mut self, path: &str, key: &Key, slot: &mut Value) {
        let origin = slot.origin().unwrap_or(DEFAULT).to_owned();
        self.provenance.set(path, &origin);
        if self.problems.concern(path) {
            *slot = fallback(key);
            return;
        }
        if let ValueKind::Array(items) = &mut slot.kind {
            let mut index = 0;
            items.retain_mut(|item| {
                index += 1;
                self.scalar(&format!("{path}[{}]", index - 1), key.kind, item)
            });
            return;
        }
        if !self.scalar(path, key.kind, slot) {
            *slot = fallback(key);
        }
    }

    /// Checks one scalar and replaces it by the parsed value.
    fn scalar(&mut self, path: &str, kind: Kind, slot: &mut Value) -> bool {
        let text = slot.kind.to_string();
        let origin = slot.origin().unwrap_or(DEFAULT).to_owned();
        match kind.read(&text) {
            Some(read) => {
                slot.kind = read;
                true
            }
            None => {
                let found = match text.as_str() {
                    "" => "is empty".to_owned(),
                    _ if kind.hides(&text) => "is malformed".to_owned(),
                    _ => format!("is {}", quote(&text)),
                };
                let hint = unset_hint(self.empty_variables, path);
                self.problems.add(path, origin, format!("{path} {found}; expected {}{hint}", kind.expected()));
                false
            }
        }
    }
}

/// Returns the value at a path of names. Creates an empty one where a table lacks it.
fn slot<'a>(root: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let nil = || Value::new(None, ValueKind::Nil);
    path.split('.').try_fold(root, |value, name| {
        if value.kind == ValueKind::Nil {
            value.kind = ValueKind::Table(Map::new());
        }
        match &mut value.kind {
            ValueKind::Table(table) => Some(table.entry(name.to_owned()).or_insert_with(nil)),
            _ => None,
        }
    })
}

/// Returns the origin of the first value of an entry that has one, for the values that the entry lacks.
fn first_origin(entry: &Value) -> String {
    let origins = match &entry.kind {
        ValueKind::Table(table) => table.values().filter_map(Value::origin).min(),
        _ => None,
    };
    origins.unwrap_or(DEFAULT).to_owned()
}
