//! JSON strings, escaped like those of the recorded server.

use super::hex;

/// Replacement of a byte that is not part of a UTF-8 sequence.
const INVALID: &[u8] = br"\ufffd";

/// Form of a byte in a JSON string: plain or escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    /// A backslash and this byte.
    Short(u8),
    /// `\u00` and two hex digits.
    Unicode,
    /// First byte of U+2028 and U+2029, among others.
    Separator,
}

static FORMS: [Form; 256] = forms();

const fn forms() -> [Form; 256] {
    let mut forms = [Form::Plain; 256];
    let mut control = 0;
    while control < 0x20 {
        forms[control] = Form::Unicode;
        control += 1;
    }
    forms[0x08] = Form::Short(b'b');
    forms[0x09] = Form::Short(b't');
    forms[0x0A] = Form::Short(b'n');
    forms[0x0C] = Form::Short(b'f');
    forms[0x0D] = Form::Short(b'r');
    forms[b'"' as usize] = Form::Short(b'"');
    forms[b'\\' as usize] = Form::Short(b'\\');
    forms[b'<' as usize] = Form::Unicode;
    forms[b'>' as usize] = Form::Unicode;
    forms[b'&' as usize] = Form::Unicode;
    forms[0xE2] = Form::Separator;
    forms
}

/// Appends `text` as a JSON string, quotes included.
pub(super) fn push_str(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    push_contents(out, text);
    out.push(b'"');
}

/// Appends `text` as a JSON string, quotes included. Each byte that is not part of a UTF-8 sequence becomes `\ufffd`.
pub(super) fn push_bytes(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        push_contents(out, chunk.valid());
        for _ in chunk.invalid() {
            out.extend_from_slice(INVALID);
        }
    }
    out.push(b'"');
}

/// Returns the length of the run of plain bytes at the start. Blocks without a special byte are skipped as a whole; the
/// test of a block has no branch, so that it becomes a few vector instructions.
fn plain_run(bytes: &[u8]) -> usize {
    const BLOCK: usize = 16;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let is_plain = |block: &&[u8; BLOCK]| block.iter().fold(0, |seen, byte| seen | special(*byte)) == 0;
    let passed = blocks.iter().take_while(is_plain).count() * BLOCK;
    let rest = bytes[passed..].iter();
    passed + rest.take_while(|byte| FORMS[usize::from(**byte)] == Form::Plain).count()
}

/// Returns 1 for a byte that is not plain, without a branch.
const fn special(byte: u8) -> u8 {
    (byte < 0x20) as u8
        | (byte == b'"') as u8
        | (byte == b'\\') as u8
        | (byte == b'<') as u8
        | (byte == b'>') as u8
        | (byte == b'&') as u8
        | (byte == 0xE2) as u8
}

/// Appends `text` with its escapes, without quotes.
pub(super) fn push_contents(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let mut done = 0;
    let mut at = 0;
    loop {
        at += plain_run(&bytes[at..]);
        let Some(&byte) = bytes.get(at) else { break };
        let form = FORMS[usize::from(byte)];
        let width = if form == Form::Separator { 3 } else { 1 };
        if form == Form::Separator && !matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xA8 | 0xA9])) {
            at += width;
            continue;
        }
        out.extend_from_slice(&bytes[done..at]);
        match form {
            Form::Plain => {}
            Form::Short(letter) => out.extend_from_slice(&[b'\\', letter]),
            Form::Unicode => {
                out.extend_from_slice(b"\\u00");
                out.extend_from_slice(&hex::lower(byte));
            }
            Form::Separator => {
                let last = if bytes[at + 2] == 0xA8 { b'8' } else { b'9' };
                out.extend_from_slice(&[b'\\', b'u', b'2', b'0', b'2', last]);
            }
        }
        at += width;
        done = at;
    }
    out.extend_from_slice(&bytes[done..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = Vec::new();
        push_str(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn short_escapes_are_used_where_json_has_them() {
        assert_eq!(escaped("\u{8}\u{c}\n\r\t\"\\/"), r#""\b\f\n\r\t\"\\/""#);
    }

    #[test]
    fn other_controls_are_lower_case_hex_and_del_is_raw() {
        assert_eq!(escaped("\0\u{b}\u{1b}\u{1f}\u{7f}"), "\"\\u0000\\u000b\\u001b\\u001f\u{7f}\"");
    }

    #[test]
    fn markup_and_line_separators_are_escaped() {
        assert_eq!(escaped("a<b>&c\u{2028}\u{2029}"), r#""a\u003cb\u003e\u0026c\u2028\u2029""#);
    }

    #[test]
    fn neighbours_of_the_line_separators_stay() {
        for text in ["\u{2027}", "\u{202a}", "\u{2000}", "\u{20a8}", "\u{1028}", "é", "日本", "😀", "\u{feff}"] {
            assert_eq!(escaped(text), format!("\"{text}\""));
        }
    }

    #[test]
    fn each_stray_byte_is_escaped_and_a_real_replacement_character_is_not() {
        let cases: [(&[u8], &str); 6] = [
            (b"\xff", "\"\\ufffd\""),
            (b"a\xE6\x97b", "\"a\\ufffd\\ufffdb\""),
            (b"\xED\xA0\x80", "\"\\ufffd\\ufffd\\ufffd\""),
            ("\u{fffd}".as_bytes(), "\"\u{fffd}\""),
            (b"\xE2\x80", "\"\\ufffd\\ufffd\""),
            (b"<\xff>", "\"\\u003c\\ufffd\\u003e\""),
        ];
        for (bytes, expected) in cases {
            let mut out = Vec::new();
            push_bytes(&mut out, bytes);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }
}
