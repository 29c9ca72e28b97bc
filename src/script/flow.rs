//! Order of the steps: what each may follow, over which versions of HTTP it can be done, and how long a script may wait.
//!
//! All paths through `if` are followed at once: a state says for each phase of an answer over which versions of HTTP
//! some path can reach it.

use super::{
    body::Body,
    bounds::{MAX_DEPTH, MAX_KNOWN, MAX_LENGTH, MAX_PAUSE_MS, MAX_STEPS},
    document::Script,
    problems::{Problems, below},
    step::{End, Field, Framing, Head, HttpVersion, If, Raw, Read, Step},
};

/// Set of versions of HTTP.
type Versions = u8;
const HTTP_1_0: Versions = 1;
const HTTP_1_1: Versions = 2;
const HTTP_2: Versions = 4;
const HTTP_1: Versions = HTTP_1_0 | HTTP_1_1;
const ALL: Versions = HTTP_1 | HTTP_2;

/// Phases of an answer.
const NOTHING: usize = 0;
const RAW: usize = 1;
/// A head was sent whose body may be chunked.
const CHUNKED: usize = 2;
/// A head was sent whose body is not chunked.
const PLAIN: usize = 3;
const TRAILED: usize = 4;
const CUT: usize = 5;
const ENDED: usize = 6;

/// Fields that belong to a connection, which HTTP/2 does not have (RFC 9113, section 8.2.2).
const OF_CONNECTION: [&str; 6] = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "te"];

/// Returns true for the name of a field that HTTP/2 does not have.
pub(super) fn is_of_connection(name: &[u8]) -> bool {
    OF_CONNECTION.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(name))
}

#[derive(Clone, Copy)]
struct State {
    versions: [Versions; 7],
    /// Longest wait so far, in milliseconds.
    waits: u64,
    /// Whether some path has a head whose length is that of the body.
    is_exact: bool,
    /// Whether some path has a body.
    has_body: bool,
    /// Whether some path has a body that is a resource.
    has_resource: bool,
}

/// Checks the order of all steps.
pub(super) fn check(script: &Script, problems: &mut Problems) {
    let mut flow = Flow { problems, steps: 0 };
    for (index, attempt) in script.attempts.iter().enumerate() {
        let at = below(&below("/attempts", index), "steps");
        let mut versions = [0; 7];
        versions[NOTHING] = ALL;
        let state = State { versions, waits: 0, is_exact: false, has_body: false, has_resource: false };
        let end = flow.list(&attempt.steps, state, &at, 0);
        if end.versions[NOTHING] != 0 {
            flow.problems.add(&at, "the steps may end without an answer; add head, raw, or end with close or reset");
        }
        if end.waits > u64::from(MAX_PAUSE_MS) {
            let message = format!("the steps may wait for {} ms; at most {MAX_PAUSE_MS} are allowed", end.waits);
            flow.problems.add(&at, message);
        }
    }
    if flow.steps > MAX_STEPS {
        flow.problems.add("", format!("the script has {} steps; at most {MAX_STEPS} are allowed", flow.steps));
    }
}

struct Flow<'f> {
    problems: &'f mut Problems,
    steps: usize,
}

