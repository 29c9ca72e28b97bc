//! Runs the catalogue: probes through the gateway, control directly, confirmation by a second call.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use futures_util::{StreamExt as _, stream};

use super::{
    bisect::{Threshold, bisect},
    declaration::{Check, Exchange, Judgement, Refusal, Run},
    differ::{self, Ground},
    gateway::{Ids, ProbeError, Target},
    message::short,
    naming,
    upstream::Upstream,
    verdict::{Finding, Verdict},
};

/// Checks that run side by side.
const SIDE_BY_SIDE: usize = 8;

/// Outcome of one check.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// The check's id.
    pub id: &'static str,
    /// Confirmed findings.
    pub findings: Vec<Finding>,
    /// Exchanges of the first round, for the evidence.
    pub exchanges: Vec<Exchange>,
    /// Why nothing can be said.
    pub open: Option<(Verdict, String)>,
    /// Measured numbers.
    pub numbers: Vec<(&'static str, String)>,
}

/// Both ends, and what is known of the way between them.
pub(crate) struct Bench<'b, U> {
    /// The gateway.
    pub gateway: &'b Target,
    /// The upstream, asked directly.
    pub direct: &'b Target,
    /// The upstream's other side.
    pub upstream: &'b U,
    /// Ids of the run.
    pub ids: &'b Ids,
    /// What the gateway always does.
    pub ground: &'b Ground,
}

impl<U: Upstream> Bench<'_, U> {
    /// Runs checks side by side; `done` is called after each. Stops beginning new ones when `stop` says so, or when the
    /// gateway is no longer reached.
    ///
    /// # Errors
    /// The failure that ended the run; outcomes up to then are kept.
    pub(crate) async fn run(
        &self,
        checks: &[Check],
        stop: impl Fn() -> bool,
        done: impl Fn(&Outcome),
    ) -> (Vec<Outcome>, Option<ProbeError>) {
        let failure = Mutex::new(None);
        let outcomes = stream::iter(checks)
            .map(|check| async {
                if stop() || failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                    return None;
                }
                match self.check(check).await {
                    Ok(outcome) => {
                        done(&outcome);
                        Some(outcome)
                    }
                    Err(error) => {
                        *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                        None
                    }
                }
            })
            .buffered(SIDE_BY_SIDE)
            .filter_map(std::future::ready)
            .collect()
            .await;
        (outcomes, failure.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs one check.
    pub(crate) async fn check(&self, check: &Check) -> Result<Outcome, ProbeError> {
        match check.run {
            Run::Probes(..) => self.probes(check).await,
            Run::Bisect { low, high, probe, judge } => {
                let last = Mutex::new(Vec::new());
                let broken = Mutex::new(None);
                let found = bisect(low, high, |size| {
                    let (last, broken) = (&last, &broken);
                    async move {
                        let probe = probe(size);
                        match self.gateway.exchange(&probe, self.ids, self.upstream).await {
                            Ok(exchange) => {
                                let passed = passes(&exchange);
                                if passed.is_err() {
                                    *last.lock().unwrap_or_else(PoisonError::into_inner) = vec![exchange];
                                }
                                passed
                            }
                            Err(error) => {
                                *broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                                Err("no connection".to_owned())
                            }
                        }
                    }
                })
                .await;
                if let Some(error) = broken.into_inner().unwrap_or_else(PoisonError::into_inner) {
                    return Err(error);
                }
                let mut judgement = self.judgement(check);
                if let Threshold::Unsteady(size) = found {
                    judgement.inconclusive(format!("size {size} passed once and failed once"));
                } else {
                    judge(&found, &mut judgement);
                }
                let exchanges = last.into_inner().unwrap_or_else(PoisonError::into_inner);
                Ok(Outcome {
                    id: check.id,
                    findings: judgement.findings,
                    exchanges,
                    open: judgement.open,
                    numbers: judgement.numbers,
                })
            }
        }
    }

    fn judgement(&self, check: &Check) -> Judgement {
        Judgement {
            behaviour: check.id,
            section: check.section,
            direction: Some(check.direction),
            ..Judgement::default()
        }
    }

    async fn probes(&self, check: &Check) -> Result<Outcome, ProbeError> {
        let (exchanges, first) = self.round(check, self.gateway).await?;
        let (mut findings, mut open) = (first.findings, first.open);
        if !findings.is_empty() {
            let control = if check.compare { self.control(check).await? } else { BTreeSet::new() };
            findings.retain(|finding| !control.contains(&finding.id()));
        }
        if !findings.is_empty() {
            let (_, second) = self.round(check, self.gateway).await?;
            (findings, open) = confirm(findings, &second.findings, open);
        }
        Ok(Outcome { id: check.id, findings, exchanges, open, numbers: first.numbers })
    }

    /// Sends the probes of a check and judges them.
    async fn round(&self, check: &Check, target: &Target) -> Result<(Vec<Exchange>, Judgement), ProbeError> {
        let Run::Probes(probes, judge) = check.run else { return Ok((Vec::new(), self.judgement(check))) };
        let mut exchanges = Vec::new();
        for probe in probes() {
            exchanges.push(target.exchange(&probe, self.ids, self.upstream).await?);
        }
        let mut judgement = self.judgement(check);
        for exchange in &exchanges {
            refusal(check, exchange, &mut judgement);
        }
        judge(&exchanges, &mut judgement);
        if check.compare {
            for exchange in &exchanges {
                for difference in self.ground.subtract(differences(exchange, self.ground)) {
                    add(&mut judgement.findings, named(check, &difference), &exchange.id);
                }
            }
        }
        for finding in &mut judgement.findings {
            for exchange in &exchanges {
                finding.text = finding.text.replace(&exchange.id, "{id}");
            }
        }
        Ok((exchanges, judgement))
    }

    /// Ids of the differences that show without the gateway: our own doing.
    async fn control(&self, check: &Check) -> Result<BTreeSet<String>, ProbeError> {
        let Run::Probes(probes, _) = check.run else { return Ok(BTreeSet::new()) };
        let none = Ground::default();
        let mut ids = BTreeSet::new();
        for probe in probes() {
            let exchange = self.direct.exchange(&probe, self.ids, self.upstream).await?;
            for difference in differences(&exchange, &none) {
                ids.extend(named(check, &difference).map(|finding| finding.id()));
            }
        }
        Ok(ids)
    }
}

