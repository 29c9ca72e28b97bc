//! Group 15: timeouts. Each is measured in one call: the probe waits until the gateway gives up.

use crate::check::{
    declaration::{Check, Exchange, Judgement},
    probe::{Probe, Script, Step},
};

/// Longest pause of the upstream, in milliseconds.
const LONGEST: u64 = 125_000;

pub(super) const CHECKS: &[Check] = &[
    Check::response("15.2", "time to the first byte", "RFC 9110, section 15.6.5", || {
        let script = Script::steps(vec![Step::Read, Step::Pause(LONGEST), Step::Send(OK.to_vec())]);
        vec![Probe::get("no answer", "/a").script(script).done().wait(LONGEST + 5_000)]
    })
    .alone()
    .slow()
    .judged(|exchanges, judgement| gives_up(exchanges, judgement, "wait for an answer")),
    Check::response("15.4", "pause between bytes", "RFC 9110, section 15.6.5", || {
        let part = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234".to_vec();
        let rest = Step::Send(b"56789".to_vec());
        let script = Script::steps(vec![Step::Read, Step::Send(part), Step::Pause(LONGEST), rest]);
        vec![Probe::get("half of an answer", "/a").script(script).done().wait(LONGEST + 5_000)]
    })
    .alone()
    .slow()
    .judged(|exchanges, judgement| gives_up(exchanges, judgement, "wait for the rest of an answer")),
    Check::request("15.7", "slow client head or body", "RFC 9110, section 15.5.9", || {
        let head = "GET {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n";
        let body = "POST {{path}}/a HTTP/1.1\r\nHost: {{host}}\r\n{{own}}Content-Length: 10\r\n\r\n01234";
        vec![Probe::raw("half of a head", head).wait(LONGEST), Probe::raw("half of a body", body).wait(LONGEST)]
    })
    .alone()
    .slow()
    .judges_refusals()
    .judged(|exchanges, judgement| gives_up(exchanges, judgement, "wait for the client")),
];

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

fn gives_up(exchanges: &[Exchange], judgement: &mut Judgement, name: &'static str) {
    for exchange in exchanges {
        let took = exchange.received.took_ms;
        if took + 1_000 > LONGEST {
            judgement.number(name, format!("over {}", seconds(LONGEST)));
            continue;
        }
        let time = seconds(took);
        let how = match exchange.status() {
            0 => "and closes".to_owned(),
            status if exchange.got().is_some_and(|got| got.ended == crate::check::message::Ended::Complete) => {
                format!("with {status}")
            }
            _ => "and cuts the answer".to_owned(),
        };
        judgement.number(name, time.clone());
        let text = format!("gives up after {time} {how} ({})", exchange.probe);
        judgement.say(crate::check::verdict::Verdict::Policy, "gives-up", exchange.probe, text);
        if exchange.arrivals.len() > 1 {
            judgement.policy("repeated", format!("sends the request {} times meanwhile", exchange.arrivals.len()));
        }
    }
}

/// Rounds milliseconds to two significant digits of a second, so that two runs say the same.
fn seconds(milliseconds: u64) -> String {
    if milliseconds < 10_000 {
        format!("{}.{} s", (milliseconds + 50) / 1_000, (milliseconds + 50) / 100 % 10)
    } else if milliseconds < 100_000 {
        format!("{} s", (milliseconds + 500) / 1_000)
    } else {
        format!("{} s", (milliseconds + 5_000) / 10_000 * 10)
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_have_two_significant_digits() {
        for (milliseconds, text) in
            [(996, "1.0 s"), (1_949, "1.9 s"), (59_998, "60 s"), (60_040, "60 s"), (119_990, "120 s")]
        {
            assert_eq!(seconds(milliseconds), text);
        }
    }
}
