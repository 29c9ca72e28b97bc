//! Minimal browser for sign-in: keeps cookies by host and port and returns each response. It follows no redirects by
//! itself.

use std::{collections::BTreeMap, net::SocketAddr};

use super::{Connection, Response, Server, oidc::Provider};

/// Cookies of one user.
#[derive(Clone, Default)]
pub struct Browser {
    jar: BTreeMap<String, BTreeMap<String, String>>,
}

/// Splits a URL into host with port, and the rest.
fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("no URL: {url}"));
    let at = rest.find('/').unwrap_or(rest.len());
    (&rest[..at], &rest[at..])
}

impl Browser {
    /// Sends a GET.
    pub fn get(&mut self, url: &str) -> Response {
        self.send("GET", url, "", "")
    }

    /// Sends a request with header lines, each ending with CRLF.
    pub fn send(&mut self, method: &str, url: &str, headers: &str, body: &str) -> Response {
        let (host, target) = split(url);
        let port: u16 = host.rsplit_once(':').unwrap().1.parse().unwrap();
        let cookies: Vec<String> =
            self.jar.get(host).into_iter().flatten().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = if cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", cookies.join("; ")) };
        let length = body.len();
        let mut connection = Connection::open(SocketAddr::from(([127, 0, 0, 1], port)));
        connection.send(
            format!(
                "{method} {target} HTTP/1.1\r\nHost: {host}\r\n{cookies}{headers}Content-Length: {length}\r\n\r\n{body}"
            )
            .as_bytes(),
        );
        let answer = connection.receive_for(method);
        for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            let gone = cookie.contains("Max-Age=0") || cookie.contains("max-age=0") || value.is_empty();
            let jar = self.jar.entry(host.to_owned()).or_default();
            if gone {
                jar.remove(name)
            } else {
                jar.insert(name.to_owned(), value.to_owned())
            };
        }
        answer
    }

    /// Returns a cookie of the server.
    pub fn cookie(&self, server: &Server, name: &str) -> Option<&str> {
        Some(self.jar.get(&host(server))?.get(name)?.as_str())
    }

    /// Sets or replaces a cookie of the server.
    pub fn set_cookie(&mut self, server: &Server, name: &str, value: &str) {
        self.jar.entry(host(server)).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// Begins a sign-in and returns the provider's URL.
    pub fn begin(&mut self, server: &Server, return_path: &str) -> String {
        location(&self.get(&format!("{}/portal/auth/login?return={return_path}", origin(server))))
    }

    /// Signs in at the provider as its user and returns the URL that leads back to the server.
    pub fn at_provider(&mut self, url: &str) -> String {
        self.at_provider_with(url, "user=dev&password=dev&do=sign-in")
    }

    /// Like [`Browser::at_provider`], with the input of the form.
    pub fn at_provider_with(&mut self, url: &str, form: &str) -> String {
        let (host, _) = split(url);
        let issuer = format!("http://{host}");
        let absolute =
            |location: String| if location.starts_with('/') { format!("{issuer}{location}") } else { location };
        let mut next = url.to_owned();
        for _ in 0..6 {
            let answer = self.get(&next);
            let answer = match answer.status {
                200 => self.send("POST", &next, "Content-Type: application/x-www-form-urlencoded\r\n", form),
                _ => answer,
            };
            next = absolute(location(&answer));
            if !next.starts_with(&issuer) {
                return next;
            }
        }
        panic!("the provider does not lead back: {next}");
    }

    /// Completes a sign-in and returns the last response.
    pub fn sign_in(&mut self, server: &Server, return_path: &str) -> Response {
        let url = self.begin(server, return_path);
        let back = self.at_provider(&url);
        self.get(&back)
    }

    /// Returns the user according to the server's portal.
    pub fn me(&mut self, server: &Server) -> Response {
        self.get(&format!("{}/api/v1/portal/me", origin(server)))
    }
}

/// Host and port of a server as browsers see them.
pub fn host(server: &Server) -> String {
    format!("localhost:{}", server.address().port())
}

/// Origin of a server as browsers see it.
pub fn origin(server: &Server) -> String {
    format!("http://{}", host(server))
}

/// Returns the redirect target of a response.
pub fn location(answer: &Response) -> String {
    assert!(matches!(answer.status, 302 | 303), "{} {}", answer.status, answer.text());
    answer.header("location").unwrap().to_owned()
}

/// Registers the servers' addresses with the provider, so that it redirects browsers back there.
pub fn introduce(provider: &Provider, servers: &[&Server]) {
    let redirects: Vec<String> =
        servers.iter().map(|server| format!("{}/portal/auth/callback", origin(server))).collect();
    provider.set(&serde_json::json!({ "redirects": redirects }));
}