/// Names a difference within a check. A lost or replaced answer is the outcome of the check's own probe.
fn named(check: &Check, difference: &differ::Difference) -> Option<Finding> {
    let mut finding = naming::name(difference)?;
    finding.check = check.id.to_owned();
    let own =
        difference.direction == check.direction && check.owns.iter().any(|kind| difference.kind.starts_with(kind));
    if own || matches!(difference.kind, "status-changed" | "message-cut") {
        finding.behaviour = check.id.to_owned();
    }
    Some(finding)
}

fn add(findings: &mut Vec<Finding>, finding: Option<Finding>, id: &str) {
    if let Some(mut finding) = finding {
        finding.text = finding.text.replace(id, "{id}");
        finding.subject = finding.subject.replace(id, "{id}");
        if !findings.iter().any(|known| known.id() == finding.id()) {
            findings.push(finding);
        }
    }
}

/// All differences of an exchange, both ways. One that never arrived has none.
pub(crate) fn differences(exchange: &Exchange, ground: &Ground) -> Vec<differ::Difference> {
    let mut list = Vec::new();
    if let Some(arrived) = exchange.arrived() {
        list = differ::requests(&exchange.sent, arrived, ground);
    }
    if let (Some(answered), Some(got)) = (exchange.answered(), exchange.got()) {
        list.extend(differ::responses(answered, got));
    }
    list
}