impl Flow<'_> {
    fn list(&mut self, steps: &[Step], mut state: State, at: &str, depth: usize) -> State {
        self.steps += steps.len();
        for (index, step) in steps.iter().enumerate() {
            state = self.step(step, state, &below(at, index), depth);
        }
        state
    }

    fn step(&mut self, step: &Step, mut state: State, at: &str, depth: usize) -> State {
        if state.versions[ENDED] != 0 {
            self.problems.add(at, "a step after end is never reached");
            state.versions[ENDED] = 0;
            // Nothing is left to be said about the steps that follow.
            if state.versions == [0; 7] {
                state.versions[ENDED] = ALL;
                return state;
            }
        }
        match step {
            Step::PauseMs(ms) => state.waits += u64::from(*ms),
            Step::Read(read) => state.waits += waits_of_read(read),
            Step::Continue(_) => self.only_after(&mut state, &[NOTHING, RAW], at, "100 comes before the head"),
            Step::Interim(interim) => {
                self.only_after(&mut state, &[NOTHING, RAW], at, "an interim response comes before the head");
                if interim.status == 101 {
                    self.needs(&mut state, HTTP_1, at, "status 101 is");
                }
                self.fields(&interim.fields, &mut state, &below(at, "interim"));
            }
            Step::Head(head) => self.head(head, &mut state, at),
            Step::Body(body) => self.body(body, &mut state, at),
            Step::Trailers(fields) => {
                self.only_after(&mut state, &[CHUNKED, PLAIN], at, "trailers come after a head and its body");
                let before = state;
                state.versions[PLAIN] &= HTTP_2;
                state.restrict(HTTP_1_1 | HTTP_2);
                let what = "trailers need a chunked body over HTTP/1; they are";
                self.unless_possible(&mut state, before, at, what, "HTTP/1.1 and HTTP/2");
                self.fields(fields, &mut state, at);
                state.all_to(TRAILED);
            }
            Step::Raw(raw) => {
                self.needs(&mut state, HTTP_1, at, "raw is");
                state.versions[RAW] |= std::mem::take(&mut state.versions[NOTHING]);
                if let Raw::Paced(paced) = raw {
                    let length = paced.text.as_ref().or(paced.base64.as_ref()).map_or(0, String::len) as u64;
                    state.waits += waits_of_pieces(length, paced.piece, paced.pause_ms);
                }
            }
            Step::End(end) => self.end(*end, &mut state, at),
            Step::If(choice) => return self.choice(choice, state, at, depth),
        }
        state
    }

    fn head(&mut self, head: &Head, state: &mut State, at: &str) {
        self.only_after(state, &[NOTHING, RAW], at, "a second head needs raw");
        if head.status < 200 {
            self.needs(state, HTTP_1, at, "a final status below 200 is");
        }
        self.fields(&head.fields, state, &below(at, "head"));
        let framed = |field: &Field| ["content-length", "transfer-encoding"].contains(&&*field.0.to_ascii_lowercase());
        let chunked = match head.framing {
            Some(framing) => framing == Framing::Chunked,
            None => head.announce.is_none() && !head.fields.iter().any(framed),
        };
        state.is_exact |= head.framing == Some(Framing::Length) && head.announce.is_none();
        state.all_to(if chunked { CHUNKED } else { PLAIN });
    }

    fn body(&mut self, body: &Body, state: &mut State, at: &str) {
        self.only_after(state, &[CHUNKED, PLAIN], at, "a body comes after a head, and before trailers and a cut");
        let length = body.fill.or(body.random).unwrap_or_else(|| {
            let text = body.text.as_ref().or(body.base64.as_ref()).map_or(0, String::len);
            let json = body.json.as_ref().map_or(0, |value| value.to_string().len());
            (text + json) as u64
        });
        state.waits += waits_of_pieces(length, body.piece, body.pause_ms);
        let is_coded = body.coding.is_some_and(|coding| coding.bytes().is_some());
        if state.is_exact && (body.echo.is_some() || is_coded && length > MAX_KNOWN) {
            self.problems
                .add(at, "the length of this body is not known before it is sent: announce one, or use chunked");
        }
        if state.has_resource || body.resource && state.has_body {
            self.problems.add(at, "a resource is the only body of its answer");
        }
        state.has_body = true;
        state.has_resource |= body.resource;
        if body.cut.is_some() {
            state.all_to(CUT);
        }
    }

    fn end(&mut self, end: End, state: &mut State, at: &str) {
        match end {
            End::Keep => {
                let sent = [RAW, CHUNKED, PLAIN, TRAILED];
                self.only_after(state, &sent, at, "keep needs an answer before it that is not cut; use close or reset");
            }
            End::HalfClose => self.needs(state, HTTP_1, at, "half_close is"),
            End::H2Reset(_) => self.needs(state, HTTP_2, at, "h2_reset is"),
            End::Goaway(_) => self.needs(state, HTTP_2, at, "goaway is"),
            End::Close | End::Reset => {}
        }
        state.all_to(ENDED);
    }

    fn choice(&mut self, choice: &If, state: State, at: &str, depth: usize) -> State {
        if depth == MAX_DEPTH {
            self.problems.add(at, format!("if is nested more than {MAX_DEPTH} deep"));
            return state;
        }
        let (mut then, mut other) = (state, state);
        if let Some(version) = choice.version {
            let mask = match version {
                HttpVersion::Http10 => HTTP_1_0,
                HttpVersion::Http11 => HTTP_1_1,
                HttpVersion::Http2 => HTTP_2,
            };
            then.restrict(mask);
            if choice.attempt.is_none() && choice.field.is_none() {
                other.restrict(!mask);
            }
        }
        let at = below(at, "if");
        let then = self.list(&choice.then, then, &below(&at, "then"), depth + 1);
        let other = self.list(&choice.r#else, other, &below(&at, "else"), depth + 1);
        State {
            versions: std::array::from_fn(|phase| then.versions[phase] | other.versions[phase]),
            waits: then.waits.max(other.waits),
            is_exact: then.is_exact || other.is_exact,
            has_body: then.has_body || other.has_body,
            has_resource: then.has_resource || other.has_resource,
        }
    }

    /// Reports a step that some path reaches in another phase. The steps after it are judged as if it were in place.
    fn only_after(&mut self, state: &mut State, phases: &[usize], at: &str, rule: &str) {
        let mut wrong = 0;
        for (phase, versions) in state.versions.iter_mut().enumerate() {
            if !phases.contains(&phase) {
                wrong |= *versions;
                // A step that comes before the head changes no phase.
                if phases[0] != NOTHING {
                    *versions = 0;
                }
            }
        }
        if wrong != 0 {
            self.problems.add(at, rule);
            if phases[0] != NOTHING {
                state.versions[phases[0]] |= wrong;
            }
        }
    }

    /// Reports a step that can be done over none of the versions by which it is reached.
    fn needs(&mut self, state: &mut State, versions: Versions, at: &str, what: &str) {
        let before = *state;
        state.restrict(versions);
        self.unless_possible(state, before, at, what, if versions == HTTP_1 { "HTTP/1" } else { "HTTP/2" });
    }

    fn unless_possible(&mut self, state: &mut State, before: State, at: &str, what: &str, only: &str) {
        if state.versions == [0; 7] && before.versions != [0; 7] {
            self.problems.add(at, format!("{what} for {only} only, which other steps or conditions rule out"));
            *state = before;
        }
    }

    fn fields(&mut self, fields: &[Field], state: &mut State, at: &str) {
        let of_connection = |field: &&Field| is_of_connection(field.0.as_bytes());
        if let Some(Field(name, _)) = fields.iter().find(of_connection) {
            self.needs(state, HTTP_1, at, &format!("the field {name} is"));
        }
    }
}

impl State {
    fn restrict(&mut self, mask: Versions) {
        for versions in &mut self.versions {
            *versions &= mask;
        }
    }

    fn all_to(&mut self, phase: usize) {
        let all = self.versions.iter().fold(0, |all, versions| all | versions);
        self.versions = [0; 7];
        self.versions[phase] = all;
    }
}

fn waits_of_read(read: &Read) -> u64 {
    match read {
        // The whole body has no known length: the time limit of the run holds.
        Read::Part(part) => match (part.bytes, part.slow) {
            (Some(bytes), Some(rate)) => bytes.min(MAX_LENGTH).saturating_mul(1000) / u64::from(rate.max(1)),
            _ => 0,
        },
        Read::Word(_) => 0,
    }
}

fn waits_of_pieces(length: u64, piece: Option<u64>, pause_ms: Option<u32>) -> u64 {
    let pauses = length.div_ceil(piece.unwrap_or(u64::MAX).max(1)).saturating_sub(1);
    pauses.saturating_mul(u64::from(pause_ms.unwrap_or(0)))
}
