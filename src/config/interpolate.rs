//! `${VAR}` and `${VAR:-default}` inside the values of the file.
//!
//! - `${VAR}` becomes the variable's value, or nothing if it is unset. `${VAR:-default}` becomes the default if it is
//!   unset or empty. The default ends at the next `}` and is taken literally.
//! - `$VAR` without braces, a lone `$`, and `$$` stay unchanged. There is no escape: a literal `${` must come
//!   from a variable, whose value is not interpolated again.
//! - An unterminated `${`, a `${` inside a default, and an invalid name are errors.

use super::environment::{Environment, Lookup};

/// Maximum length of a value after replacement, in bytes.
const LONGEST: usize = 64 * 1024;

/// Value after replacement.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Replaced {
    pub(super) text: String,
    /// The variables that were unset or empty and had no default, in order.
    pub(super) empty: Vec<String>,
}

/// Errors of replacement. The value is not shown, because it may be a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("has ${{ without a closing }}; expected ${{NAME}} or ${{NAME:-default}}")]
    Unterminated,
    #[error("has ${{ inside ${{…}}, and these do not nest; expected ${{NAME}} or ${{NAME:-default}}")]
    Nested,
    #[error("has ${{…}} with no valid variable name in it; expected ${{NAME}} or ${{NAME:-default}}")]
    Name,
    #[error("takes ${{{0}}}, which is not valid Unicode")]
    NotUnicode(String),
    #[error("is longer than 64 KiB after its variables were replaced")]
    TooLong,
}

/// Replaces every `${…}` of a value.
pub(super) fn interpolate(text: &str, environment: &Environment) -> Result<Replaced, Fault> {
    let mut replaced = Replaced::default();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inside, tail) = after.split_once('}').ok_or(Fault::Unterminated)?;
        if inside.contains("${") {
            return Err(Fault::Nested);
        }
        replaced.text.push_str(before);
        replaced.put(inside, environment)?;
        if replaced.text.len() > LONGEST {
            return Err(Fault::TooLong);
        }
        rest = tail;
    }
    replaced.text.push_str(rest);
    Ok(replaced)
}

impl Replaced {
    fn put(&mut self, inside: &str, environment: &Environment) -> Result<(), Fault> {
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        if !is_name(name) {
            return Err(Fault::Name);
        }
        match (environment.look_up(name), default) {
            (Lookup::NotUnicode, _) => return Err(Fault::NotUnicode(name.to_owned())),
            (Lookup::Set(value), _) if !value.is_empty() => self.text.push_str(value),
            (_, Some(default)) => self.text.push_str(default),
            (_, None) => self.empty.push(name.to_owned()),
        }
        Ok(())
    }
}

/// Returns true for the name of a variable (POSIX: letters, digits and underscores, no digit first).
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn environment() -> Environment {
        [("A", "alpha"), ("EMPTY", ""), ("TRICK", "${A} $A ${")].into_iter().collect()
    }

    fn replaced(text: &str) -> Result<String, Fault> {
        interpolate(text, &environment()).map(|replaced| replaced.text)
    }

    #[test]
    fn variables_and_defaults_are_put_in() {
        for (text, expected) in [
            ("${A}", "alpha"),
            ("<${A}|${A}>", "<alpha|alpha>"),
            ("${A:-other}", "alpha"),
            ("${UNSET:-other}", "other"),
            ("${EMPTY:-other}", "other"),
            ("${UNSET:-}", ""),
            ("${UNSET:-a:-b $A {c}", "a:-b $A {c"),
            ("${UNSET}", ""),
            ("é${A}é", "éalphaé"),
        ] {
            assert_eq!(replaced(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn a_dollar_without_braces_stays() {
        for text in ["$A", "$", "$$", "cost: 5$", "$A}", "{A}", "$ {A}", "a$b$c"] {
            assert_eq!(replaced(text).as_deref(), Ok(text));
        }
        assert_eq!(replaced("$${A}").as_deref(), Ok("$alpha"));
    }

    #[test]
    fn what_a_variable_holds_is_not_looked_at_again() {
        assert_eq!(replaced("${TRICK}").as_deref(), Ok("${A} $A ${"));
    }

    #[test]
    fn variables_that_gave_nothing_are_remembered() {
        let found = interpolate("${UNSET}${A}${EMPTY}${GONE:-}", &environment()).unwrap();
        assert_eq!(found, Replaced { text: "alpha".to_owned(), empty: vec!["UNSET".to_owned(), "EMPTY".to_owned()] });
    }

    #[test]
    fn malformed_ones_are_errors() {
        assert_eq!(replaced("${A"), Err(Fault::Unterminated));
        assert_eq!(replaced("a ${"), Err(Fault::Unterminated));
        assert_eq!(replaced("${A:-${B}}"), Err(Fault::Nested));
        assert_eq!(replaced("${${A}}"), Err(Fault::Nested));
        for text in ["${}", "${1A}", "${A-b}", "${A:?b}", "${A B}", "${ A }", "${é}", "${:-x}"] {
            assert_eq!(replaced(text), Err(Fault::Name), "{text}");
        }
    }

    #[test]
    fn replacement_cannot_blow_up() {
        let environment: Environment = [("BIG", "x".repeat(32 * 1024))].into_iter().collect();
        assert_eq!(interpolate(&"${BIG}".repeat(100_000), &environment), Err(Fault::TooLong));
    }

    proptest! {
        #[test]
        fn any_value_is_put_in_exactly(value in any::<String>(), before in "[^$]*", after in "[^$]*") {
            prop_assume!(!value.is_empty());
            let environment: Environment = [("V", value.as_str())].into_iter().collect();
            let found = interpolate(&format!("{before}${{V}}{after}"), &environment).unwrap();
            prop_assert_eq!(found.text, format!("{before}{value}{after}"));
            prop_assert!(found.empty.is_empty());
        }

        #[test]
        fn text_without_an_opening_brace_is_untouched(text in any::<String>()) {
            prop_assume!(!text.contains("${"));
            prop_assert_eq!(replaced(&text), Ok(text));
        }

        #[test]
        fn no_text_panics(text in "[${}:A-Z\\-é]{0,40}") {
            let _ = replaced(&text);
        }
    }
}
