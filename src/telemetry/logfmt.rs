//! Lines of text: `<time> <LEVEL> <message> key=value …`, with control characters escaped and values quoted where
//! necessary.

use std::{
    cell::RefCell,
    fmt::{self, Write as _},
    io::{self, Write as _},
    time::{SystemTime, UNIX_EPOCH},
};

use env_logger::fmt::Formatter;
use log::{
    Level, Record,
    kv::{self, Key, Value, VisitSource},
};

/// Target of lines that the caller formats completely ([`push_pair`]).
pub const READY_MADE: &str = "access";

thread_local! {
    /// Cached second: most lines have the same one as the previous line.
    static SECOND: RefCell<(u64, String)> = const { RefCell::new((u64::MAX, String::new())) };
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Formats a record as a line.
pub(super) fn write(out: &mut Formatter, record: &Record<'_>) -> io::Result<()> {
    LINE.with_borrow_mut(|line| {
        line.clear();
        push_time(line, out);
        line.push_str(match record.level() {
            Level::Error => " ERROR ",
            Level::Warn => " WARN  ",
            Level::Info => " INFO  ",
            Level::Debug => " DEBUG ",
            Level::Trace => " TRACE ",
        });
        // Writing into a String can't fail.
        let _ = if record.target() == READY_MADE {
            line.write_fmt(*record.args())
        } else {
            OneLine(line).write_fmt(*record.args())
        };
        record.key_values().visit(&mut Pairs(line)).map_err(io::Error::other)?;
        line.push('\n');
        out.write_all(line.as_bytes())
    })
}

/// Appends the time with milliseconds (RFC 3339).
fn push_time(line: &mut String, out: &Formatter) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    SECOND.with_borrow_mut(|(second, text)| {
        if *second != now.as_secs() {
            *second = now.as_secs();
            text.clear();
            let _ = write!(text, "{}", out.timestamp_seconds());
        }
        line.push_str(text.trim_end_matches('Z'));
    });
    let millis = now.subsec_millis();
    line.push('.');
    for digit in [millis / 100, millis / 10 % 10, millis % 10] {
        line.push(char::from(b'0' + (digit % 10) as u8));
    }
    line.push('Z');
}

/// Appends ` key=value`.
pub fn push_pair(line: &mut String, key: &str, value: &str) {
    line.reserve(key.len() + value.len() + 2);
    line.push(' ');
    line.push_str(key);
    line.push('=');
    if !value.is_empty() && stands_alone(value) {
        line.push_str(value);
    } else {
        let _ = write!(line, "{value:?}");
    }
}

/// Appends ` key=number`.
pub fn push_number(line: &mut String, key: &str, value: u64) {
    line.push(' ');
    line.push_str(key);
    line.push('=');
    line.push_str(itoa::Buffer::new().format(value));
}

fn stands_alone(value: &str) -> bool {
    if value.is_ascii() {
        // No early exit, so that the whole loop becomes a few vector instructions.
        return value.bytes().fold(true, |fine, byte| fine & byte.is_ascii_graphic() & (byte != b'"') & (byte != b'='));
    }
    value.chars().all(|char| !char.is_whitespace() && !char.is_control() && !matches!(char, '"' | '='))
}

/// Appends text on the same line, with control characters escaped.
struct OneLine<'l>(&'l mut String);

impl fmt::Write for OneLine<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for char in text.chars() {
            if char.is_control() {
                self.0.extend(char.escape_default());
            } else {
                self.0.push(char);
            }
        }
        Ok(())
    }
}

struct Pairs<'l>(&'l mut String);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        match (value.to_borrowed_str(), value.to_u64()) {
            (Some(text), _) => push_pair(self.0, key.as_str(), text),
            (None, Some(number)) => push_number(self.0, key.as_str(), number),
            (None, None) => push_pair(self.0, key.as_str(), &value.to_string()),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(value: &str) -> String {
        let mut line = String::new();
        push_pair(&mut line, "key", value);
        line
    }

    #[test]
    fn values_are_quoted_when_they_must_be() {
        assert_eq!(pair("/v1/fixed/a"), " key=/v1/fixed/a");
        assert_eq!(pair("é"), " key=é");
        assert_eq!(pair(""), " key=\"\"");
        assert_eq!(pair("a b"), " key=\"a b\"");
        assert_eq!(pair("a=b"), " key=\"a=b\"");
        assert_eq!(pair("a\n2026 INFO forged"), " key=\"a\\n2026 INFO forged\"");
        assert_eq!(pair("a\u{1b}[31m\u{85}"), " key=\"a\\u{1b}[31m\\u{85}\"");
    }

    #[test]
    fn messages_stay_on_one_line() {
        let mut line = String::new();
        let _ = write!(OneLine(&mut line), "a\r\nb\u{7f}é");
        assert_eq!(line, "a\\r\\nb\\u{7f}é");
    }
}
