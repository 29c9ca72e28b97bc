//! The policy file: which changes are wanted here. All errors are reported at once, with their lines.

use std::fmt;

use saphyr_parser::{Event, Parser};

use super::{
    report::profile::Profile,
    taxonomy,
    verdict::{Finding, Verdict},
};

/// Longest file, in bytes.
const BOUND: usize = 1 << 20;

/// Rules: patterns of finding ids. `*` stands for any text; an id of a behaviour stands for all its findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Policy {
    /// When it is given, every other finding of a change is unexpected.
    pub allowed: Option<Vec<String>>,
    /// Each has to be found.
    pub required: Vec<String>,
    /// None may be found.
    pub forbidden: Vec<String>,
}

/// Errors of a policy file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) struct PolicyErrors(Vec<(usize, String)>);

impl fmt::Display for PolicyErrors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|(line, error)| format!("line {line}: {error}")).collect();
        out.write_str(&lines.join("\n"))
    }
}

/// A finding, or its absence, that the policy does not want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Breach(pub String);

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub(crate) fn read(text: &str) -> Result<Self, PolicyErrors> {
        if text.len() > BOUND {
            return Err(PolicyErrors(vec![(1, format!("longer than {BOUND} bytes"))]));
        }
        let mut reader = Reader::default();
        for event in Parser::new_from_str(text) {
            match event {
                Ok((event, span)) => reader.take(&event, span.start.line()),
                Err(error) => {
                    reader.errors.push((error.marker().line(), error.info().to_owned()));
                    break;
                }
            }
        }
        if reader.errors.is_empty() { Ok(reader.policy) } else { Err(PolicyErrors(reader.errors)) }
    }

    /// Lists what the policy does not want in a profile.
    pub(crate) fn breaches(&self, profile: &Profile) -> Vec<Breach> {
        let mut list = Vec::new();
        let said = |finding: &Finding| format!("{} {} ({})", finding.behaviour, finding.text, finding.id());
        for finding in profile.findings() {
            if self.forbidden.iter().any(|pattern| matches(pattern, finding)) {
                list.push(Breach(format!("forbidden: {}", said(finding))));
            } else if let Some(allowed) = &self.allowed
                && finding.verdict <= Verdict::Policy
                && !allowed.iter().chain(&self.required).any(|pattern| matches(pattern, finding))
            {
                list.push(Breach(format!("not allowed: {}", said(finding))));
            }
        }
        for pattern in &self.required {
            if !profile.findings().any(|finding| matches(pattern, finding)) {
                list.push(Breach(format!("required, but not found: {pattern}")));
            }
        }
        list
    }
}

/// Tells whether a pattern means a finding.
fn matches(pattern: &str, finding: &Finding) -> bool {
    pattern == finding.behaviour || glob(pattern.as_bytes(), finding.id().as_bytes())
}

