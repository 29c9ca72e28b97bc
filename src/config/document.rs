//! Checks the file against the key table and creates its layer of settings.

use ::config::Value;

use super::environment::Environment;
use super::interpolate::interpolate;
use super::keys::{self, KEYS, Key, PathMeaning, joined};
use super::kind::Kind;
use super::layer::{self, Layer};
use super::nearest::nearest;
use super::problems::{Problems, name, quote};
use super::yaml::{self, Content, Field, Node};

/// Parses a file into settings. Everything else becomes a problem.
///
/// `None` when the text is not a document, so that its keys are unknown.
pub(super) fn settings(file: &str, text: &str, environment: &Environment, problems: &mut Problems) -> Option<Layer> {
    let document = match yaml::parse(text) {
        Ok(document) => document,
        Err(yaml::Fault { line, message }) => {
            problems.add("", format!("{file}:{line}"), format!("the file {message}"));
            return None;
        }
    };
    let mut reader = Reader { file, environment, problems, layer: Layer::default() };
    for yaml::Duplicate { path, line, first } in document.duplicates {
        let origin = reader.origin(line);
        reader.problems.add("", origin, format!("key {} is given twice; the first is on line {first}", name(&path)));
    }
    match document.root.content {
        Content::Table(fields) => fields.iter().for_each(|field| reader.field("", "", field)),
        Content::Null => {}
        Content::Scalar(_) | Content::List(_) => {
            let origin = reader.origin(document.root.line);
            reader.problems.add(
                "",
                origin,
                format!("the file contains no table; expected the sections {}", fields_of("")),
            );
        }
    }
    Some(reader.layer)
}

struct Reader<'a> {
    file: &'a str,
    environment: &'a Environment,
    problems: &'a mut Problems,
    layer: Layer,
}

impl Reader<'_> {
    fn origin(&self, line: usize) -> String {
        format!("{}:{line}", self.file)
    }

    fn problem(&mut self, path: &str, line: usize, what: &str) {
        let origin = self.origin(line);
        self.problems.add(path, origin, format!("{path} {what}"));
    }

    /// Parses one field. `path` and `pattern` name the table around it, with real indexes and with `[]`.
    fn field(&mut self, path: &str, pattern: &str, field: &Field) {
        let path = joined(path, &field.name);
        let pattern = joined(pattern, &field.name);
        // A name with a dot is not a path: `server.name: x` at the top is an unknown key with that name.
        let place = if field.name.contains(['.', '[']) { PathMeaning::Unknown } else { keys::place(&pattern) };
        match (place, &field.value.content) {
            (PathMeaning::Unknown, _) => self.unknown(&path, &pattern, field),
            // A null value counts as not given.
            (_, Content::Null) => {}
            (PathMeaning::Section, Content::Table(fields)) => {
                fields.iter().for_each(|f| self.field(&path, &pattern, f));
            }
            (PathMeaning::Entries, Content::List(entries)) => {
                self.entries(&path, &pattern, entries, field.value.line);
            }
            (PathMeaning::Key(key), Content::List(items)) if key.kind.is_list() => {
                self.items(&path, key.kind, items, field.value.line);
            }
            (PathMeaning::Key(key), Content::Scalar(text)) if !key.kind.is_list() => {
                if let Some(value) = self.scalar(&path, key.kind, text, field.value.line) {
                    self.layer.set(path, value);
                }
            }
            (place, content) => {
                let what = format!("is {}; expected {}", found(place, content), expected(place, &pattern));
                self.problem(&path, field.value.line, &what);
            }
        }
    }

    fn unknown(&mut self, path: &str, pattern: &str, field: &Field) {
        if self.problems.only_count() {
            return self.problems.add("", "", "");
        }
        let hint = match nearest(pattern) {
            Some(known) if known == pattern => "; expected nested tables, not a name with a dot".to_owned(),
            Some(known) => format!("; did you mean {known}?"),
            None => String::new(),
        };
        let origin = self.origin(field.line);
        let shown = name(path);
        self.problems.add(shown.clone(), origin, format!("unknown key {shown}{hint}"));
    }

    fn entries(&mut self, path: &str, pattern: &str, entries: &[Node], line: usize) {
        if entries.is_empty() {
            self.layer.set(path, layer::list(&self.origin(line), Vec::new()));
        }
        let pattern = format!("{pattern}[]");
        for (index, entry) in entries.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match &entry.content {
                Content::Table(fields) if fields.iter().any(|field| field.value.content != Content::Null) => {
                    fields.iter().for_each(|field| self.field(&path, &pattern, field));
                }
                content => {
                    let found = found(PathMeaning::Entries, content);
                    self.problem(
                        &path,
                        entry.line,
                        &format!("is {found}; expected a table with {}", fields_of(&pattern)),
                    );
                }
            }
        }
    }

    fn items(&mut self, path: &str, kind: Kind, items: &[Node], line: usize) {
        let mut values = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match &item.content {
                Content::Scalar(text) => {
                    values.extend(self.scalar(&path, kind, text, item.line));
                }
                content => {
                    let found = found(PathMeaning::Entries, content);
                    self.problem(&path, item.line, &format!("is {found}; expected a non-empty text"));
                }
            }
        }
        self.layer.set(path, layer::list(&self.origin(line), values));
    }

    /// Replaces the variables of one value.
    fn scalar(&mut self, path: &str, kind: Kind, text: &str, line: usize) -> Option<Value> {
        match interpolate(text, self.environment) {
            Ok(replaced) => {
                if kind.read(&replaced.text).is_none_or(|value| value.to_string().is_empty()) {
                    self.layer.remember_empty(path, replaced.empty);
                }
                Some(layer::text(&self.origin(line), &replaced.text))
            }
            Err(fault) => {
                self.problem(path, line, &fault.to_string());
                None
            }
        }
    }
}

/// Describes an unexpected value. A scalar that may be a secret is not quoted.
fn found(place: PathMeaning, content: &Content) -> String {
    match content {
        Content::Null => "empty".to_owned(),
        Content::Table(fields) if fields.iter().all(|field| field.value.content == Content::Null) => "empty".to_owned(),
        Content::List(_) => "a list".to_owned(),
        Content::Table(_) => "a table".to_owned(),
        Content::Scalar(text) => match place {
            PathMeaning::Key(Key { kind, .. }) if kind.is_list() => quote(text),
            _ => "a single value".to_owned(),
        },
    }
}

fn expected(place: PathMeaning, pattern: &str) -> String {
    match place {
        PathMeaning::Key(key) => key.kind.expected(),
        PathMeaning::Section => format!("a table with {}", fields_of(pattern)),
        PathMeaning::Entries => format!("a list of tables with {}", fields_of(&format!("{pattern}[]"))),
        PathMeaning::Unknown => "nothing".to_owned(),
    }
}

/// Lists the names that a table may contain, in the order of the key table.
fn fields_of(pattern: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for key in KEYS {
        let rest = if pattern.is_empty() {
            Some(key.path)
        } else {
            key.path.strip_prefix(pattern).and_then(|r| r.strip_prefix('.'))
        };
        let name = rest.and_then(|rest| rest.split(['.', '[']).next());
        names.extend(name.filter(|name| names.last() != Some(name)));
    }
    names.join(", ")
}
