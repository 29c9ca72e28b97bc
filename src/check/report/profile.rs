//! The profile of a gateway: what it does, in a form that two runs write alike. No times, no ids that change.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::check::{
    declaration::Check,
    naming::UNNAMED,
    runner::Outcome,
    taxonomy,
    verdict::{Finding, Verdict},
};

/// Version of the form.
pub(crate) const SCHEMA: u32 = 1;

/// What a gateway does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Profile {
    /// Version of this form.
    pub schema: u32,
    /// Version of the tool.
    pub tool: String,
    /// Whether certificates were not checked.
    pub insecure: bool,
    /// What every call shows.
    pub ground: Vec<Finding>,
    /// Behaviours that were looked at, in the order of the taxonomy.
    pub behaviours: Vec<Behaviour>,
    /// Differences without a name.
    pub unnamed: Vec<Finding>,
    /// Measured numbers.
    pub numbers: BTreeMap<String, String>,
    /// Whether the run came to its end.
    pub complete: bool,
}

/// One behaviour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Behaviour {
    /// Id in the taxonomy.
    pub id: String,
    /// Name in the taxonomy.
    pub name: String,
    /// Title of its group.
    pub group: String,
    /// The gravest verdict of its findings.
    pub verdict: Verdict,
    /// Findings.
    pub findings: Vec<Finding>,
    /// Why nothing can be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Profile {
    /// Puts the outcomes of a run together.
    pub(crate) fn new(checks: &[Check], ground: Vec<Finding>, outcomes: &[Outcome]) -> Self {
        let mut by_id: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        let mut numbers = BTreeMap::new();
        for finding in ground.iter().chain(outcomes.iter().flat_map(|outcome| &outcome.findings)) {
            if seen.insert(finding.id()) {
                by_id.entry(finding.behaviour.clone()).or_default().push(finding.clone());
            }
        }
        for outcome in outcomes {
            numbers.extend(outcome.numbers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        }
        let mut unnamed = by_id.remove(UNNAMED).unwrap_or_default();
        unnamed.sort_by_key(Finding::id);
        let behaviours = taxonomy::BEHAVIOURS
            .iter()
            .filter_map(|(id, name)| {
                let mut findings = by_id.remove(*id).unwrap_or_default();
                findings.sort_by_key(Finding::id);
                let outcome = outcomes.iter().find(|outcome| outcome.id == *id);
                let checked = checks.iter().any(|check| check.id == *id);
                if findings.is_empty() && (outcome.is_none() || !checked) {
                    return None;
                }
                let open = outcome.and_then(|outcome| outcome.open.clone());
                let gravest = findings.iter().map(|finding| finding.verdict).min();
                let verdict = gravest.or(open.as_ref().map(|open| open.0)).unwrap_or(Verdict::Faithful);
                let group = taxonomy::group(id).map(|group| group.title).unwrap_or_default().to_owned();
                let why = open.map(|open| open.1);
                Some(Behaviour { id: (*id).to_owned(), name: (*name).to_owned(), group, verdict, findings, why })
            })
            .collect();
        Self {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            insecure: false,
            ground,
            behaviours,
            unnamed,
            numbers,
            complete: true,
        }
    }

    /// All findings.
    pub(crate) fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.behaviours.iter().flat_map(|behaviour| &behaviour.findings).chain(&self.unnamed)
    }

    /// Number of behaviours with this verdict; differences without a name count as changes.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        let named = self.behaviours.iter().filter(|behaviour| behaviour.verdict == verdict).count();
        named + if verdict == Verdict::Change { self.unnamed.len() } else { 0 }
    }
}

/// One line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// Found now, not then.
    New(Finding),
    /// Found then, not now.
    Gone(Finding),
    /// Says something else.
    Other(Finding, Finding),
    /// A number.
    Number(String, String, String),
}

/// Compares two profiles. Behaviours that one of them did not look at are left out.
pub(crate) fn compare(then: &Profile, now: &Profile) -> Vec<Changed> {
    let looked = |profile: &Profile, finding: &Finding| {
        finding.behaviour == UNNAMED || profile.behaviours.iter().any(|behaviour| behaviour.id == finding.behaviour)
    };
    let unsure = |profile: &Profile, finding: &Finding| {
        profile
            .behaviours
            .iter()
            .any(|behaviour| behaviour.id == finding.behaviour && behaviour.verdict == Verdict::Inconclusive)
    };
    let mut list = Vec::new();
    for finding in now.findings() {
        match then.findings().find(|other| other.id() == finding.id()) {
            None if looked(then, finding) && !unsure(then, finding) => list.push(Changed::New(finding.clone())),
            Some(other) if other.text != finding.text || other.verdict != finding.verdict => {
                list.push(Changed::Other(other.clone(), finding.clone()));
            }
            _ => {}
        }
    }
    for finding in then.findings() {
        if looked(now, finding) && !unsure(now, finding) && !now.findings().any(|other| other.id() == finding.id()) {
            list.push(Changed::Gone(finding.clone()));
        }
    }
    for (name, value) in &now.numbers {
        if let Some(other) = then.numbers.get(name)
            && other != value
        {
            list.push(Changed::Number(name.clone(), other.clone(), value.clone()));
        }
    }
    list
}
