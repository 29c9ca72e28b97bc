//! Templates: values of the request in texts of a script.
//!
//! There are six of them and no language. What comes from the request can't end a line: in fields and reason phrases,
//! control characters are percent-encoded (`%0D%0A`) and surrounding white space is dropped.

use std::cell::OnceCell;

use bytes::Bytes;
use serde_json::Value;

use super::{
    bounds::MAX_EXPANDED,
    facts::Facts,
    problems::{below, quote},
};
use crate::wire::hex;

/// Text that may hold templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Template {
    Plain(Bytes),
    Parts(Vec<Part>),
}

/// A part of a text with templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(Bytes),
    Uuid,
    Now,
    Attempt,
    Path,
    Query(String),
    Field(String),
}

/// The values of one run. All uses of `{{uuid}}` and `{{now}}` in a run are the same.
pub(super) struct Values<'v> {
    pub(super) facts: &'v dyn Facts,
    pub(super) attempt: u64,
    uuid: OnceCell<String>,
    now: OnceCell<String>,
}

/// A text grew beyond [`MAX_EXPANDED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLong;

impl<'v> Values<'v> {
    pub(super) fn new(facts: &'v dyn Facts, attempt: u64) -> Self {
        Self { facts, attempt, uuid: OnceCell::new(), now: OnceCell::new() }
    }

    fn uuid(&self) -> &str {
        self.uuid.get_or_init(|| self.facts.uuid())
    }

    fn now(&self) -> &str {
        self.now.get_or_init(|| rfc3339(self.facts.now_ms()))
    }
}

impl Template {
    /// Parses a text.
    ///
    /// # Errors
    /// What is wrong with the first template that is none.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if !text.contains("{{") {
            return Ok(Self::Plain(Bytes::copy_from_slice(text.as_bytes())));
        }
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("{{") {
            if !before.is_empty() {
                parts.push(Part::Text(Bytes::copy_from_slice(before.as_bytes())));
            }
            let Some((name, after)) = behind.split_once("}}") else {
                return Err("{{ without }}; for a literal {{, use base64".to_owned());
            };
            parts.push(Part::parse(name)?);
            rest = after;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(Bytes::copy_from_slice(rest.as_bytes())));
        }
        Ok(Self::Parts(parts))
    }

    /// Returns the text if it is the same in each run.
    pub(super) fn plain(&self) -> Option<&Bytes> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Parts(_) => None,
        }
    }

    /// Replaces the templates in a body.
    pub(super) fn expand(&self, values: &Values<'_>) -> Result<Bytes, TooLong> {
        self.replace(values, |value, text| text.extend_from_slice(value))
    }

    /// Replaces the templates in the value of a field or in a reason phrase.
    pub(super) fn expand_in_head(&self, values: &Values<'_>) -> Result<Bytes, TooLong> {
        let line = self.replace(values, |value, text| {
            for byte in value {
                if byte.is_ascii_control() && *byte != b'\t' {
                    text.push(b'%');
                    text.extend(hex::upper(*byte));
                } else {
                    text.push(*byte);
                }
            }
        })?;
        Ok(match self {
            Self::Plain(_) => line,
            Self::Parts(_) => Bytes::copy_from_slice(line.trim_ascii()),
        })
    }

    fn replace(&self, values: &Values<'_>, mut push: impl FnMut(&[u8], &mut Vec<u8>)) -> Result<Bytes, TooLong> {
        let parts = match self {
            Self::Plain(text) => return Ok(text.clone()),
            Self::Parts(parts) => parts,
        };
        let mut text = Vec::new();
        for part in parts {
            match part {
                Part::Text(plain) => text.extend_from_slice(plain),
                Part::Uuid => text.extend_from_slice(values.uuid().as_bytes()),
                Part::Now => text.extend_from_slice(values.now().as_bytes()),
                Part::Attempt => text.extend_from_slice(itoa::Buffer::new().format(values.attempt).as_bytes()),
                Part::Path => push(&values.facts.path(), &mut text),
                Part::Query(name) => push(&values.facts.query(name).unwrap_or_default(), &mut text),
                Part::Field(name) => {
                    push(values.facts.fields(name).first().map(|value| &**value).unwrap_or_default(), &mut text);
                }
            }
            if text.len() > MAX_EXPANDED {
                return Err(TooLong);
            }
        }
        Ok(text.into())
    }
}

