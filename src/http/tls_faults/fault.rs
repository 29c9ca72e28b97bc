//! The faults, in the order of their ports.

/// Fault of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The certificate has expired.
    Expired,
    /// The certificate is for another name.
    WrongName,
    /// The certificate is signed by its own key.
    SelfSigned,
    /// The certificate is signed by an authority that nobody can know.
    UnknownCa,
    /// The server stops in the middle of the handshake.
    Stops,
    /// The server answers with a version that is not used any more (RFC 8996).
    OldVersion,
}

impl Fault {
    /// All faults, in the order of their ports.
    pub const ALL: [Self; 6] =
        [Self::Expired, Self::WrongName, Self::SelfSigned, Self::UnknownCa, Self::Stops, Self::OldVersion];

    /// Returns the name in logs and answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::WrongName => "wrong-name",
            Self::SelfSigned => "self-signed",
            Self::UnknownCa => "unknown-ca",
            Self::Stops => "stops",
            Self::OldVersion => "tls1.0",
        }
    }
}
