//! A probe: the exact bytes that are sent, as a template, and the script by which the upstream answers it.
//!
//! Templates hold marks that are filled in for each sending: `{{path}}` (route prefix and the probe's own segment),
//! `{{id}}`, `{{host}}`, `{{own}}` (the gateway's credentials and the probe's own field, as whole lines).

use super::message::Field;

/// Steps of the upstream after the head of a request has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Reads the body of the request.
    Read,
    /// Sends these bytes; `{{id}}` is filled in.
    Send(Vec<u8>),
    /// Waits this many milliseconds.
    Pause(u64),
    /// Ends the sending side and goes on reading.
    HalfClose,
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
}

/// Answers of the upstream: one list of steps for each attempt; the last one is used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// Never empty.
    pub attempts: Vec<Vec<Step>>,
}

impl Script {
    /// The plain answer: reads the body, 200, a short text.
    pub(crate) fn plain() -> Self {
        Self::answer("200 OK", &[("Content-Type", "text/plain")], b"ok\n")
    }

    /// A whole answer with `Content-Length`.
    pub(crate) fn answer(status: &str, fields: &[(&str, &str)], body: &[u8]) -> Self {
        let mut bytes = format!("HTTP/1.1 {status}\r\n").into_bytes();
        for (name, value) in fields {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(body);
        Self::steps(vec![Step::Read, Step::Send(bytes)])
    }

    /// Reads the request and sends these bytes.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self::steps(vec![Step::Read, Step::Send(bytes.into())])
    }

    /// Does these steps, at each attempt.
    pub(crate) fn steps(steps: Vec<Step>) -> Self {
        Self { attempts: vec![steps] }
    }

    /// Adds steps.
    pub(crate) fn then(mut self, steps: impl IntoIterator<Item = Step>) -> Self {
        if let Some(last) = self.attempts.last_mut() {
            last.extend(steps);
        }
        self
    }

    /// Sets an earlier attempt before this one.
    pub(crate) fn after(mut self, earlier: Self) -> Self {
        let mut attempts = earlier.attempts;
        attempts.append(&mut self.attempts);
        Self { attempts }
    }
}

/// What a client sends and how it reads.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    /// Short name within the check, shown with its evidence.
    pub name: &'static str,
    /// Bytes with marks, and the pause before each piece in milliseconds.
    pub pieces: Vec<(u64, Vec<u8>)>,
    /// Method by which the response is read.
    pub method: Vec<u8>,
    /// Number of responses to read on the connection.
    pub responses: usize,
    /// Closes the sending side after the last byte.
    pub half_close: bool,
    /// Closes the connection after the last byte instead of reading.
    pub leave: bool,
    /// Longest wait for each response, in milliseconds.
    pub wait_ms: u64,
    /// The upstream's answers.
    pub script: Script,
}

impl Probe {
    /// Builds a request of HTTP/1.1 with `Host`, own fields and nothing else.
    pub(crate) fn request(name: &'static str, method: &str, path: &str) -> Request {
        Request {
            name,
            line: format!("{method} {{{{path}}}}{path} HTTP/1.1").into_bytes(),
            method: method.as_bytes().to_vec(),
            fields: Vec::new(),
            body: Vec::new(),
            script: Script::plain(),
        }
    }

    /// Builds a GET.
    pub(crate) fn get(name: &'static str, path: &str) -> Request {
        Self::request(name, "GET", path)
    }

    /// Builds a probe of exact bytes, with marks.
    pub(crate) fn raw(name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let method = bytes.split(|byte| *byte == b' ').next().unwrap_or_default().to_vec();
        Self {
            name,
            pieces: vec![(0, bytes)],
            method,
            responses: 1,
            half_close: false,
            leave: false,
            wait_ms: 3_000,
            script: Script::plain(),
        }
    }

    /// Sets the upstream's answers.
    pub(crate) fn script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }

    /// Adds a piece that is sent after a pause.
    pub(crate) fn piece(mut self, pause_ms: u64, bytes: impl Into<Vec<u8>>) -> Self {
        self.pieces.push((pause_ms, bytes.into()));
        self
    }

    /// Sets how many responses are read.
    pub(crate) fn responses(mut self, count: usize) -> Self {
        self.responses = count;
        self
    }

    /// Sets the longest wait for a response.
    pub(crate) fn wait(mut self, milliseconds: u64) -> Self {
        self.wait_ms = milliseconds;
        self
    }

    /// Closes the sending side after the last byte.
    pub(crate) fn half_closed(mut self) -> Self {
        self.half_close = true;
        self
    }

    /// Leaves after the last byte.
    pub(crate) fn leaving(mut self) -> Self {
        self.leave = true;
        self
    }
}

