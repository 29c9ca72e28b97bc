//! The report as one HTML file: no other file is loaded, nothing is sent anywhere.

use std::{collections::BTreeSet, fmt::Write as _};

use super::{
    evidence::{Evidence, Shown},
    profile::{Behaviour, Profile},
};
use crate::check::{
    message::text,
    verdict::{Finding, Verdict},
};

/// Style and script of the page.
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");
/// Most bytes of a message that the page shows.
const SHOWN: usize = 4_096;

/// Renders the page. `target` is the URL of the gateway.
pub(crate) fn render(profile: &Profile, evidence: &Evidence, target: &str) -> String {
    let mut out = String::with_capacity(1 << 20);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Gateway check of {0}</title>\n<style>{STYLE}</style>\n<header><h1>Gateway check</h1><p><code>{0}</code></p>",
        escape(target)
    );
    if profile.insecure {
        out.push_str("<p class=\"notice\">Certificates were not checked.</p>");
    }
    if !profile.complete {
        out.push_str("<p class=\"notice\">The run was ended before its time. This report is not complete.</p>");
    }
    out.push_str("</header>\n<main>\n");
    portrait(&mut out, profile);
    filters(&mut out, profile);
    let mut group = "";
    for behaviour in &profile.behaviours {
        if behaviour.group != group {
            if !group.is_empty() {
                out.push_str("</section>\n");
            }
            group = &behaviour.group;
            let _ = writeln!(out, "<section data-group=\"{0}\"><h2>{0}</h2>", escape(group));
        }
        row(&mut out, behaviour, evidence);
    }
    if !group.is_empty() {
        out.push_str("</section>\n");
    }
    if !profile.unnamed.is_empty() {
        out.push_str("<section data-group=\"Unnamed\"><h2>Unnamed changes</h2>\n");
        for finding in &profile.unnamed {
            let behaviour = Behaviour {
                id: String::new(),
                name: "change without a name in the taxonomy".to_owned(),
                group: "Unnamed".to_owned(),
                verdict: finding.verdict,
                findings: vec![finding.clone()],
                why: None,
            };
            row(&mut out, &behaviour, evidence);
        }
        out.push_str("</section>\n");
    }
    let _ = write!(out, "</main>\n<script>{SCRIPT}</script>\n</html>\n");
    out
}

fn portrait(out: &mut String, profile: &Profile) {
    out.push_str("<section class=\"portrait\"><h2>Portrait</h2><ul class=\"counts\">");
    for verdict in Verdict::ALL {
        let word = verdict.word();
        let _ = write!(out, "<li class=\"{word}\"><b>{}</b> {word}</li>", profile.count(verdict));
    }
    out.push_str("</ul>");
    let list = |out: &mut String, title: &str, findings: &[&Finding]| {
        if findings.is_empty() {
            return;
        }
        let _ = write!(out, "<h3>{title}</h3><ul>");
        for finding in findings {
            let _ = write!(out, "<li>{} <small>{}</small></li>", escape(&finding.text), finding.direction);
        }
        out.push_str("</ul>");
    };
    list(out, "Every call", &profile.ground.iter().collect::<Vec<_>>());
    let forbidden: Vec<&Finding> = profile.findings().filter(|finding| finding.verdict == Verdict::Forbidden).collect();
    list(out, "Forbidden by the standard", &forbidden);
    if !profile.numbers.is_empty() {
        out.push_str("<h3>Numbers</h3><dl>");
        for (name, value) in &profile.numbers {
            let _ = write!(out, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(value));
        }
        out.push_str("</dl>");
    }
    out.push_str("</section>\n");
}

