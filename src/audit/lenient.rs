//! Lines of a head that was refused, told apart leniently, so that secrets in it can be masked.

use std::ops::Range;

/// Bytes of a malformed request that are kept and looked at.
pub const RAW_MAX: usize = 64 * 1024;

/// A line with the folded lines after it. Line ends are not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub text: Range<usize>,
    /// What may be the value: all after the first colon. Empty, at the end, without a colon.
    pub value: Range<usize>,
}

impl Line {
    /// What may be the names of this line's field, white space and control characters around them left out: what stands
    /// before the first colon, and, since some readers end a line at a bare carriage return, what stands between one and
    /// the next colon. The value is secret when any of them is.
    pub fn names<'r>(&self, raw: &'r [u8]) -> impl Iterator<Item = &'r [u8]> {
        let text = raw.get(self.text.clone()).unwrap_or_default();
        text.split(|byte| matches!(byte, b'\r' | b'\n'))
            .filter_map(|piece| piece.iter().position(|byte| *byte == b':').and_then(|colon| piece.get(..colon)))
            .map(trimmed)
    }
}

/// Divides the first [`RAW_MAX`] bytes of `raw` into lines. A line ends at a line feed; lines that begin with white space
/// belong to the one before.
pub fn lines(raw: &[u8]) -> impl Iterator<Item = Line> {
    let raw = &raw[..raw.len().min(RAW_MAX)];
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
        let value = raw[start..ended].iter().position(|byte| *byte == b':').map_or(ended, |colon| start + colon + 1);
        let line = Line { text: start..ended, value: value..ended };
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
