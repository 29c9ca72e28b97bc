//! The report in SARIF 2.1.0, for code scanning: a rule for each behaviour, a result for each finding.

use serde_json::{Value, json};

use super::profile::Profile;
use crate::check::{taxonomy, verdict::Verdict};

/// Renders SARIF. `target` is the URL of the gateway.
pub(crate) fn render(profile: &Profile, target: &str) -> Value {
    let level = |verdict| match verdict {
        Verdict::Forbidden => "error",
        Verdict::Change => "warning",
        _ => "note",
    };
    let mut ids: Vec<&str> = profile.findings().map(|finding| finding.behaviour.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let rules: Vec<Value> =
        ids.iter().map(|id| json!({"id": id, "shortDescription": {"text": taxonomy::name(id)}})).collect();
    let results: Vec<Value> = profile
        .findings()
        .map(|finding| {
            json!({
                "ruleId": finding.behaviour,
                "level": level(finding.verdict),
                "message": {"text": format!("{} ({})", finding.text, finding.section)},
                "partialFingerprints": {"finding/v1": finding.id()},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": target}}}],
                "properties": {"verdict": finding.verdict.word(), "direction": finding.direction},
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "api-test check", "version": profile.tool, "rules": rules}},
            "results": results,
        }],
    })
}
