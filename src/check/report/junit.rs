//! The report for CI servers: one test case for each behaviour; a finding with the verdict to fail on is a failure.

use std::fmt::Write as _;

use super::profile::Profile;
use crate::check::verdict::Verdict;

/// Renders JUnit XML. `fail_on` is the mildest verdict that fails.
pub(crate) fn render(profile: &Profile, fail_on: Verdict) -> String {
    let fails = |verdict: Verdict| verdict <= fail_on;
    let failed = profile.behaviours.iter().filter(|behaviour| fails(behaviour.verdict)).count();
    let skipped = |verdict| matches!(verdict, Verdict::Inconclusive | Verdict::NotApplicable);
    let left_out = profile.behaviours.iter().filter(|behaviour| skipped(behaviour.verdict)).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuite name=\"gateway check\" tests=\"{}\" failures=\"{failed}\" skipped=\"{left_out}\">",
        profile.behaviours.len()
    );
    for behaviour in &profile.behaviours {
        let name = escape(&format!("{} {}", behaviour.id, behaviour.name));
        let _ = write!(out, "  <testcase classname=\"{}\" name=\"{name}\"", escape(&behaviour.group));
        let said: Vec<String> = behaviour
            .findings
            .iter()
            .map(|finding| format!("{}: {} ({})", finding.verdict.word(), finding.text, finding.section))
            .collect();
        let said = escape(&said.join("\n"));
        if fails(behaviour.verdict) {
            let word = behaviour.verdict.word();
            let _ = writeln!(out, "><failure type=\"{word}\" message=\"{word}\">{said}</failure></testcase>");
        } else if skipped(behaviour.verdict) {
            let why = escape(behaviour.why.as_deref().unwrap_or_default());
            let _ = writeln!(out, "><skipped message=\"{why}\"/></testcase>");
        } else if said.is_empty() {
            out.push_str("/>\n");
        } else {
            let _ = writeln!(out, "><system-out>{said}</system-out></testcase>");
        }
    }
    out.push_str("</testsuite>\n");
    out
}

/// Escapes text for XML; characters that XML can't hold become U+FFFD.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            letter => out.push(letter),
        }
    }
    out
}
