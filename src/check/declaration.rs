//! A check: one declaration with its probes and its judge.

use super::{
    bisect::Threshold,
    client::Received,
    differ::Direction,
    message::Message,
    probe::Probe,
    upstream::Arrival,
    verdict::{Finding, Verdict},
};

/// What happened to one probe.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// Name of the probe within its check.
    pub probe: &'static str,
    /// Its id in this run.
    pub id: String,
    /// Bytes that were sent.
    pub sent_bytes: Vec<u8>,
    /// The request, read back from them.
    pub sent: Message,
    /// What arrived upstream, and what was answered.
    pub arrivals: Vec<Arrival>,
    /// What came back.
    pub received: Received,
}

impl Exchange {
    /// Request of the first arrival.
    pub(crate) fn arrived(&self) -> Option<&Message> {
        self.arrivals.first().map(|arrival| &arrival.arrived)
    }

    /// Answer of the last arrival.
    pub(crate) fn answered(&self) -> Option<&Message> {
        self.arrivals.last().and_then(|arrival| arrival.answered.as_ref())
    }

    /// First response.
    pub(crate) fn got(&self) -> Option<&Message> {
        self.received.responses.first()
    }

    /// Status of the first response; 0 when there was none.
    pub(crate) fn status(&self) -> u16 {
        self.got().map_or(0, Message::status)
    }
}

/// Findings of a judge.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// Behaviour that findings belong to.
    pub behaviour: &'static str,
    /// Section of the check.
    pub section: &'static str,
    /// Way of the check's messages; `None` before it is set.
    pub direction: Option<Direction>,
    /// Findings so far.
    pub findings: Vec<Finding>,
    /// Why nothing can be said.
    pub open: Option<(Verdict, String)>,
    /// Measured numbers, for the portrait.
    pub numbers: Vec<(&'static str, String)>,
}

impl Judgement {
    /// Adds a finding.
    pub(crate) fn say(&mut self, verdict: Verdict, kind: &str, subject: &str, text: impl Into<String>) {
        let finding = Finding {
            behaviour: self.behaviour.to_owned(),
            direction: self.direction.unwrap_or(Direction::Request).word().to_owned(),
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            verdict,
            text: text.into(),
            section: self.section.to_owned(),
            check: self.behaviour.to_owned(),
        };
        // A probe that is sent several times says the same.
        if !self.findings.iter().any(|known| known.id() == finding.id()) {
            self.findings.push(finding);
        }
    }

    /// A MUST is broken.
    pub(crate) fn forbidden(&mut self, kind: &str, text: impl Into<String>) {
        self.say(Verdict::Forbidden, kind, "", text);
    }

    /// Allowed, but a change.
    pub(crate) fn change(&mut self, kind: &str, text: impl Into<String>) {
        self.say(Verdict::Change, kind, "", text);
    }

    /// No standard decides.
    pub(crate) fn policy(&mut self, kind: &str, text: impl Into<String>) {
        self.say(Verdict::Policy, kind, "", text);
    }

    /// The gateway does what the standard asks for. Such findings tell two gateways apart, and count as faithful.
    pub(crate) fn duty(&mut self, kind: &str, subject: &str, text: impl Into<String>) {
        self.say(Verdict::Faithful, kind, subject, text);
    }

    /// Says why nothing can be said.
    pub(crate) fn inconclusive(&mut self, why: impl Into<String>) {
        self.open = Some((Verdict::Inconclusive, why.into()));
    }

    /// Says why the question does not arise.
    pub(crate) fn not_applicable(&mut self, why: impl Into<String>) {
        self.open = Some((Verdict::NotApplicable, why.into()));
    }

    /// Adds a number to the portrait.
    pub(crate) fn number(&mut self, name: &'static str, value: impl Into<String>) {
        self.numbers.push((name, value.into()));
    }
}

/// What a request that the gateway answers itself means to a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// A finding: the request is legal.
    Report,
    /// What the standard asks for: it is a finding when the request arrives.
    Wanted,
    /// The judge looks at it.
    Judged,
}

