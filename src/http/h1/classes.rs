//! Character classes, in one lookup table.

/// Bytes of a token, as in methods and field names (RFC 9110, section 5.6.2).
pub(super) const TOKEN: u8 = 1;
/// Bytes of a target: visible ASCII, and bytes from 0x80 on, which are recorded as received.
pub(super) const TARGET: u8 = 2;
/// Bytes of a field value, including white space (RFC 9110, section 5.5).
pub(super) const VALUE: u8 = 4;
/// Space and tab (RFC 9110, section 5.6.3).
pub(super) const BLANK: u8 = 8;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        if value.is_ascii_alphanumeric()
            || matches!(
                value,
                b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
            )
        {
            classes[byte] |= TOKEN;
        }
        if value.is_ascii_graphic() || value >= 0x80 {
            classes[byte] |= TARGET | VALUE;
        }
        if matches!(value, b' ' | b'\t') {
            classes[byte] |= VALUE | BLANK;
        }
        byte += 1;
    }
    classes
};

/// Returns true when `byte` is of `class`.
#[must_use]
pub(super) const fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// Returns the position of the first byte at or after `from` that is not of `class`; the length of `bytes` without one.
#[must_use]
pub(super) fn span(bytes: &[u8], from: usize, class: u8) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let length = rest.iter().position(|byte| !is(*byte, class)).unwrap_or(rest.len());
    #[cfg(test)]
    steps::add(length + 1);
    from + length
}

/// Counts examined bytes, so that tests can measure work without a clock.
#[cfg(test)]
pub(super) mod steps {
    use std::cell::Cell;

    thread_local!(static STEPS: Cell<u64> = const { Cell::new(0) });

    pub(in super::super) fn add(count: usize) {
        STEPS.set(STEPS.get() + count as u64);
    }

    pub(in super::super) fn taken() -> u64 {
        STEPS.get()
    }
}
