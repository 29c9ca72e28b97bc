//! The answer that is told in the URL: parameters to a script.

use super::{
    body::{Body, Coding, CodingName},
    document::{Attempt, Script},
    step::{End, Field, Framing, Head, Interim, Octets, Read, ReadWord, Step},
};

/// Parameters of `/v1/answer`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Status of the response.
    pub status: u16,
    /// Reason phrase; the usual one when `None`.
    pub reason: Option<String>,
    /// Fields of the head.
    pub fields: Vec<(String, Octets)>,
    /// Text of the body.
    pub body: Option<Octets>,
    /// Length of a body of the alphabet, repeated.
    pub bytes: Option<u64>,
    /// `Content-Type`.
    pub media_type: Option<String>,
    /// Milliseconds to wait before the head.
    pub delay_ms: u32,
    /// Size of a piece of the body.
    pub piece: Option<u64>,
    /// Milliseconds between two pieces.
    pub pause_ms: Option<u32>,
    /// How the end of the body is marked.
    pub framing: Option<Framing>,
    /// Content coding.
    pub coding: Option<CodingName>,
    /// Trailers.
    pub trailers: Vec<(String, Octets)>,
    /// Statuses of interim responses.
    pub interim: Vec<u16>,
    /// Whether the response is sent before the body of the request is read.
    pub early: bool,
    /// Bytes of the body after which the response is cut off.
    pub cut: Option<u64>,
    /// How the exchange ends.
    pub end: Option<End>,
    /// Announced length.
    pub announce: Option<u64>,
    /// Number of attempts that fail first.
    pub fail: u32,
    /// Name of the call whose attempts are counted; the path when `None`.
    pub key: Option<String>,
    /// Status of attempts that fail.
    pub fail_status: u16,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            status: 200,
            reason: None,
            fields: Vec::new(),
            body: None,
            bytes: None,
            media_type: None,
            delay_ms: 0,
            piece: None,
            pause_ms: None,
            framing: None,
            coding: None,
            trailers: Vec::new(),
            interim: Vec::new(),
            early: false,
            cut: None,
            end: None,
            announce: None,
            fail: 0,
            key: None,
            fail_status: 503,
        }
    }
}

impl Parameters {
    /// Returns the script that the parameters tell.
    #[must_use]
    pub fn script(self) -> Script {
        let mut attempts = Vec::new();
        if self.fail > 0 {
            attempts.push(Attempt { repeat: self.fail, steps: self.failing() });
        }
        let key = self.key.as_ref().map(|_| "query:key".to_owned());
        attempts.push(Attempt { repeat: 1, steps: self.steps() });
        Script { key, attempts, ..Script::default() }
    }

    /// Returns the steps of an attempt that fails.
    fn failing(&self) -> Vec<Step> {
        let text = format!("attempt {{{{attempt}}}}: the first {} fail\n", self.fail);
        let head = Head { status: self.fail_status, ..Head::default() };
        let body = Body { text: Some(text), ..Body::default() };
        self.read().into_iter().chain([Step::Head(head), Step::Body(Box::new(body))]).collect()
    }

    fn read(&self) -> Option<Step> {
        (!self.early).then_some(Step::Read(Read::Word(ReadWord::Whole)))
    }

    fn steps(self) -> Vec<Step> {
        let mut steps: Vec<_> = self.read().into_iter().collect();
        for status in &self.interim {
            steps.push(Step::Interim(Interim { status: *status, reason: None, fields: Vec::new() }));
        }
        if self.delay_ms > 0 {
            steps.push(Step::PauseMs(self.delay_ms));
        }
        let media_type = self.media_type.map(|media_type| ("Content-Type".to_owned(), Octets::Text(media_type)));
        let fields = self.fields.into_iter().chain(media_type).map(|(name, value)| Field(name, value));
        steps.push(Step::Head(Head {
            status: self.status,
            reason: self.reason,
            fields: fields.collect(),
            framing: self.framing,
            announce: self.announce,
            own_fields: true,
        }));
        let mut body = Body {
            piece: self.piece,
            pause_ms: self.pause_ms,
            coding: self.coding.map(Coding::True),
            cut: self.cut,
            fill: self.bytes,
            ..Body::default()
        };
        let has_body = self.body.is_some() || self.bytes.is_some() || self.cut.is_some() || self.coding.is_some();
        match self.body {
            Some(Octets::Text(text)) => body.text = Some(text),
            Some(Octets::Base64(bytes)) => body.base64 = Some(bytes.base64),
            None if has_body && body.fill.is_none() => body.text = Some(String::new()),
            None => {}
        }
        if has_body {
            steps.push(Step::Body(Box::new(body)));
        }
        if !self.trailers.is_empty() {
            let trailers = self.trailers.into_iter().map(|(name, value)| Field(name, value));
            steps.push(Step::Trailers(trailers.collect()));
        }
        steps.extend(self.end.map(Step::End));
        steps
    }
}