/// Judge of a check's exchanges.
pub(crate) type Judge = fn(&[Exchange], &mut Judgement);

/// How a check is done.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    /// Probes one after the other, then the judge.
    Probes(fn() -> Vec<Probe>, Judge),
    /// Search of a threshold: smallest and largest size, the probe of a size, and the judge.
    Bisect { low: u64, high: u64, probe: fn(u64) -> Probe, judge: fn(&Threshold, &mut Judgement) },
}

/// One declaration of the catalogue.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    /// Id in the taxonomy.
    pub id: &'static str,
    /// Name in the taxonomy.
    pub name: &'static str,
    /// Way of the change.
    pub direction: Direction,
    /// Section of the standard.
    pub section: &'static str,
    /// Meaning of a refusal.
    pub refusal: Refusal,
    /// Whether the generic differ looks at the exchanges too.
    pub compare: bool,
    /// Kinds of differences (their beginnings) that are this check's, whatever their usual name.
    pub owns: &'static [&'static str],
    /// Could harm others on a shared gateway.
    pub intrusive: bool,
    /// Takes long.
    pub slow: bool,
    /// How it is done.
    pub run: Run,
}

impl Check {
    /// Declares a check of a change of requests, of which the generic differ is the judge.
    pub(crate) const fn request(
        id: &'static str,
        name: &'static str,
        section: &'static str,
        probes: fn() -> Vec<Probe>,
    ) -> Self {
        Self {
            id,
            name,
            direction: Direction::Request,
            section,
            refusal: Refusal::Report,
            compare: true,
            owns: &[],
            intrusive: false,
            slow: false,
            run: Run::Probes(probes, |_, _| {}),
        }
    }

    /// Declares a check of a change of responses, of which the generic differ is the judge.
    pub(crate) const fn response(
        id: &'static str,
        name: &'static str,
        section: &'static str,
        probes: fn() -> Vec<Probe>,
    ) -> Self {
        let mut check = Self::request(id, name, section, probes);
        check.direction = Direction::Response;
        check
    }

    /// Declares a search of a threshold.
    pub(crate) const fn threshold(
        id: &'static str,
        name: &'static str,
        section: &'static str,
        range: (u64, u64),
        probe: fn(u64) -> Probe,
        judge: fn(&Threshold, &mut Judgement),
    ) -> Self {
        let mut check = Self::request(id, name, section, Vec::new);
        check.run = Run::Bisect { low: range.0, high: range.1, probe, judge };
        check
    }

    /// Adds a judge of its own.
    pub(crate) const fn judged(mut self, judge: Judge) -> Self {
        if let Run::Probes(probes, _) = self.run {
            self.run = Run::Probes(probes, judge);
        }
        self
    }

    /// Leaves out the generic differ.
    pub(crate) const fn alone(mut self) -> Self {
        self.compare = false;
        self
    }

    /// The gateway has to refuse.
    pub(crate) const fn must_be_refused(mut self) -> Self {
        self.refusal = Refusal::Wanted;
        self
    }

    /// The judge looks at refusals.
    pub(crate) const fn judges_refusals(mut self) -> Self {
        self.refusal = Refusal::Judged;
        self
    }

    /// Takes the differences whose kinds begin so for its own.
    pub(crate) const fn owns(mut self, kinds: &'static [&'static str]) -> Self {
        self.owns = kinds;
        self
    }

    /// Runs with `--intrusive` alone.
    pub(crate) const fn intrusive(mut self) -> Self {
        self.intrusive = true;
        self
    }

    /// Runs with `--slow` alone.
    pub(crate) const fn slow(mut self) -> Self {
        self.slow = true;
        self
    }

    /// Number of its group in the taxonomy.
    pub(crate) fn group(&self) -> usize {
        self.id.split('.').next().and_then(|number| number.parse().ok()).unwrap_or(0)
    }
}
