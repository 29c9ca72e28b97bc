//! What is known of a TLS connection.

use serde_json::{Map, Value};

/// Facts of a TLS handshake. Of one that failed, only what the client offered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: Option<&'static str>,
    /// Cipher suite by its name in the registry of IANA, such as `TLS_AES_128_GCM_SHA256`.
    pub cipher: Option<String>,
    /// Server name that the client asked for (RFC 6066, section 3).
    pub server_name: Option<String>,
    /// Protocol that ALPN chose (RFC 7301).
    pub alpn: Option<String>,
    /// Protocols that the client offered, at most [`OFFERS_MAX`](Self::OFFERS_MAX).
    pub alpn_offered: Vec<String>,
    /// Whether the client resumed an earlier session.
    pub is_resumed: bool,
    /// Certificate of the client.
    pub client_certificate: Option<ClientCertificate>,
}

/// Certificate that a client has proved to own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Distinguished name of its subject (RFC 4514); `None` when it can't be read.
    pub subject: Option<String>,
    /// Distinguished name of its issuer.
    pub issuer: Option<String>,
    /// SHA-256 of the certificate, in lower-case hex.
    pub sha256: String,
}

impl TlsFacts {
    /// Maximum number of offered protocols that are kept.
    pub const OFFERS_MAX: usize = 16;

    /// Returns the facts as they go on record. Unknown facts are left out.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut facts = Map::new();
        let mut add = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                facts.insert(name.to_owned(), value);
            }
        };
        add("version", self.version.map(Value::from));
        add("cipher", self.cipher.as_deref().map(Value::from));
        add("server_name", self.server_name.as_deref().map(Value::from));
        add("alpn", self.alpn.as_deref().map(Value::from));
        add("alpn_offered", (!self.alpn_offered.is_empty()).then(|| Value::from(self.alpn_offered.clone())));
        add("resumed", self.version.map(|_| Value::from(self.is_resumed)));
        add("client_certificate", self.client_certificate.as_ref().map(ClientCertificate::json));
        Value::Object(facts)
    }
}

impl ClientCertificate {
    fn json(&self) -> Value {
        serde_json::json!({"subject": self.subject, "issuer": self.issuer, "sha256": self.sha256})
    }
}