/// Matches a text with a pattern in which `*` stands for any text.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let mut parts = pattern.split(|byte| *byte == b'*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let parts: Vec<&[u8]> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle.iter().filter(|part| !part.is_empty()) {
        let Some(at) = super::probe::find(rest, part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[derive(Default)]
struct Reader {
    policy: Policy,
    errors: Vec<(usize, String)>,
    depth: usize,
    key: Option<String>,
    seen: Vec<String>,
}

impl Reader {
    fn take(&mut self, event: &Event<'_>, line: usize) {
        match event {
            Event::MappingStart(..) => {
                self.depth += 1;
                if self.depth > 1 {
                    self.wrong(line, "expected a list of patterns, found a mapping");
                }
            }
            Event::SequenceStart(..) => {
                self.depth += 1;
                if self.depth == 1 {
                    self.wrong(line, "expected a mapping with allowed, required or forbidden, found a list");
                } else if self.depth > 2 {
                    self.wrong(line, "expected a pattern, found a list");
                }
                if self.depth == 2 && self.key.as_deref() == Some("allowed") {
                    self.policy.allowed.get_or_insert_default();
                }
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 1 {
                    self.key = None;
                }
            }
            Event::Scalar(text, ..) => self.scalar(text, line),
            Event::Alias(_) => self.wrong(line, "aliases are not read"),
            _ => {}
        }
    }

    fn scalar(&mut self, text: &str, line: usize) {
        match (self.depth, &self.key) {
            // An empty file is an empty policy.
            (0, _) if !text.is_empty() && text != "~" => {
                self.wrong(line, "expected a mapping with allowed, required or forbidden");
            }
            (1, None) => {
                if !matches!(text, "allowed" | "required" | "forbidden") {
                    self.wrong(line, &format!("unknown key {text:?}; expected allowed, required or forbidden"));
                } else if self.seen.iter().any(|seen| seen == text) {
                    self.wrong(line, &format!("{text} is there twice"));
                }
                self.seen.push(text.to_owned());
                self.key = Some(text.to_owned());
            }
            (1, Some(key)) => {
                let error = format!("{key}: expected a list of patterns, found {text:?}");
                self.wrong(line, &error);
                self.key = None;
            }
            (2, Some(key)) => {
                let behaviour = text.split('/').next().unwrap_or_default();
                let known = taxonomy::BEHAVIOURS.iter().any(|(id, _)| glob(behaviour.as_bytes(), id.as_bytes()));
                if !known && !glob(behaviour.as_bytes(), super::naming::UNNAMED.as_bytes()) {
                    let error = format!("{text:?} names no behaviour; `api-test check list` shows them");
                    self.wrong(line, &error);
                    return;
                }
                let list = match key.as_str() {
                    "allowed" => self.policy.allowed.get_or_insert_default(),
                    "required" => &mut self.policy.required,
                    _ => &mut self.policy.forbidden,
                };
                list.push(text.to_owned());
            }
            _ => {}
        }
    }

    fn wrong(&mut self, line: usize, error: &str) {
        self.errors.push((line, error.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(behaviour: &str, kind: &str, subject: &str) -> Finding {
        Finding {
            behaviour: behaviour.into(),
            direction: "request".into(),
            kind: kind.into(),
            subject: subject.into(),
            verdict: Verdict::Change,
            text: "does it".into(),
            section: String::new(),
            check: String::new(),
        }
    }

    fn profile(findings: Vec<Finding>) -> Profile {
        let mut profile = Profile::new(&[], Vec::new(), &[]);
        profile.unnamed = findings;
        profile
    }

    #[test]
    fn all_errors_are_said_with_their_lines() {
        let text =
            "allowed:\n  - '3.15'\n  - '99.1'\nrequird: []\nrequired: text\nforbidden:\n  - {a: b}\n  - 'nothing/*'\n";
        let errors = Policy::read(text).unwrap_err();
        let lines: Vec<usize> = errors.0.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [3, 4, 5, 7, 8], "{errors}");
        for text in ["- a\n", "text", "allowed: [", "allowed: &a ['1.1']\nrequired: *a\n", "allowed: []\nallowed: []\n"]
        {
            assert!(Policy::read(text).is_err(), "{text}");
        }
        assert_eq!(Policy::read(""), Ok(Policy::default()));
    }

    #[test]
    fn what_is_not_wanted_is_listed() {
        let policy = Policy::read(
            "allowed: ['3.15/request/field-added/x-forwarded-*']\nrequired: ['4.7']\nforbidden: ['5.*', '3.14/*/x-tenant']\n",
        )
        .unwrap();
        let found = profile(vec![
            finding("3.15", "field-added", "x-forwarded-for"),
            finding("3.15", "field-added", "x-other"),
            finding("5.4", "body-changed", ""),
            finding("3.14", "field-removed", "x-tenant"),
        ]);
        let said: Vec<String> = policy.breaches(&found).into_iter().map(|breach| breach.0).collect();
        assert_eq!(said.len(), 4, "{said:?}");
        assert!(said[0].starts_with("not allowed: 3.15") && said[0].contains("x-other"));
        assert!(said[1].starts_with("forbidden: 5.4") && said[2].starts_with("forbidden: 3.14"));
        assert_eq!(said[3], "required, but not found: 4.7");
        assert_eq!(Policy::default().breaches(&found), []);
    }

    #[test]
    fn patterns_match_whole_ids() {
        for (pattern, text, matched) in [
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("*", "", true),
            ("a", "ab", false),
            ("a*b*c", "axbxc", true),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(glob(pattern.as_bytes(), text.as_bytes()), matched, "{pattern} {text}");
        }
    }
}
