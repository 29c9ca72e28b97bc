//! The first bytes of a malformed request: read leniently, and masked line by line.

use std::{borrow::Cow, ops::Range};

use actix_web::http::{Method, Version};

use super::super::{
    lenient::{Line, RAW_MAX, lines},
    masker::Masker,
    recorder::RECORDED,
    redact::Redactor,
};
use crate::request::{RequestHead, TargetForm};

/// Field whose value is masked whole where it is folded: a credential may be cut by the fold.
const AUTHORIZATION: &[u8] = b"authorization";

/// A malformed request, as far as it can be read.
pub(in crate::audit) struct Malformed<'r> {
    raw: &'r [u8],
    method: Range<usize>,
    target: Range<usize>,
    /// End of the request line.
    line_end: usize,
    /// Whether the target is complete.
    is_whole: bool,
    version: &'static str,
}

impl<'r> Malformed<'r> {
    /// Reads the first [`RAW_MAX`] bytes of a request.
    pub(in crate::audit) fn read(raw: &'r [u8]) -> Self {
        let raw = &raw[..raw.len().min(RAW_MAX)];
        let start = raw.len() - raw.trim_ascii_start().len();
        let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let line_end = raw[start..].iter().position(is_end).map_or(raw.len(), |length| start + length);
        let line = &raw[start..line_end];
        let last = line.iter().rposition(|byte| *byte == b' ');
        let version = last.filter(|last| line[last + 1..].to_ascii_uppercase().starts_with(b"HTTP/"));
        let end = version.unwrap_or(line.len());
        // Without a space, a line with a slash is more likely to be a target.
        let method = line[..end].iter().position(|byte| *byte == b' ');
        let method = method.unwrap_or_else(|| if line.contains(&b'/') { 0 } else { end });
        let blanks = line[method..end].iter().take_while(|byte| **byte == b' ').count();
        let target = start + method + blanks..start + end;
        Self {
            raw,
            method: start..start + method,
            is_whole: version.is_some() || line_end < raw.len(),
            line_end,
            version: version.map_or("", |version| known(&line[version + 1..])),
            target,
        }
    }

    /// Returns what can be read of the head, so that credentials in it are found.
    pub(in crate::audit) fn head(&self) -> RequestHead {
        let fields = joined(self.raw).flat_map(|line| line.fields(self.raw));
        let fields: Vec<_> = fields.map(|(name, value)| (name, pieces(&self.raw[value]))).collect();
        let joined: Vec<_> = fields.iter().map(|(_, pieces)| pieces.join(&b' ')).collect();
        // Readers differ in whether folded pieces are one value.
        let fields = fields.iter().zip(&joined).flat_map(|((name, pieces), joined)| {
            let alone = pieces.iter().filter(|_| pieces.len() > 1).map(|piece| (*name, *piece));
            [(*name, &**joined)].into_iter().chain(alone)
        });
        RequestHead::new(Method::GET, self.target(), Version::HTTP_11, fields)
    }