impl Part {
    fn parse(name: &str) -> Result<Self, String> {
        match (name, name.split_once('.')) {
            ("uuid", _) => Ok(Self::Uuid),
            ("now", _) => Ok(Self::Now),
            ("attempt", _) => Ok(Self::Attempt),
            ("path", _) => Ok(Self::Path),
            (_, Some(("query", name))) if !name.is_empty() => Ok(Self::Query(name.to_owned())),
            (_, Some(("field", name))) if !name.is_empty() => Ok(Self::Field(name.to_owned())),
            _ => Err(format!(
                "unknown template {}; allowed: {{{{uuid}}}}, {{{{now}}}}, {{{{attempt}}}}, {{{{query.NAME}}}}, \
                 {{{{field.NAME}}}}, {{{{path}}}}; for a literal {{{{, use base64",
                quote(&format!("{{{{{name}}}}}"))
            )),
        }
    }
}

/// A JSON value whose strings may hold templates.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum JsonTemplate {
    Plain(Bytes),
    Changing(Value),
}

impl JsonTemplate {
    /// Parses the templates in all strings of a value. `problem` gets the place and text of each error.
    pub(super) fn parse(value: &Value, at: &str, problem: &mut dyn FnMut(String, String)) -> Self {
        let mut changing = false;
        visit(value, at, &mut |text, at| match Template::parse(text) {
            Ok(Template::Plain(_)) => {}
            Ok(Template::Parts(_)) => changing = true,
            Err(message) => problem(at.to_owned(), message),
        });
        if changing { Self::Changing(value.clone()) } else { Self::Plain(value.to_string().into()) }
    }

    /// Replaces the templates and serialises the value. Bytes that are no UTF-8 become U+FFFD.
    pub(super) fn expand(&self, values: &Values<'_>) -> Result<Bytes, TooLong> {
        match self {
            Self::Plain(text) => Ok(text.clone()),
            Self::Changing(value) => {
                let mut left = MAX_EXPANDED;
                let value = replaced(value, values, &mut left)?;
                Ok(value.to_string().into())
            }
        }
    }
}

fn visit(value: &Value, at: &str, each: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => each(text, at),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(item, &below(at, index), each);
            }
        }
        Value::Object(members) => {
            for (name, item) in members {
                visit(item, &below(at, name), each);
            }
        }
        _ => {}
    }
}