/// Judges a request that the gateway answered itself, or should have.
fn refusal(check: &Check, exchange: &Exchange, judgement: &mut Judgement) {
    let arrived = !exchange.arrivals.is_empty();
    let status = exchange.status();
    match check.refusal {
        Refusal::Report if !arrived => {
            let how = own_answer(exchange);
            judgement.say(Verdict::Policy, "refused", exchange.probe, format!("{how} ({})", exchange.probe));
        }
        Refusal::Judged if !arrived && status >= 400 => {
            judgement.duty("refused", exchange.probe, format!("answers {status} itself ({})", exchange.probe));
        }
        Refusal::Wanted if !arrived && (400..500).contains(&status) => {
            judgement.duty("refused", exchange.probe, format!("refuses with {status}: {}", exchange.probe));
        }
        Refusal::Wanted if arrived => {
            let text = format!("passes on what has to be refused: {}", exchange.probe);
            judgement.say(Verdict::Forbidden, "passed-on", exchange.probe, text);
        }
        Refusal::Wanted if !(400..500).contains(&status) && status != 501 && status != 505 && status != 0 => {
            let text = format!("answers {status} where 400 is asked for: {}", exchange.probe);
            judgement.say(Verdict::Change, "other-status", exchange.probe, text);
        }
        _ => {}
    }
}

/// Says how the gateway answered by itself.
pub(crate) fn own_answer(exchange: &Exchange) -> String {
    match exchange.got() {
        Some(got) if got.status() != 0 => format!("answers {} itself", got.status()),
        Some(got) if got.body.is_empty() => format!("gives no answer: {}", got.ended),
        Some(got) => format!("answers with no HTTP: `{}`", short(&got.body, 40)),
        None => "gives no answer".to_owned(),
    }
}

/// Tells whether a probe of a threshold passed whole.
fn passes(exchange: &Exchange) -> Result<(), String> {
    use super::message::Ended;
    let Some(arrived) = exchange.arrived() else { return Err(own_answer(exchange)) };
    let status = exchange.status();
    let answered = exchange.answered().map_or(0, super::message::Message::status);
    if status != answered {
        return Err(own_answer(exchange));
    }
    let got = exchange.got();
    // Fields are to come through whole and in full number.
    let marked = |message: &super::message::Message| -> Vec<super::message::Field> {
        message
            .fields
            .iter()
            .filter(|field| field.key().starts_with("x-") && !field.is("x-request-id"))
            .cloned()
            .collect()
    };
    let all = |before: &super::message::Message, after: &super::message::Message| {
        let after = marked(after);
        marked(before)
            .iter()
            .all(|field| after.iter().any(|other| other.is(&field.key()) && other.value == field.value))
    };
    if !all(&exchange.sent, arrived) {
        return Err("cuts or drops fields of the request".to_owned());
    }
    if let (Some(answered), Some(got)) = (exchange.answered(), got)
        && !all(answered, got)
    {
        return Err("cuts or drops fields of the answer".to_owned());
    }
    if arrived.body != exchange.sent.body || arrived.ended != Ended::Complete {
        return Err("passes the request on incomplete".to_owned());
    }
    if let (Some(got), Some(answered)) = (got, exchange.answered())
        && (got.ended != Ended::Complete || got.body != answered.body)
    {
        return Err(format!("cuts the answer ({})", got.ended));
    }
    Ok(())
}

/// Keeps the findings of both rounds; others make the check inconclusive, and are not reported.
fn confirm(
    first: Vec<Finding>,
    second: &[Finding],
    open: Option<(Verdict, String)>,
) -> (Vec<Finding>, Option<(Verdict, String)>) {
    let mut kept = Vec::new();
    let mut lost = Vec::new();
    for mut finding in first {
        match second.iter().find(|other| other.id() == finding.id()) {
            Some(other) => {
                if other.text != finding.text {
                    finding.text = common(&finding.text, &other.text);
                }
                kept.push(finding);
            }
            None => lost.push(finding),
        }
    }
    let new = second.iter().filter(|other| !kept.iter().any(|known| known.id() == other.id()));
    lost.extend(new.cloned());
    let open = match lost.first() {
        Some(lost) => Some((Verdict::Inconclusive, format!("seen in one of two calls: {}", lost.text))),
        None => open,
    };
    (kept, open)
}

/// The common beginning of two sentences, up to whole words.
pub(crate) fn common(one: &str, other: &str) -> String {
    let same = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map_or(one.len(), |((at, _), _)| at);
    let cut = one[..same].rfind([' ', '`']).unwrap_or(0);
    format!("{} (differs from call to call)", one[..cut].trim_end_matches([' ', '`', ':']))
}
