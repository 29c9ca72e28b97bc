//! Verdicts and findings.

use serde::{Deserialize, Serialize};

/// Judgement on one behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// A MUST of the standard is broken.
    Forbidden,
    /// Allowed, but the call is not what it was.
    Change,
    /// No standard decides.
    Policy,
    /// Two calls differ, or the probe could not decide.
    Inconclusive,
    /// The call is what it was.
    Faithful,
    /// The question does not arise here.
    NotApplicable,
}

impl Verdict {
    /// All verdicts, the gravest first.
    pub(crate) const ALL: [Self; 6] =
        [Self::Forbidden, Self::Change, Self::Policy, Self::Inconclusive, Self::Faithful, Self::NotApplicable];

    /// Word for reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::Change => "change",
            Self::Policy => "policy",
            Self::Inconclusive => "inconclusive",
            Self::Faithful => "faithful",
            Self::NotApplicable => "not-applicable",
        }
    }
}

/// One thing that was found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// Behaviour of the taxonomy, `unnamed` for a difference that has no name there.
    pub behaviour: String,
    /// Way of the message: `request` or `response`.
    pub direction: String,
    /// Kind of the change: `field-added`.
    pub kind: String,
    /// Thing it is about: a field's name, a status; may be empty.
    pub subject: String,
    /// Judgement.
    pub verdict: Verdict,
    /// Sentence with names and numbers.
    pub text: String,
    /// Section of the standard.
    pub section: String,
    /// Check whose exchanges show it, for the evidence; `ground` for what every call shows.
    #[serde(default)]
    pub check: String,
}

impl Finding {
    /// Stable id: behaviour, direction, kind and subject.
    pub(crate) fn id(&self) -> String {
        let begin = format!("{}/{}/{}", self.behaviour, self.direction, self.kind);
        if self.subject.is_empty() { begin } else { format!("{begin}/{}", self.subject) }
    }
}
