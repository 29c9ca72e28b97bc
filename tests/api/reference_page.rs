//! The API reference at `/docs`: a page of the embedded build, or the banner in place of it.

use std::collections::BTreeSet;

use crate::support::{Response, Server, anonymous, with_credentials};

const PORTAL: &str = "portal: {enabled: true, cookie_secret: '0123456789abcdef'}\n";

/// Returns true when this binary contains a build; otherwise checks the banner.
fn is_built(page: &Response) -> bool {
    assert_eq!(page.status, 200);
    if page.header("content-type") == Some("text/html; charset=utf-8") {
        return true;
    }
    let banner = page.json();
    assert_eq!((&banner["status"], &banner["links"]["openapi_json"]), (&"banner".into(), &"/openapi.json".into()));
    assert!(banner["detail"].as_str().unwrap().contains("make ui"), "{banner}");
    false
}

/// Returns the addresses in a file of the page: in attributes of markup, in imports and preloads of scripts, in styles.
fn named_in(text: &str) -> BTreeSet<String> {
    let quoted = text.split(['"', '\'', '`', '(', ')']);
    quoted
        .filter(|part| part.starts_with("docs/") || part.starts_with("./"))
        .filter(|part| [".js", ".css", ".svg", ".woff2"].iter().any(|ending| part.ends_with(ending)))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_page_and_each_file_that_it_needs_come_without_a_credential_and_without_the_portal() {
    for config in [anonymous(""), anonymous(PORTAL), with_credentials(false)] {
        let server = Server::start(&config);
        let page = server.get("/docs");
        if !is_built(&page) {
            return;
        }
        // Relative addresses work behind a path prefix.
        let mut wanted: Vec<String> = named_in(page.text()).iter().map(|name| format!("/{name}")).collect();
        assert!(wanted.iter().any(|path| path.ends_with(".js")) && wanted.iter().any(|path| path.ends_with(".css")));
        let mut seen = BTreeSet::new();
        let mut connection = server.connect();
        while let Some(path) = wanted.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let file = connection.get(&path);
            assert_eq!(file.status, 200, "{path}");
            let kind = match path.rsplit('.').next() {
                Some("js") => "text/javascript; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                Some("svg") => "image/svg+xml",
                _ => "font/woff2",
            };
            assert_eq!(file.header("content-type"), Some(kind), "{path}");
            if path.starts_with("/docs/assets/") {
                assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"), "{path}");
            }
            if kind.starts_with("text/") {
                wanted.extend(named_in(file.text()).iter().map(|name| format!("/docs/assets/{}", &name[2..])));
            }
        }
        assert!(seen.iter().any(|path| path.ends_with(".woff2")), "fonts are files of this server");
        // Addresses that the page reads, and that its form calls.
        assert_eq!(server.get("/openapi.json").status, 200);
    }
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_runs_nothing_inline() {
    let server = Server::start(&anonymous(""));
    let page = server.get("/docs");
    if !is_built(&page) {
        return;
    }
    let policy = page.header("content-security-policy").unwrap();
    let directives: Vec<&str> = policy.split(';').map(str::trim).collect();
    for expected in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(directives.contains(&expected), "{expected} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let text = page.text();
    for refused in ["src=\"http", "href=\"http", "src=\"//", "href=\"//", "<style", " style=", " onload=", "<script>"] {
        assert!(!text.contains(refused), "{refused}");
    }
    for script in text.split("<script").skip(1) {
        assert!(script.split('>').next().unwrap().contains(" src=\"docs/assets/"), "{script}");
    }
}

#[test]
fn the_page_is_asked_for_again_by_its_etag_and_comes_compressed() {
    let server = Server::start(&anonymous(""));
    let page = server.get("/docs");
    if !is_built(&page) {
        return;
    }
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    let etag = page.header("etag").unwrap();
    let again = server.get_with("/docs", &format!("If-None-Match: {etag}\r\n"));
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("etag"), Some(etag));
    let script = named_in(page.text()).into_iter().find(|name| name.ends_with(".js")).unwrap();
    let plain = server.get(&format!("/{script}"));
    for coding in ["br", "gzip"] {
        let coded = server.get_with(&format!("/{script}"), &format!("Accept-Encoding: {coding}\r\n"));
        assert_eq!((coded.status, coded.header("content-encoding")), (200, Some(coding)));
        assert!(coded.body.len() < plain.body.len(), "{coding}");
        assert_ne!(coded.header("etag"), plain.header("etag"), "another representation");
    }
}

#[test]
fn what_is_no_file_of_the_page_is_refused() {
    let server = Server::start(&anonymous(PORTAL));
    for path in [
        "/docs/",
        "/docs/docs.js",
        "/docs/index.html",
        "/docs/assets/missing.js",
        "/docs/assets/..%2Findex.html",
        "/docs/assets/%2E%2E%2Findex.html",
        "/docs/assets/.gitkeep",
        "/docs/assets/%FF.js",
        "/docs/assets/a/b.js",
    ] {
        let answer = server.get(path);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (404, Some("no such endpoint")), "{path}");
    }
    assert_eq!(server.get("/docs/assets/%zz.js").status, 400, "a malformed escape");
    for path in ["/docs", "/docs/favicon.svg"] {
        let answer = server.connect().request("POST", path, "", b"");
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{path}");
        assert_eq!(server.connect().request("HEAD", path, "", b"").body.len(), 0);
    }
}
