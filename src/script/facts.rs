//! What a script may know of the request that it answers.

use std::borrow::Cow;

use super::step::HttpVersion;

/// Facts of a request. Implementors hide secrets: the value of a secret field or parameter is `[redacted]`.
pub trait Facts {
    /// Returns the method.
    fn method(&self) -> &str;
    /// Returns the version of HTTP.
    fn version(&self) -> HttpVersion;
    /// Returns the path as it arrived, without the query.
    fn path(&self) -> Cow<'_, [u8]>;
    /// Returns the first query parameter of this name, decoded.
    fn query(&self, name: &str) -> Option<Cow<'_, [u8]>>;
    /// Returns the values of all fields of this name, in order, whatever the case.
    fn fields(&self, name: &str) -> Vec<Cow<'_, [u8]>>;
    /// Returns the head as it arrived; on HTTP/2, its fields as lines.
    fn head(&self) -> Cow<'_, [u8]>;
    /// Returns the request id, sent or made up.
    fn request_id(&self) -> Cow<'_, [u8]>;
    /// Returns the id of the connection.
    fn connection(&self) -> Cow<'_, [u8]>;
    /// Returns the time in milliseconds since 1970.
    fn now_ms(&self) -> u64;
    /// Returns a new UUID.
    fn uuid(&self) -> String;
}

/// Facts for tests.
#[cfg(test)]
#[derive(Clone, Debug)]
pub(super) struct TestFacts {
    pub(super) method: &'static str,
    pub(super) version: HttpVersion,
    pub(super) path: &'static str,
    pub(super) query: &'static str,
    pub(super) fields: Vec<(&'static str, &'static str)>,
}

#[cfg(test)]
impl Default for TestFacts {
    fn default() -> Self {
        Self { method: "GET", version: HttpVersion::Http11, path: "/a%2Fb", query: "", fields: Vec::new() }
    }
}

#[cfg(test)]
impl Facts for TestFacts {
    fn method(&self) -> &str {
        self.method
    }

    fn version(&self) -> HttpVersion {
        self.version
    }

    fn path(&self) -> Cow<'_, [u8]> {
        self.path.as_bytes().into()
    }

    fn query(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        crate::wire::Query::parse(self.query).first(name)
    }

    fn fields(&self, name: &str) -> Vec<Cow<'_, [u8]>> {
        let named = self.fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_bytes().into()).collect()
    }

    fn head(&self) -> Cow<'_, [u8]> {
        b"GET /a%2Fb HTTP/1.1\r\n\r\n".as_slice().into()
    }

    fn request_id(&self) -> Cow<'_, [u8]> {
        b"r-1".as_slice().into()
    }

    fn connection(&self) -> Cow<'_, [u8]> {
        b"c-1".as_slice().into()
    }

    fn now_ms(&self) -> u64 {
        784_111_777_123
    }

    fn uuid(&self) -> String {
        "5c0f1d1e-0000-4000-8000-000000000000".to_owned()
    }
}