/// Builder of an ordinary request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    name: &'static str,
    line: Vec<u8>,
    method: Vec<u8>,
    fields: Vec<u8>,
    body: Vec<u8>,
    script: Script,
}

impl Request {
    /// Adds a field line as `name: value`.
    pub(crate) fn field(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let mut line = format!("{name}: ").into_bytes();
        line.extend_from_slice(value.as_ref());
        self.line(line)
    }

    /// Adds a line of the field section as it is.
    pub(crate) fn line(mut self, line: impl AsRef<[u8]>) -> Self {
        self.fields.extend_from_slice(line.as_ref());
        self.fields.extend_from_slice(b"\r\n");
        self
    }

    /// Adds a body with `Content-Length`.
    pub(crate) fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        let length = self.body.len().to_string();
        self.field("Content-Length", length)
    }

    /// Adds a chunked body, one chunk for each part, and trailers.
    pub(crate) fn chunked(self, parts: &[&[u8]], trailers: &[(&str, &str)]) -> Self {
        let mut this = self.field("Transfer-Encoding", "chunked");
        for part in parts {
            this.body.extend_from_slice(format!("{:x}\r\n", part.len()).as_bytes());
            this.body.extend_from_slice(part);
            this.body.extend_from_slice(b"\r\n");
        }
        this.body.extend_from_slice(b"0\r\n");
        for (name, value) in trailers {
            this.body.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        this.body.extend_from_slice(b"\r\n");
        this
    }

    /// Sets the request line as it is, with marks.
    pub(crate) fn start(mut self, line: impl Into<Vec<u8>>) -> Self {
        self.line = line.into();
        self
    }

    /// Sets the upstream's answers.
    pub(crate) fn script(mut self, script: Script) -> Self {
        self.script = script;
        self
    }

    /// Ends the builder.
    pub(crate) fn done(self) -> Probe {
        let mut bytes = self.line;
        bytes.extend_from_slice(b"\r\nHost: {{host}}\r\n{{own}}");
        bytes.extend_from_slice(&self.fields);
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        let mut probe = Probe::raw(self.name, bytes).script(self.script);
        probe.method = self.method;
        probe
    }
}

impl From<Request> for Probe {
    fn from(request: Request) -> Self {
        request.done()
    }
}

/// Values of the marks for one sending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    /// Route prefix and the probe's own segment: `/route/probe-…`.
    pub path: String,
    /// The probe's id.
    pub id: String,
    /// Value of `Host`.
    pub host: String,
    /// Field lines that each request carries.
    pub own: Vec<Field>,
}

impl Marks {
    /// Fills the marks of a template.
    pub(crate) fn fill(&self, template: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(template.len() + 128);
        let mut rest = template;
        while let Some(at) = find(rest, b"{{") {
            out.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            let mut take = |mark: &str, value: &[u8], rest: &mut &[u8]| {
                let found = rest.starts_with(mark.as_bytes());
                if found {
                    out.extend_from_slice(value);
                    *rest = &rest[mark.len()..];
                }
                found
            };
            let mut own = Vec::new();
            for field in &self.own {
                own.extend_from_slice(&field.name);
                own.extend_from_slice(b": ");
                own.extend_from_slice(&field.value);
                own.extend_from_slice(b"\r\n");
            }
            let known = take("{{path}}", self.path.as_bytes(), &mut rest)
                || take("{{id}}", self.id.as_bytes(), &mut rest)
                || take("{{host}}", self.host.as_bytes(), &mut rest)
                || take("{{own}}", &own, &mut rest);
            if !known {
                out.extend_from_slice(b"{{");
                rest = &rest[2..];
            }
        }
        out.extend_from_slice(rest);
        out
    }
}

/// Finds a sequence of bytes.
pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_filled_and_other_braces_stay() {
        let marks = Marks {
            path: "/r/probe-1".into(),
            id: "probe-1".into(),
            host: "gw".into(),
            own: vec![Field::new("X-Key", "k")],
        };
        let probe: Probe = Probe::get("plain", "/a{{b}}").field("X-A", "{{id}}").into();
        let bytes = marks.fill(&probe.pieces[0].1);
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "GET /r/probe-1/a{{b}} HTTP/1.1\r\nHost: gw\r\nX-Key: k\r\nX-A: probe-1\r\n\r\n"
        );
    }
}
