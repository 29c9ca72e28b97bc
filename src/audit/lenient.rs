//! Lines of a head that was refused, told apart leniently, so that secrets in it can be masked.

use std::ops::Range;

/// Bytes of a malformed request that are kept and looked at.
pub const RAW_MAX: usize = 64 * 1024;

/// A line with the folded lines after it. Line ends are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub text: Range<usize>,
}

impl Line {
    /// What may be the fields of this line: each name, without white space and control characters around it, and all
    /// after its colon. A name stands before the first colon, and, since some readers end a line at a bare carriage
    /// return, between one and the next colon.
    pub fn fields<'r>(&self, raw: &'r [u8]) -> impl Iterator<Item = (&'r [u8], Range<usize>)> + use<'r> {
        let Range { start, end } = self.text;
        let text = raw.get(start..end).unwrap_or_default();
        let mut at = start;
        text.split(|byte| matches!(byte, b'\r' | b'\n')).filter_map(move |piece| {
            let piece_at = at;
            at += piece.len() + 1;
            let colon = piece_at + piece.iter().position(|byte| *byte == b':')?;
            // A line end may stand between a name and its colon.
            let before = trimmed(raw.get(start..colon)?);
            let name = before.rsplit(|byte| matches!(byte, b'\r' | b'\n')).next()?;
            Some((trimmed(name), colon + 1..end))
        })
    }
}

/// Divides the first [`RAW_MAX`] bytes of `raw` into lines, like [`all_lines`].
pub fn lines(raw: &[u8]) -> impl Iterator<Item = Line> {
    all_lines(&raw[..raw.len().min(RAW_MAX)])
}

/// Divides `raw` into lines. A line ends at a line feed; lines that begin with white space belong to the one before.
pub fn all_lines(raw: &[u8]) -> impl Iterator<Item = Line> {
    let mut start = 0;
    std::iter::from_fn(move || {
        if start >= raw.len() {
            return None;
        }
        let mut end = start;
        let next = loop {
            let length = raw[end..].iter().position(|byte| *byte == b'\n');
            let after = length.map_or(raw.len(), |length| end + length + 1);
            end = length.map_or(raw.len(), |length| end + length);
            match raw.get(after) {
                Some(b' ' | b'\t') => end = after,
                _ => break after,
            }
        };
        let ended = raw[start..end].strip_suffix(b"\r").map_or(end, |text| start + text.len());
        let line = Line { text: start..ended };
        start = next;
        Some(line)
    })
}

fn trimmed(mut name: &[u8]) -> &[u8] {
    let is_noise = |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control();
    while let Some((first, rest)) = name.split_first()
        && is_noise(first)
    {
        name = rest;
    }
    while let Some((last, rest)) = name.split_last()
        && is_noise(last)
    {
        name = rest;
    }
    name
}

#[cfg(test)]
mod tests;
