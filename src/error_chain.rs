//! Errors with their causes.

use std::error::Error;

/// Formats an error and its causes in one line, outermost first.
#[must_use]
pub(crate) fn error_chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] Inner);

    #[derive(Debug, thiserror::Error)]
    #[error("inner")]
    struct Inner(#[source] std::fmt::Error);

    #[test]
    fn causes_follow_what_they_caused() {
        let cause = std::fmt::Error.to_string();
        assert_eq!(error_chain(&Outer(Inner(std::fmt::Error))), format!("outer: inner: {cause}"));
    }
}
