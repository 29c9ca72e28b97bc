//! Record of the framing of a chunked body.

use super::Fields;

/// Framing of a chunked body, for the audit trail.
#[derive(Debug, Default)]
pub struct ChunkRecord {
    /// Number of bytes decoded, including framing and trailers.
    pub taken: usize,
    /// Number of chunks, without the empty last one.
    pub chunks: u64,
    /// Announced sizes of the first 64 chunks.
    pub sizes: Vec<u64>,
    /// First extensions: the index of the chunk, and the text from the semicolon on. At most 1 KiB from 16 chunks is
    /// kept.
    pub extensions: Vec<(u64, Vec<u8>)>,
    /// Trailers, empty before the end of the body. They are never merged into the fields of the head.
    pub trailers: Fields,
}