fn filters(out: &mut String, profile: &Profile) {
    out.push_str("<form class=\"filters\"><fieldset><legend>Verdict</legend>");
    for verdict in Verdict::ALL {
        let word = verdict.word();
        let checked = if matches!(verdict, Verdict::Faithful | Verdict::NotApplicable) { "" } else { " checked" };
        let _ =
            write!(out, "<label><input type=\"checkbox\" name=\"verdict\" value=\"{word}\"{checked}> {word}</label> ");
    }
    out.push_str("</fieldset><label>Group <select name=\"group\"><option value=\"\">all</option>");
    let mut seen = BTreeSet::new();
    for behaviour in &profile.behaviours {
        if seen.insert(&behaviour.group) {
            let _ = write!(out, "<option>{}</option>", escape(&behaviour.group));
        }
    }
    out.push_str("</select></label></form>\n");
}

fn row(out: &mut String, behaviour: &Behaviour, evidence: &Evidence) {
    let word = behaviour.verdict.word();
    let _ = write!(
        out,
        "<article data-verdict=\"{word}\" id=\"b{0}\"><h3><span class=\"verdict {word}\">{word}</span> {0} {1}</h3>",
        escape(&behaviour.id),
        escape(&behaviour.name)
    );
    if !behaviour.findings.is_empty() {
        out.push_str("<ul>");
        for finding in &behaviour.findings {
            let _ = write!(
                out,
                "<li class=\"{}\">{} <small>{}</small></li>",
                finding.verdict.word(),
                escape(&finding.text),
                escape(&finding.section)
            );
        }
        out.push_str("</ul>");
    }
    if let Some(why) = &behaviour.why {
        let _ = write!(out, "<p>{}</p>", escape(why));
    }
    let mut checks: Vec<&str> = behaviour.findings.iter().map(|finding| finding.check.as_str()).collect();
    checks.sort_unstable();
    checks.dedup();
    for check in checks {
        for shown in evidence.checks.get(check).into_iter().flatten() {
            exchange(out, check, shown);
        }
    }
    out.push_str("</article>\n");
}

fn exchange(out: &mut String, check: &str, shown: &Shown) {
    let _ = write!(
        out,
        "<details><summary>{} <small>{check}, {} ms, {}</small></summary><div class=\"four\">",
        escape(&shown.probe),
        shown.took_ms,
        escape(&shown.ended)
    );
    let (sent, got) = (shown.sent.bytes(), shown.got.bytes());
    let arrived = shown.arrived.first().map(super::evidence::Octets::bytes).unwrap_or_default();
    let answered = shown.answered.last().map(super::evidence::Octets::bytes).unwrap_or_default();
    message(out, "Sent", &sent, &arrived);
    let times = shown.arrived.len();
    let title = match times {
        0 => "Arrived: nothing".to_owned(),
        1 => "Arrived".to_owned(),
        times => format!("Arrived {times} times; the first"),
    };
    message(out, &title, &arrived, &sent);
    message(out, "Got", &got, &answered);
    message(out, "Answered", &answered, &got);
    out.push_str("</div></details>");
}

/// Shows a message; lines that the other one does not have are marked.
fn message(out: &mut String, title: &str, bytes: &[u8], other: &[u8]) {
    let _ = write!(out, "<figure><figcaption>{} <small>{} bytes</small></figcaption><pre>", escape(title), bytes.len());
    let known: BTreeSet<&[u8]> = other.split(|byte| *byte == b'\n').collect();
    let cut = &bytes[..bytes.len().min(SHOWN)];
    for line in cut.split(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\r").unwrap_or(line);
        let shown = escape(&text(bare));
        if known.contains(line) || bare.is_empty() {
            let _ = writeln!(out, "{shown}");
        } else {
            let _ = writeln!(out, "<mark>{shown}</mark>");
        }
    }
    if cut.len() < bytes.len() {
        out.push('…');
    }
    out.push_str("</pre></figure>");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_the_gateway_never_become_markup() {
        let mut out = String::new();
        message(&mut out, "Got", b"<script>alert(1)</script>\r\n\0\xFF", b"");
        assert!(!out.contains("<script>"), "{out}");
        assert!(out.contains("&lt;script&gt;") && out.contains("\\x00\\xFF"), "{out}");
    }
}