fn replaced(value: &Value, values: &Values<'_>, left: &mut usize) -> Result<Value, TooLong> {
    Ok(match value {
        Value::String(text) => {
            let Ok(template) = Template::parse(text) else { return Ok(value.clone()) };
            let text = template.expand(values)?;
            *left = left.checked_sub(text.len()).ok_or(TooLong)?;
            Value::String(String::from_utf8_lossy(&text).into_owned())
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| replaced(item, values, left)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => {
            let members = members.iter().map(|(name, item)| Ok((name.clone(), replaced(item, values, left)?)));
            Value::Object(members.collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    })
}

/// Formats milliseconds since 1970 as `1994-11-06T08:49:37.123Z` (RFC 3339).
fn rfc3339(ms: u64) -> String {
    let (days, ms_of_day) = (ms / 86_400_000, ms % 86_400_000);
    // Days to civil date, by eras of 400 years that begin on 1 March (Howard Hinnant, "chrono-compatible low-level date
    // algorithms").
    let z = days + 719_468;
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (seconds, ms) = (ms_of_day / 1000, ms_of_day % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{super::facts::TestFacts, *};

    fn facts() -> TestFacts {
        TestFacts {
            query: "x=a%0D%0AX-Evil:%201&b=%ff",
            fields: vec![("X-In", "first"), ("x-in", "second")],
            ..TestFacts::default()
        }
    }

    fn body(text: &str) -> String {
        let facts = facts();
        let text = Template::parse(text).unwrap().expand(&Values::new(&facts, 3)).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    #[test]
    fn values_of_the_request_are_put_in() {
        assert_eq!(body("plain"), "plain");
        assert_eq!(body("{{attempt}}{{path}} {{field.X-IN}}/{{field.none}}/"), "3/a%2Fb first//");
        assert_eq!(body("{{uuid}} {{now}}"), "5c0f1d1e-0000-4000-8000-000000000000 1994-11-06T08:49:37.123Z");
        assert_eq!(body("a {{query.x}} z"), "a a\r\nX-Evil: 1 z");
        assert_eq!(body("} }} { {"), "} }} { {");
    }

    #[test]
    fn a_value_cannot_end_a_line_of_the_head() {
        let facts = facts();
        let values = Values::new(&facts, 1);
        let line = |text: &str| Template::parse(text).unwrap().expand_in_head(&values).unwrap();
        assert_eq!(line("{{query.x}}"), b"a%0D%0AX-Evil: 1"[..]);
        assert_eq!(line(" {{query.b}} "), b"\xff"[..]);
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for text in ["{{foo}}", "{{ uuid }}", "{{query.}}", "{{query}}", "{{}}", "{{now.x}}", "{{UUID}}"] {
            let problem = Template::parse(text).unwrap_err();
            assert!(problem.starts_with(&format!("unknown template \"{text}\"; allowed: {{{{uuid}}}}, ")), "{problem}");
        }
        assert_eq!(Template::parse("a{{b").unwrap_err(), "{{ without }}; for a literal {{, use base64");
    }

    #[test]
    fn templates_in_json_stay_json() {
        let facts = facts();
        let mut problems = Vec::new();
        let value = json!({"{{path}}": ["{{query.x}}\"", {"a": "{{nope}}"}, 1, null]});
        JsonTemplate::parse(&value, "/body/json", &mut |at, _| problems.push(at));
        assert_eq!(problems, ["/body/json/{{path}}/1/a"]);
        let value = json!({"a": ["{{query.x}}\"", "{{query.b}}", 1]});
        let text = JsonTemplate::parse(&value, "", &mut |_, _| {}).expand(&Values::new(&facts, 1)).unwrap();
        assert_eq!(text, r#"{"a":["a\r\nX-Evil: 1\"","�",1]}"#);
    }

    #[test]
    fn a_text_grows_within_bounds() {
        let facts = TestFacts { path: "/0123456789", ..TestFacts::default() };
        let values = Values::new(&facts, 1);
        let text = "{{path}}".repeat(MAX_EXPANDED / 11 + 1);
        assert_eq!(Template::parse(&text).unwrap().expand(&values), Err(TooLong));
        let list: Vec<_> = std::iter::repeat_n("{{path}}", MAX_EXPANDED / 11 + 1).collect();
        assert_eq!(JsonTemplate::parse(&json!(list), "", &mut |_, _| {}).expand(&values), Err(TooLong));
    }

    #[test]
    fn dates_of_all_kinds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(951_782_400_000), "2000-02-29T00:00:00.000Z");
        assert_eq!(rfc3339(4_107_542_399_999), "2100-02-28T23:59:59.999Z");
        assert_eq!(rfc3339(4_107_542_400_000), "2100-03-01T00:00:00.000Z");
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "[{}a-z.]{0,20}") {
            if let Ok(template) = Template::parse(&text) {
                prop_assert!(template.plain().is_none() || !text.contains("{{"));
            }
        }
    }
}
