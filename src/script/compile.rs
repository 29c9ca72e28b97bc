//! Turns a document into a program, with all problems of its values.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    act::Reading,
    check, compile_body,
    compiler::{Compiler, is_token},
    document::{AfterLast, Mount, Script},
    flow, json,
    problems::{Problems, below, quote},
    program::{HeadOp, IfOp, InterimOp, Key, Op, Parts, Program, RawOp},
    step::{FieldTest, Framing, Head, If, Raw, Read, ReadWord, Step},
};

/// Reads a script from JSON.
///
/// # Errors
/// All problems of the document: of its syntax, else of its form, else of its values.
pub fn read(text: &[u8]) -> Result<Program, Problems> {
    let value = json::parse(text)?;
    let mut problems = Problems::default();
    check::check(&value, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let script = serde_json::from_value(value).map_err(|error| Problems::one("", error.to_string()))?;
    compile(&script)
}

/// Makes a program of a document.
///
/// # Errors
/// All problems of its values and of the order of its steps.
pub fn compile(script: &Script) -> Result<Program, Problems> {
    let mut problems = Problems::default();
    let program = Scripts(Compiler { problems: &mut problems }).script(script);
    flow::check(script, &mut problems);
    if problems.is_empty() { Ok(program) } else { Err(problems) }
}

struct Scripts<'c>(Compiler<'c>);

impl Scripts<'_> {
    fn script(&mut self, script: &Script) -> Program {
        let name = script.name.clone().unwrap_or_default();
        let about = script.about.clone().unwrap_or_default();
        if script.name.is_some() && !is_name(&name) {
            let rule = "must begin with a letter or digit and have only letters, digits, '.', '_', '~' and '-'";
            self.0.problems.add("/name", format!("{rule}, is {}", quote(&name)));
        }
        if about.contains(char::is_control) {
            self.0.problems.add("/about", "must be one line without control characters");
        }
        if script.shared {
            self.0.problems.add("/shared", "attempts can't be counted together by replicas yet; leave it out");
        }
        if let Some(mount) = &script.mount {
            self.mount(mount);
        }
        let attempts = script.attempts.iter().enumerate().map(|(index, attempt)| {
            let at = below(&below("/attempts", index), "steps");
            (u64::from(attempt.repeat), self.steps(&attempt.steps, &at))
        });
        let attempts = attempts.collect();
        let key = self.key(script.key.as_deref().unwrap_or("path"));
        Program(Arc::new(Parts { name, about, key, attempts, again: script.after_last == AfterLast::Again }))
    }

    fn mount(&mut self, _: &Mount) {
        self.0.problems.add("/mount", "scripts have no paths of their own yet; leave it out");
    }

    fn key(&mut self, key: &str) -> Key {
        match (key, key.split_once(':')) {
            ("path", _) => Key::Path,
            ("request-id", _) => Key::RequestId,
            ("traceparent", _) => Key::Traceparent,
            ("connection", _) => Key::Connection,
            (_, Some(("query", name))) if !name.is_empty() => Key::Query(name.to_owned()),
            (_, Some(("field", name))) if is_token(name) => Key::Field(name.to_owned()),
            _ => {
                let allowed = "path, query:NAME, field:NAME, request-id, traceparent or connection";
                self.0.problems.add("/key", format!("must be {allowed}, is {}", quote(key)));
                Key::Path
            }
        }
    }

    fn steps(&mut self, steps: &[Step], at: &str) -> Vec<Op> {
        steps.iter().enumerate().map(|(index, step)| self.step(step, &below(at, index))).collect()
    }

    fn step(&mut self, step: &Step, at: &str) -> Op {
        match step {
            Step::Read(read) => Op::Read(reading(read)),
            Step::Continue(_) => Op::Continue,
            Step::Interim(interim) => {
                let at = below(at, "interim");
                Op::Interim(Arc::new(InterimOp {
                    status: interim.status,
                    reason: self.0.reason(interim.reason.as_deref(), &at),
                    fields: self.0.fields(&interim.fields, &below(&at, "fields")),
                }))
            }
            Step::PauseMs(ms) => Op::Pause(Duration::from_millis(u64::from(*ms))),
            Step::Head(head) => Op::Head(Arc::new(self.head(head, &below(at, "head")))),
            Step::Body(body) => Op::Body(Arc::new(compile_body::body(&mut self.0, body, &below(at, "body")))),
            Step::Trailers(fields) => Op::Trailers(self.0.fields(fields, &below(at, "trailers")).into()),
            Step::Raw(raw) => Op::Raw(Arc::new(self.raw(raw, &below(at, "raw")))),
            Step::End(end) => Op::End(*end),
            Step::If(choice) => Op::If(Arc::new(self.choice(choice, &below(at, "if")))),
        }
    }

    fn head(&mut self, head: &Head, at: &str) -> HeadOp {
        if head.announce.is_some() && !matches!(head.framing, None | Some(Framing::Length)) {
            self.0.problems.add(below(at, "announce"), "needs the framing length; write other fields into fields");
        }
        HeadOp {
            status: head.status,
            reason: self.0.reason(head.reason.as_deref(), at),
            fields: self.0.fields(&head.fields, &below(at, "fields")),
            framing: head.framing,
            announce: head.announce,
            own_fields: head.own_fields,
        }
    }

    fn raw(&mut self, raw: &Raw, at: &str) -> RawOp {
        let (bytes, piece, pause_ms) = match raw {
            Raw::Text(text) => (Bytes::copy_from_slice(text.as_bytes()), None, None),
            Raw::Paced(paced) => {
                let bytes = match &paced.base64 {
                    Some(text) => self.0.base64(text, &below(at, "base64")),
                    None => Bytes::copy_from_slice(paced.text.as_deref().unwrap_or_default().as_bytes()),
                };
                self.0.pace(paced.piece, paced.pause_ms, at);
                (bytes, paced.piece, paced.pause_ms)
            }
        };
        RawOp { bytes, piece, pause: Duration::from_millis(u64::from(pause_ms.unwrap_or(0))) }
    }

    fn choice(&mut self, choice: &If, at: &str) -> IfOp {
        let field = choice.field.as_ref().map(|test| match test {
            FieldTest::Present(name) => (name.clone(), None),
            FieldTest::Value(test) => (test.name.clone(), Some(test.is.clone())),
        });
        if let Some((name, _)) = &field
            && !is_token(name)
        {
            self.0.problems.add(below(at, "field"), format!("{} is no name of a field", quote(name)));
        }
        IfOp {
            attempt: choice.attempt,
            field,
            version: choice.version,
            then: self.steps(&choice.then, &below(at, "then")),
            other: self.steps(&choice.r#else, &below(at, "else")),
        }
    }
}

fn reading(read: &Read) -> Reading {
    match read {
        Read::Word(ReadWord::Whole) => Reading { bytes: None, rate: None, sends_continue: true },
        Read::Word(ReadWord::None) => Reading { bytes: Some(0), rate: None, sends_continue: true },
        Read::Part(part) => {
            Reading { bytes: part.bytes, rate: part.slow, sends_continue: part.r#continue.unwrap_or(true) }
        }
    }
}

/// Returns true for a name that a script may have.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    name.len() <= 100
        && name.bytes().all(allowed)
        && name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric())
}
