//! Checks a document against the schema, and says for each difference what is allowed instead.
//!
//! The check runs the schema that is published, in the part of JSON Schema that the types produce. `pattern` and
//! `format` are left to [`rules`](super::rules), which says more than "does not match".

use serde_json::{Map, Value};

use super::{
    problems::{Problems, below, either, nearest, quote},
    schema::schema,
};

/// Checks a document against the schema of scripts.
pub(super) fn check(document: &Value, problems: &mut Problems) {
    Check { root: schema(), problems }.value(schema(), document, "");
}

struct Check<'c> {
    root: &'c Value,
    problems: &'c mut Problems,
}

/// Kind of a JSON value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Object,
    Array,
    String,
    Integer,
    Boolean,
    Other,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Object(_) => Self::Object,
            Value::Array(_) => Self::Array,
            Value::String(_) => Self::String,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_u64() || number.is_i64() => Self::Integer,
            Value::Number(_) | Value::Null => Self::Other,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "object" => Self::Object,
            "array" => Self::Array,
            "string" => Self::String,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            _ => Self::Other,
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "a list",
            Self::String => "text",
            Self::Integer => "an integer",
            Self::Boolean => "true or false",
            Self::Other => "another value",
        }
    }
}

impl<'c> Check<'c> {
    fn resolve(&self, mut schema: &'c Value) -> &'c Value {
        while let Some(Value::String(reference)) = schema.get("$ref") {
            schema = self.root.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
        }
        schema
    }

    fn value(&mut self, schema: &'c Value, value: &Value, at: &str) {
        let schema = self.resolve(schema);
        if let Some(branches) = self.branches(schema) {
            return self.either(&branches, value, at);
        }
        if let Some(constant) = schema.get("const").filter(|constant| *constant != value) {
            return self.problems.add(at, format!("must be {}", shown(constant)));
        }
        if let Some(Value::Array(words)) = schema.get("enum")
            && !words.contains(value)
        {
            return self.unknown_word(words.iter().filter_map(Value::as_str), value, at);
        }
        let Some(kind) = schema.get("type").and_then(Value::as_str).map(Kind::named) else { return };
        if kind != Kind::of(value) {
            return self.problems.add(at, format!("must be {}, is {}", allowed(schema, kind), shown(value)));
        }
        match value {
            Value::Object(members) => self.object(schema, members, at),
            Value::Array(items) => self.list(schema, items, at),
            Value::String(text) => self.text(schema, text, at),
            Value::Number(_) => self.number(schema, value, at),
            Value::Bool(_) | Value::Null => {}
        }
    }

    /// Returns the alternatives of a schema. Alternatives that only say which members are required are none.
    fn branches(&self, schema: &'c Value) -> Option<Vec<&'c Value>> {
        let branches = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
        let branches: Vec<_> = branches.iter().map(|branch| self.resolve(branch)).collect();
        let flat = branches.iter().flat_map(|branch| self.branches(branch).unwrap_or_else(|| vec![branch])).collect();
        (!schema.get("properties").is_some_and(Value::is_object)).then_some(flat)
    }

    /// Checks a value that may have one of several forms, by the form that it has.
    fn either(&mut self, branches: &[&'c Value], value: &Value, at: &str) {
        let kind_of = |branch: &Value| branch.get("type").and_then(Value::as_str).map_or(Kind::Other, Kind::named);
        let fitting: Vec<_> = branches.iter().copied().filter(|branch| kind_of(branch) == Kind::of(value)).collect();
        let tagged = |branch: &'c Value| -> Option<&'c str> {
            Some(branch.get("properties")?.as_object()?.keys().next()?.as_str())
        };
        match (&fitting[..], value) {
            ([], _) => {
                let mut kinds: Vec<_> = branches.iter().map(|branch| allowed(branch, kind_of(branch))).collect();
                kinds.dedup();
                let kinds = either(kinds.iter().map(String::as_str));
                self.problems.add(at, format!("must be {kinds}, is {}", shown(value)));
            }
            ([only], _) => self.value(only, value, at),
            (_, Value::Object(members)) => {
                let known = || fitting.iter().filter_map(|branch| tagged(branch));
                let (Some((name, _)), 1) = (members.iter().next(), members.len()) else {
                    let found = members.keys().map(|name| quote(name)).collect::<Vec<_>>().join(", ");
                    let found = if found.is_empty() { "none".to_owned() } else { found };
                    let names = either(known());
                    return self.problems.add(at, format!("must have exactly one of the members {names}, has {found}"));
                };
                match fitting.iter().find(|branch| tagged(branch) == Some(name)) {
                    Some(branch) => self.value(branch, value, at),
                    None => {
                        let hint = hint(name, known());
                        let message = format!("unknown step {}; allowed: {}{hint}", quote(name), either(known()));
                        let message = if known().any(|name| name == "head") {
                            message
                        } else {
                            message.replacen("unknown step", "unknown member", 1)
                        };
                        self.problems.add(below(at, name), message);
                    }
                }
            }
            _ => {
                let words = fitting.iter().flat_map(|branch| {
                    let listed = branch.get("enum").and_then(Value::as_array).into_iter().flatten();
                    branch.get("const").into_iter().chain(listed).filter_map(Value::as_str)
                });
                let words: Vec<_> = words.collect();
                if !value.as_str().is_some_and(|text| words.contains(&text)) {
                    self.unknown_word(words.into_iter(), value, at);
                }
            }
        }
    }

    fn unknown_word<'w>(&mut self, words: impl Iterator<Item = &'w str> + Clone, value: &Value, at: &str) {
        let hint = value.as_str().map(|text| hint(text, words.clone())).unwrap_or_default();
        self.problems.add(at, format!("must be {}, is {}{hint}", either(words), shown(value)));
    }

    fn object(&mut self, schema: &'c Value, members: &Map<String, Value>, at: &str) {
        let known = schema.get("properties").and_then(Value::as_object);
        let names = || known.into_iter().flat_map(Map::keys).map(String::as_str);
        for (name, value) in members {
            match known.and_then(|known| known.get(name)) {
                Some(schema) => self.value(schema, value, &below(at, name)),
                None if schema.get("additionalProperties") == Some(&Value::Bool(false)) => {
                    let message = format!("unknown member; allowed: {}{}", either(names()), hint(name, names()));
                    self.problems.add(below(at, name), message);
                }
                None => {}
            }
        }
        for name in required(schema).filter(|name| !members.contains_key(*name)) {
            self.problems.add(at, format!("{name} is missing"));
        }
        for (word, exactly) in [("oneOf", true), ("anyOf", false)] {
            let Some(Value::Array(choices)) = schema.get(word) else { continue };
            let choices: Vec<_> = choices.iter().flat_map(required).collect();
            let given: Vec<_> = choices.iter().copied().filter(|name| members.contains_key(*name)).collect();
            let many = if exactly { "exactly" } else { "at least" };
            match &given[..] {
                [_] => {}
                [_, _, ..] if !exactly => {}
                [] => self.problems.add(at, format!("{many} one of {} is needed", either(choices))),
                _ => {
                    let given = given.join(" and ");
                    self.problems.add(at, format!("{many} one of {} is needed, not {given}", either(choices)));
                }
            }
        }
    }

    fn list(&mut self, schema: &'c Value, items: &[Value], at: &str) {
        if let Some(Value::Array(places)) = schema.get("prefixItems") {
            if places.len() != items.len() {
                let message = format!("must be a list of {}, has {}", places.len(), items.len());
                return self.problems.add(at, message);
            }
            for (index, (schema, item)) in places.iter().zip(items).enumerate() {
                self.value(schema, item, &below(at, index));
            }
            return;
        }
        self.size(schema, ["minItems", "maxItems"], (items.len(), "items"), at);
        if let Some(schema) = schema.get("items") {
            for (index, item) in items.iter().enumerate() {
                self.value(schema, item, &below(at, index));
            }
        }
    }

    fn text(&mut self, schema: &Value, text: &str, at: &str) {
        self.size(schema, ["minLength", "maxLength"], (text.chars().count(), "characters"), at);
    }

    fn size(&mut self, schema: &Value, [least, most]: [&str; 2], (size, unit): (usize, &str), at: &str) {
        let bound = |name| schema.get(name).and_then(Value::as_u64);
        let (least, most) = (bound(least).unwrap_or(0), bound(most).unwrap_or(u64::MAX));
        if !(least..=most).contains(&(size as u64)) {
            let range = if least == 0 { format!("at most {most}") } else { format!("{least} to {most}") };
            self.problems.add(at, format!("must have {range} {unit}, has {size}"));
        }
    }

    fn number(&mut self, schema: &Value, value: &Value, at: &str) {
        let number = |value: &Value| value.as_u64().map(i128::from).or_else(|| value.as_i64().map(i128::from));
        let bound = |name| schema.get(name).and_then(number);
        let Some(is) = number(value) else { return };
        if bound("minimum").is_some_and(|least| is < least) || bound("maximum").is_some_and(|most| is > most) {
            self.problems.add(at, format!("must be {}, is {is}", allowed(schema, Kind::Integer)));
        }
    }
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn hint<'n>(unknown: &str, known: impl Iterator<Item = &'n str>) -> String {
    nearest(unknown, known).map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

/// Describes what a schema allows.
fn allowed(schema: &Value, kind: Kind) -> String {
    match (schema.get("const"), schema.get("minimum"), schema.get("maximum")) {
        (Some(constant), ..) => shown(constant),
        (None, Some(least), Some(most)) => format!("an integer from {least} to {most}"),
        (None, Some(least), None) => format!("an integer of at least {least}"),
        _ => match schema.get("enum").and_then(Value::as_array) {
            Some(words) => either(words.iter().filter_map(Value::as_str)),
            None => kind.text().to_owned(),
        },
    }
}

/// Shows a value of the input, shortened.
fn shown(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) => quote(text),
        other => other.to_string(),
    }
}
