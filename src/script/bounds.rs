//! Bounds of scripts.

/// Maximum length of a script document in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// Maximum number of steps of a script, those inside `if` included.
pub const MAX_STEPS: usize = 1000;
/// Maximum nesting of `if`.
pub const MAX_DEPTH: usize = 8;
/// Maximum duration of a pause, and of all pauses of an answer together, in milliseconds.
pub const MAX_PAUSE_MS: u32 = 900_000;
/// Maximum number of entries of `attempts`.
pub const MAX_ATTEMPTS: usize = 100;
/// Maximum value of `repeat`.
pub const MAX_REPEAT: u32 = 1_000_000;
/// Maximum number of fields of a head or of trailers.
pub const MAX_FIELDS: usize = 1000;
/// Maximum length in bytes of a body, of an announced length, and of what a step reads.
pub const MAX_LENGTH: u64 = 1 << 30;
/// Maximum size in bytes of a piece of a body: it is in memory as a whole.
pub const MAX_PIECE: u64 = 1 << 20;
/// Maximum length in bytes of a body that is coded.
pub const MAX_CODED: u64 = 64 << 20;
/// Maximum length in bytes of a body whose coded length is known before it is sent.
pub const MAX_KNOWN: u64 = 256 << 10;
/// Maximum length in bytes of a text with templates after they are replaced.
pub const MAX_EXPANDED: usize = 1 << 20;
/// Maximum length in bytes of the fields of a head that hold templates, after they are replaced.
pub const MAX_EXPANDED_FIELDS: usize = 256 << 10;
