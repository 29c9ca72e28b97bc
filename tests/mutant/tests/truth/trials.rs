//! For each fault that edits messages: one exchange that passes unchanged without it, and exactly how it is changed with
//! it. Faults of conduct have tests of their own.

mod answers;
mod requests;
mod responses;

use mutant::{PARSED, fault};

use crate::support::{exchange, raw, shown};

/// What a fault does to one exchange.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) fault: &'static str,
    request: String,
    response: String,
    arrives: String,
    gets: String,
}

const ANSWER: &str = "HTTP/1.1 200 OK\nContent-Length: 0\n\n";

impl Trial {
    /// A request that arrives changed.
    fn request(fault: &'static str, request: &str, arrives: &str) -> Self {
        let (response, gets) = (ANSWER.into(), ANSWER.into());
        Self { fault, request: request.into(), arrives: arrives.into(), response, gets }
    }

    /// A request line that arrives changed.
    fn line(fault: &'static str, line: &str, arrives: &str) -> Self {
        let whole = |line: &str| format!("{line}\nHost: a\n\n");
        Self::request(fault, &whole(line), &whole(arrives))
    }

    /// The target of a GET that arrives changed.
    fn target(fault: &'static str, target: &str, arrives: &str) -> Self {
        Self::line(fault, &format!("GET {target} HTTP/1.1"), &format!("GET {arrives} HTTP/1.1"))
    }

    /// Fields of a GET that arrive changed.
    fn fields(fault: &'static str, fields: &str, arrives: &str) -> Self {
        let whole = |fields: &str| format!("GET /p HTTP/1.1\nHost: a\n{fields}\n");
        Self::request(fault, &whole(fields), &whole(arrives))
    }

    /// A response to a request that passes.
    fn response(fault: &'static str, request: &str, response: &str, gets: &str) -> Self {
        let (request, arrives) = (request.into(), request.into());
        Self { fault, request, arrives, response: response.into(), gets: gets.into() }
    }

    /// A response to a GET.
    fn answer(fault: &'static str, response: &str, gets: &str) -> Self {
        Self::response(fault, "GET /p HTTP/1.1\nHost: a\n\n", response, gets)
    }

    /// Fields of a response to a GET.
    fn answer_fields(fault: &'static str, fields: &str, gets: &str) -> Self {
        let whole = |fields: &str| format!("HTTP/1.1 200 OK\nContent-Length: 0\n{fields}\n");
        Self::answer(fault, &whole(fields), &whole(gets))
    }

    /// A request that the proxy answers itself: nothing arrives.
    fn own(fault: &'static str, request: &str, gets: &str) -> Self {
        let (request, response) = (request.into(), ANSWER.into());
        Self { fault, request, response, arrives: String::new(), gets: gets.into() }
    }
}

/// All trials.
pub(crate) fn all() -> Vec<Trial> {
    [requests::trials(), responses::trials(), answers::trials()].concat()
}

#[tokio::test]
async fn without_a_fault_every_trial_passes_unchanged() {
    for trial in all() {
        for fault in [None, Some(&PARSED)] {
            let (request, response) = (raw(&trial.request), raw(&trial.response));
            let (arrived, got) = exchange(fault, &request, &response).await;
            assert_eq!(shown(&arrived), shown(&request), "{} {:?}", trial.fault, fault.map(|fault| fault.id));
            assert_eq!(shown(&got), shown(&response), "{} {:?}", trial.fault, fault.map(|fault| fault.id));
            assert!(arrived == request && got == response, "{}", trial.fault);
        }
    }
}

#[tokio::test]
async fn each_fault_makes_the_declared_difference_and_no_other() {
    let mut wrong = Vec::new();
    for trial in all() {
        let fault = fault(trial.fault).unwrap_or_else(|| panic!("no fault {}", trial.fault));
        let (arrived, got) = exchange(Some(fault), &raw(&trial.request), &raw(&trial.response)).await;
        if arrived != raw(&trial.arrives) {
            wrong.push(format!("{}: arrived\n{}\nnot\n{}", trial.fault, shown(&arrived), trial.arrives));
        }
        if got != raw(&trial.gets) {
            wrong.push(format!("{}: got\n{}\nnot\n{}", trial.fault, shown(&got), trial.gets));
        }
        let changed = trial.request != trial.arrives || trial.response != trial.gets;
        assert!(changed, "the trial of {} shows nothing", trial.fault);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn the_host_is_rewritten() {
    let fault = fault("host-rewritten");
    let request = raw("GET / HTTP/1.1\nHost: a\nX-C: 1\n\n");
    let (arrived, got) = exchange(fault, &request, &raw(ANSWER)).await;
    let arrived = shown(&arrived);
    let port =
        arrived.strip_prefix("GET / HTTP/1.1\nHost: 127.0.0.1:").and_then(|rest| rest.strip_suffix("\nX-C: 1\n\n"));
    assert!(port.is_some_and(|port| port.parse::<u16>().is_ok()), "{arrived}");
    assert_eq!(shown(&got), ANSWER);
}
