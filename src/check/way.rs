//! First phase: is the upstream reached through the gateway, how is the path mapped, what is always added or removed.

use std::collections::BTreeMap;

use super::{
    declaration::Exchange,
    differ::{Ground, Key},
    gateway::{Ids, ProbeError, Target},
    message::short,
    naming,
    probe::{Probe, Script, find},
    runner::{common, differences},
    upstream::Upstream,
    verdict::{Finding, Verdict},
};

/// The way through the gateway.
#[derive(Debug)]
pub(crate) struct Way {
    /// Known changes.
    pub ground: Ground,
    /// The same as findings.
    pub findings: Vec<Finding>,
    /// Exchanges they come from.
    pub exchanges: Vec<Exchange>,
}

/// Reasons why the upstream is not reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WayError {
    /// From here to the gateway.
    #[error("hop 1 of 4, from here to the gateway: {0}")]
    Gateway(String),
    /// From the gateway to the upstream.
    #[error("hop 2 of 4, from the gateway to the upstream: {0}")]
    Upstream(String),
    /// From the upstream to the gateway.
    #[error("hop 3 of 4, from the upstream back to the gateway: {0}")]
    Answer(String),
    /// From the gateway to here.
    #[error("hop 4 of 4, from the gateway back to here: {0}")]
    Client(String),
}

/// Plain calls that the ground is taken from: each kind is sent this often.
const TIMES: usize = 3;

fn plain() -> Vec<Probe> {
    let script = Script::answer("200 OK", &[("Content-Type", "text/plain"), ("X-Up", "{{id}}")], b"ok\n");
    vec![
        Probe::get("plain GET", "/a")
            .field("User-Agent", "api-test")
            .field("Accept", "*/*")
            .script(script.clone())
            .into(),
        Probe::request("plain POST", "POST", "/a")
            .field("User-Agent", "api-test")
            .field("Accept", "*/*")
            .field("Content-Type", "text/plain")
            .script(script)
            .body("hello")
            .into(),
    ]
}

/// Finds the way.
///
/// # Errors
/// Which hop failed, and what to look at.
pub(crate) async fn find_way<U: Upstream>(
    gateway: &Target,
    ids: &Ids,
    upstream: &U,
    listen: &str,
) -> Result<Way, WayError> {
    let mut rounds = Vec::new();
    for probe in plain() {
        for _ in 0..TIMES {
            let exchange = gateway.exchange(&probe, ids, upstream).await.map_err(|error| match error {
                ProbeError::Dial(error) => WayError::Gateway(error.to_string()),
                ProbeError::Upstream(error) => WayError::Upstream(error.to_string()),
            })?;
            if let Some(error) = broken(&exchange, listen) {
                return Err(error);
            }
            rounds.push(exchange);
        }
    }
    let mut ground = Ground::default();
    if let Some(exchange) = rounds.first() {
        ground.prefix = prefix(exchange);
    }
    let mut findings: Vec<Finding> = Vec::new();
    if let Some((from, to)) = &ground.prefix {
        findings.push(Finding {
            behaviour: "1.14".to_owned(),
            direction: "request".to_owned(),
            kind: "prefix-mapped".to_owned(),
            subject: String::new(),
            verdict: Verdict::Policy,
            text: format!("turns the prefix `{}` of the path into `{}`", short(from, 80), short(to, 80)),
            section: "RFC 9110, section 7.1".to_owned(),
            check: "ground".to_owned(),
        });
    }
    // What all plain calls of one kind show is the ground; a field that comes with bodies alone counts as well.
    for kind in rounds.chunks(TIMES) {
        let mut seen: BTreeMap<Key, (usize, Option<Finding>)> = BTreeMap::new();
        for exchange in kind {
            for difference in differences(exchange, &ground) {
                let entry = seen.entry(difference.key()).or_insert_with(|| (0, naming::name(&difference)));
                entry.0 += 1;
                if let (Some(finding), Some(other)) = (&mut entry.1, naming::name(&difference))
                    && finding.text != other.text
                    && !finding.text.ends_with("(differs from call to call)")
                {
                    finding.text = common(&finding.text, &other.text);
                }
            }
        }
        for (key, (count, finding)) in seen {
            if count == kind.len()
                && ground.always.insert(key)
                && let Some(mut finding) = finding
            {
                for exchange in kind {
                    finding.text = finding.text.replace(&exchange.id, "{id}");
                }
                finding.check = "ground".to_owned();
                findings.push(finding);
            }
        }
    }
    Ok(Way { ground, findings, exchanges: rounds })
}

/// What stands for the route's prefix upstream.
fn prefix(exchange: &Exchange) -> Option<(Vec<u8>, Vec<u8>)> {
    let before = exchange.sent.target();
    let after = exchange.arrived()?.target();
    let (one, other) = (find(before, exchange.id.as_bytes())?, find(after, exchange.id.as_bytes())?);
    (before[..one] != after[..other]).then(|| (before[..one].to_vec(), after[..other].to_vec()))
}

/// Says which hop failed.
fn broken(exchange: &Exchange, listen: &str) -> Option<WayError> {
    let status = exchange.status();
    let Some(got) = exchange.got() else { return Some(WayError::Gateway("no answer".to_owned())) };
    if exchange.arrivals.is_empty() {
        let body = short(&got.body, 200);
        return Some(match status {
            0 if got.body.is_empty() => WayError::Gateway(format!(
                "it gives no answer ({}); is this an HTTP port, and plain or TLS as the URL says?",
                got.ended
            )),
            0 => WayError::Gateway(format!(
                "it answers something that is no HTTP: `{body}`; https in place of http, or the other way?"
            )),
            401 | 403 => WayError::Upstream(format!(
                "the gateway answers {status} itself (`{body}`); --key or --header gives it a credential"
            )),
            404 | 421 => WayError::Upstream(format!(
                "the gateway answers {status} itself (`{body}`); look at the path of the URL and the route"
            )),
            429 => WayError::Upstream(format!("the gateway answers 429 itself (`{body}`); wait, or lower --rate")),
            502..=504 => WayError::Upstream(format!(
                "the gateway answers {status} (`{body}`); does its upstream address lead to {listen}, and is it open?"
            )),
            _ => WayError::Upstream(format!(
                "the gateway answers {status} itself (`{body}`) and nothing arrives at {listen}; look at the route's upstream, or at a cache before it"
            )),
        });
    }
    if exchange.answered().is_none() {
        return Some(WayError::Answer("the request arrived, but the gateway left before the answer".to_owned()));
    }
    if status == 0 {
        return Some(WayError::Client(format!("the upstream answered, but nothing came back ({})", got.ended)));
    }
    if status != 200 {
        return Some(WayError::Client(format!("the upstream answered 200, but {status} came back")));
    }
    None
}