/// Returns the parameter that is to blame for a problem at a place of the script.
#[must_use]
pub fn parameter_of(pointer: &str) -> Option<&'static str> {
    let mut tokens = pointer.split('/').skip(5);
    match (tokens.next()?, tokens.next().unwrap_or_default()) {
        ("head", "fields") => Some("field"),
        ("head", "reason") => Some("reason"),
        ("head", "announce") => Some("announce"),
        ("head", "status") => Some("status"),
        ("body", "text" | "base64") => Some("body"),
        ("body", "fill") => Some("bytes"),
        ("body", name) => ["piece", "pause_ms", "coding", "cut"].into_iter().find(|known| *known == name),
        ("trailers", _) => Some("trailer"),
        ("interim", _) => Some("interim"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{compile, facts::TestFacts, tests::shown},
        *,
    };

    fn acts(parameters: Parameters, attempt: u64) -> Vec<String> {
        let program = compile(&parameters.script()).unwrap_or_else(|problems| panic!("{problems}"));
        program.begin(attempt, &TestFacts::default()).unwrap().map(|act| shown(&act)).collect()
    }

    fn text(text: &str) -> Octets {
        Octets::Text(text.to_owned())
    }

    #[test]
    fn nothing_told_is_an_empty_answer() {
        assert_eq!(acts(Parameters::default(), 1), ["read all", "head 200 length 0", "end default"]);
    }

    #[test]
    fn all_parameters_find_their_place() {
        let parameters = Parameters {
            status: 299,
            reason: Some("Fine".to_owned()),
            fields: vec![("X-A".to_owned(), text("1")), ("x-a".to_owned(), text("2"))],
            body: Some(text("abcdef")),
            media_type: Some("a/b".to_owned()),
            delay_ms: 7,
            piece: Some(4),
            pause_ms: Some(5),
            framing: Some(Framing::Chunked),
            trailers: vec![("X-T".to_owned(), text("3"))],
            interim: vec![102, 103],
            early: true,
            end: Some(End::Close),
            ..Parameters::default()
        };
        let expected = [
            "interim 102",
            "interim 103",
            "pause 7",
            "head 299 'Fine' chunked X-A: 1; x-a: 2; Content-Type: a/b;",
            "piece abcd",
            "pause 5",
            "piece ef",
            "trailers X-T: 3;",
            "end Close",
        ];
        assert_eq!(acts(parameters, 1), expected);
    }

    #[test]
    fn a_cut_answer_announces_the_whole() {
        let cut = Parameters { bytes: Some(100), cut: Some(3), end: Some(End::Reset), ..Parameters::default() };
        let head = "head 200 length 100 Content-Type: application/octet-stream;";
        assert_eq!(acts(cut, 1), ["read all", head, "piece abc", "end Reset incomplete"]);
        let lie = Parameters { body: Some(text("abc")), announce: Some(9), ..Parameters::default() };
        assert_eq!(acts(lie, 1)[1], "head 200 length 9 Content-Type: text/plain; charset=utf-8;");
    }

    #[test]
    fn the_first_attempts_fail() {
        let parameters = Parameters { fail: 2, key: Some("k".to_owned()), fail_status: 502, ..Parameters::default() };
        let second = acts(parameters.clone(), 2);
        let head = "head 502 length 28 Content-Type: text/plain; charset=utf-8;";
        assert_eq!(second, ["read all", head, "piece attempt 2: the first 2 fail\n", "end default"]);
        assert_eq!(acts(parameters.clone(), 3)[1], "head 200 length 0");
        let facts = TestFacts { query: "key=k", ..TestFacts::default() };
        assert_eq!(compile(&parameters.script()).unwrap().key(&facts), b"k");
    }

    #[test]
    fn problems_name_the_parameter() {
        let parameters = Parameters {
            reason: Some("a\nb".to_owned()),
            fields: vec![("a b".to_owned(), text("1"))],
            body: Some(text("{{x}}")),
            bytes: Some(1),
            pause_ms: Some(1),
            framing: Some(Framing::Chunked),
            announce: Some(1),
            trailers: vec![("A".to_owned(), text("\0"))],
            ..Parameters::default()
        };
        let problems = compile(&parameters.script()).unwrap_err();
        let named: Vec<_> = problems.iter().map(|problem| parameter_of(&problem.pointer)).collect();
        let expected = ["announce", "reason", "field", "", "body", "pause_ms", "trailer"];
        assert_eq!(named, expected.map(|name| (!name.is_empty()).then_some(name)));
    }
}