    /// Returns the method, as far as it arrived.
    pub(in crate::audit) fn method(&self) -> &'r [u8] {
        &self.raw[self.method.clone()]
    }

    /// Returns the target, as far as it arrived.
    pub(in crate::audit) fn target(&self) -> &'r [u8] {
        &self.raw[self.target.clone()]
    }

    /// Returns the version; empty for an unknown one.
    pub(in crate::audit) const fn version(&self) -> &'static str {
        self.version
    }

    /// Returns path and query of the target.
    pub(in crate::audit) fn split(&self) -> (&'r [u8], Option<&'r [u8]>) {
        TargetForm::split(self.method(), self.target())
    }

    /// Returns false when the path is known, and is not one that is recorded.
    pub(in crate::audit) fn is_recorded(&self) -> bool {
        let (path, _) = self.split();
        let may_go_on = !self.is_whole && RECORDED.as_bytes().starts_with(path);
        !path.starts_with(b"/") || path.starts_with(RECORDED.as_bytes()) || may_go_on
    }

    /// Returns the bytes with secrets masked: values of the target and of lines by their names, and credentials wherever
    /// they stand. Also returns where the byte at `at` stands in them, if that can be told.
    pub(in crate::audit) fn masked(
        &self,
        redactor: &Redactor,
        masker: &Masker<'_>,
        at: Option<usize>,
    ) -> (Vec<u8>, Option<usize>) {
        let mut place = at.filter(|at| *at < self.raw.len());
        let mut out = Vec::with_capacity(self.raw.len() + 64);
        let mut done = 0;
        let mut replace = |range: Range<usize>, by: &[u8]| {
            out.extend_from_slice(&self.raw[done..range.start]);
            out.extend_from_slice(by);
            done = range.end;
            place = place.filter(|_| !at.is_some_and(|at| range.contains(&at)));
            if at.is_some_and(|at| at >= range.end) {
                place = place.map(|place| place + by.len() - range.len());
            }
        };
        for mut line in joined(self.raw) {
            if line.text.contains(&self.method.start) && self.line_end > self.method.start {
                replace(self.target.clone(), &masker.target(self.target()));
                // What a bare carriage return or a fold joins to the request line.
                line.text = self.line_end..line.text.end.max(self.line_end);
            }
            let is_secret = |name: &[u8], value: &[u8]| {
                let known = std::str::from_utf8(name).is_ok_and(|name| redactor.is_secret_header(name));
                known || (is_folded(value) && name.eq_ignore_ascii_case(AUTHORIZATION))
            };
            let mut fields = line.fields(self.raw).map(|(name, value)| (name, trimmed(self.raw, value)));
            let secret = fields.find(|(name, value)| is_secret(name, &self.raw[value.clone()]));
            if let Some((name, value)) = secret.filter(|(_, value)| !value.is_empty()) {
                let text = &self.raw[value.clone()];
                // Of a folded value, names of cookies are not told apart from their values.
                let name = std::str::from_utf8(name).ok().filter(|_| !is_folded(text));
                replace(value, &masker.field(name.unwrap_or_default(), text));
            }
        }
        out.extend_from_slice(&self.raw[done..]);
        match masker.cut(&out) {
            Cow::Borrowed(_) => (out, place),
            Cow::Owned(masked) => {
                let place = place.and_then(|place| {
                    let before = masker.cut(&out[..place]);
                    masked.starts_with(&before).then_some(before.len())
                });
                (masked, place)
            }
        }
    }
}

/// Returns where the value stands without the white space around it.
fn trimmed(raw: &[u8], value: Range<usize>) -> Range<usize> {
    let text = &raw[value.clone()];
    let start = value.start + (text.len() - text.trim_ascii_start().len());
    start..(start + text.trim_ascii().len()).max(start)
}

/// Returns true when a line ends within the value.
fn is_folded(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}

/// Divides the bytes into lines, like [`lines`]. A line that begins with a colon, or that has none, is joined to the one
/// before: a reader may have broken off a name or a secret value there.
fn joined(raw: &[u8]) -> impl Iterator<Item = Line> {
    let mut rest = lines(raw).peekable();
    std::iter::from_fn(move || {
        let mut line = rest.next()?;
        while let Some(next) = rest.next_if(|next| goes_on(&raw[next.text.clone()])) {
            line.text.end = next.text.end;
        }
        Some(line)
    })
}

fn goes_on(line: &[u8]) -> bool {
    !line.is_empty() && (line.starts_with(b":") || !line.contains(&b':'))
}

/// Divides a value at the ends of folded lines and at control characters.
fn pieces(value: &[u8]) -> Vec<&[u8]> {
    let pieces = value.split(u8::is_ascii_control).map(<[u8]>::trim_ascii);
    pieces.filter(|piece| !piece.is_empty()).collect()
}

fn known(version: &[u8]) -> &'static str {
    const VERSIONS: [&str; 4] = ["HTTP/0.9", "HTTP/1.0", "HTTP/1.1", "HTTP/2.0"];
    VERSIONS.into_iter().find(|known| known.as_bytes() == version).unwrap_or("")
}

#[cfg(test)]
mod tests;
