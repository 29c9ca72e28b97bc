//! The rules for refusing requests.

/// Declares the rules: machine-readable name, response status, and a sentence with its source.
macro_rules! rules {
    ($($rule:ident: $name:literal, $status:literal, $sentence:literal;)*) => {
        /// A rule that a request can break.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Rule {
            $(#[doc = $sentence] $rule,)*
        }

        impl Rule {
            /// All rules, in the order in which a request meets them.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// Returns the name in responses, the audit trail and metrics.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }

            /// Returns what is wrong, with the RFC section. Fits after "malformed request: ".
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$rule => $sentence,)* }
            }

            /// Returns the response status.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$rule => $status,)* }
            }

            /// Returns false for rules that no single byte breaks. Refusals by them have no meaningful position.
            #[must_use]
            pub const fn has_place(self) -> bool {
                !matches!(
                    self,
                    Self::HeadTooLarge
                        | Self::HeaderListTooLarge
                        | Self::TooManyFields
                        | Self::HeadTimeout
                        | Self::TrailersTooLarge
                        | Self::BodyTimeout
                        | Self::BodyTooLarge
                        | Self::IncompleteBody
                )
            }
        }
    };
}

rules! {
    BadRequestLine: "bad-request-line", 400,
        "request line that is not method, target and version with one space between them (RFC 9112, section 3)";
    BadMethod: "bad-method", 400, "method with a byte that no token has (RFC 9112, section 3.1)";
    UnsupportedMethod: "unsupported-method", 501,
        "method of more than 64 bytes, or with a byte of # $ % & ' in it (RFC 9110, section 15.6.2)";
    BadTarget: "bad-target", 400, "target in none of the four forms, or in one that the method excludes (RFC 9112, section 3.2)";
    TargetTooLong: "target-too-long", 414,
        "target of more than half of server.max_header_bytes (RFC 9110, section 15.5.15)";
    BadVersion: "bad-version", 400, "version that is not HTTP/ and two digits with a dot (RFC 9112, section 2.3)";
    UnsupportedVersion: "unsupported-version", 505, "version of HTTP that is not 1 (RFC 9110, section 15.6.6)";
    BadFieldName: "bad-field-name", 400,
        "field without a colon, without a name, or with a byte in its name that no token has (RFC 9110, section 5.1)";
    SpaceBeforeColon: "space-before-colon", 400, "space before the colon of a field name (RFC 9112, section 5.1)";
    LineFolding: "line-folding", 400, "field folded over two lines (RFC 9112, section 5.2)";
    ControlInField: "control-in-field", 400, "control character in the value of a field (RFC 9110, section 5.5)";
    BareCr: "bare-cr", 400, "carriage return without a line feed (RFC 9112, section 2.2)";
    BareLf: "bare-lf", 400, "line feed without a carriage return (RFC 9112, section 2.2)";
    MissingHost: "missing-host", 400, "no Host field (RFC 9112, section 3.2)";
    SeveralHosts: "several-hosts", 400, "more than one Host field (RFC 9112, section 3.2)";
    BadHost: "bad-host", 400, "Host that is no host with or without a port (RFC 9112, section 3.2)";
    BadContentLength: "bad-content-length", 400, "Content-Length that is no decimal number (RFC 9112, section 6.3)";
    ConflictingContentLengths: "conflicting-content-lengths", 400,
        "more than one Content-Length (RFC 9110, section 8.6)";
    LengthAndChunked: "length-and-chunked", 400,
        "both Content-Length and Transfer-Encoding (RFC 9112, section 6.3)";
    UnknownTransferCoding: "unknown-transfer-coding", 501,
        "transfer coding other than chunked (RFC 9112, section 6.1)";
    ChunkedNotLast: "chunked-not-last", 400,
        "Transfer-Encoding whose last coding is not chunked, or that has chunked twice (RFC 9112, section 6.3)";
    TransferCodingIn10: "transfer-coding-in-1.0", 400, "Transfer-Encoding in HTTP/1.0 (RFC 9112, section 6.1)";
    UnsupportedExpectation: "unsupported-expectation", 417,
        "expectation other than 100-continue (RFC 9110, section 10.1.1)";
    HeadTooLarge: "head-too-large", 431, "head larger than server.max_header_bytes (RFC 6585, section 5)";
    HeaderListTooLarge: "header-list-too-large", 431, "more than 64 KiB of fields on HTTP/2 (RFC 9113, section 10.5.1)";
    TooManyFields: "too-many-fields", 431, "more fields than server.max_header_fields (RFC 6585, section 5)";
    HeadTimeout: "head-timeout", 408, "head that did not arrive in time (RFC 9110, section 15.5.9)";
    BadChunkSize: "bad-chunk-size", 400,
        "chunk size that is not 1 to 16 hexadecimal digits (RFC 9112, section 7.1)";
    BadChunkExtension: "bad-chunk-extension", 400,
        "chunk extension with a control character, or more than 64 KiB of them (RFC 9112, section 7.1.1)";
    BadChunkEnd: "bad-chunk-end", 400, "chunk longer than its size says (RFC 9112, section 7.1)";
    BadTrailer: "bad-trailer", 400, "trailer that is no field (RFC 9112, section 7.1.2)";
    TrailersTooLarge: "trailers-too-large", 431,
        "trailers beyond server.max_header_bytes or server.max_header_fields (RFC 6585, section 5)";
    BodyTimeout: "body-timeout", 408, "body that did not arrive in time (RFC 9110, section 15.5.9)";
    BodyTooLarge: "body-too-large", 413, "body larger than the limit (RFC 9110, section 15.5.14)";
    IncompleteBody: "incomplete-body", 400, "body that ended early (RFC 9112, section 8)";
}

/// A request that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Broken rule.
    pub rule: Rule,
    /// Offset in the head; for rules of chunks and trailers, in the encoded body.
    pub at: usize,
}

impl Refusal {
    /// Creates a refusal for breaking `rule` at byte `at`.
    #[must_use]
    pub const fn new(rule: Rule, at: usize) -> Self {
        Self { rule, at }
    }
}
