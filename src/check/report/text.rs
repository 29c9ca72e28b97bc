//! The portrait as text: what the gateway does, on one screen, then group by group.

use std::fmt::Write as _;

use super::profile::{Changed, Profile};
use crate::check::verdict::Verdict;

/// Renders the report.
pub(crate) fn render(profile: &Profile) -> String {
    let mut out = String::new();
    let line = |out: &mut String, text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&mut out, "PORTRAIT");
    if profile.insecure {
        line(&mut out, "  certificates were not checked (--insecure)");
    }
    if !profile.complete {
        line(&mut out, "  the run was ended before its time; what follows is not all");
    }
    let counts: Vec<String> =
        Verdict::ALL.iter().map(|verdict| format!("{} {}", profile.count(*verdict), verdict.word())).collect();
    let _ = writeln!(out, "  {} behaviours: {}", profile.behaviours.len(), counts.join(", "));
    if !profile.ground.is_empty() {
        line(&mut out, "  every call:");
        for finding in &profile.ground {
            let _ = writeln!(out, "    {:<9} {}", finding.direction, finding.text);
        }
    }
    if !profile.numbers.is_empty() {
        line(&mut out, "  numbers:");
        for (name, value) in &profile.numbers {
            let _ = writeln!(out, "    {name}: {value}");
        }
    }
    let forbidden: Vec<_> = profile.findings().filter(|finding| finding.verdict == Verdict::Forbidden).collect();
    if !forbidden.is_empty() {
        line(&mut out, "  forbidden by the standard:");
        for finding in forbidden {
            let _ = writeln!(out, "    {} {} ({})", finding.behaviour, finding.text, finding.section);
        }
    }
    let mut group = "";
    for behaviour in &profile.behaviours {
        if behaviour.group != group {
            group = &behaviour.group;
            let _ = writeln!(out, "\n{}", group.to_uppercase());
        }
        let _ = writeln!(out, "  {:<6} {:<14} {}", behaviour.id, behaviour.verdict.word(), behaviour.name);
        for finding in &behaviour.findings {
            let _ = writeln!(out, "         {}", finding.text);
        }
        if let Some(why) = &behaviour.why {
            let _ = writeln!(out, "         {why}");
        }
    }
    if !profile.unnamed.is_empty() {
        line(&mut out, "\nUNNAMED");
        for finding in &profile.unnamed {
            let _ = writeln!(out, "  {}", finding.text);
        }
    }
    out
}

/// Renders a comparison.
pub(crate) fn comparison(changes: &[Changed]) -> String {
    let mut out = String::new();
    for change in changes {
        let _ = match change {
            Changed::New(finding) => writeln!(out, "new   {} {}", finding.behaviour, finding.text),
            Changed::Gone(finding) => writeln!(out, "gone  {} {}", finding.behaviour, finding.text),
            Changed::Other(then, now) => writeln!(out, "other {} {} (was: {})", now.behaviour, now.text, then.text),
            Changed::Number(name, then, now) => writeln!(out, "other {name}: {now} (was: {then})"),
        };
    }
    if out.is_empty() {
        out.push_str("no difference\n");
    }
    out
}
