//! The portal's files, or the banner in place of them.

use crate::support::{Server, anonymous};

const PORTAL: &str = "portal: {enabled: true, cookie_secret: '0123456789abcdef'}\n";

/// Security headers of pages.
const PAGE_HEADERS: [&str; 5] = [
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "content-security-policy",
    "strict-transport-security",
];

#[test]
fn the_portal_answers_with_a_build_or_says_how_to_make_one() {
    let server = Server::start(&anonymous(PORTAL));
    let page = server.get("/portal/");
    assert_eq!(page.status, 200);
    if page.header("content-type") == Some("application/json") {
        let banner = page.json();
        assert_eq!((&banner["status"], &banner["name"]), (&"banner".into(), &"api-test".into()));
        assert!(banner["detail"].as_str().unwrap().contains("make ui"));
        return;
    }
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
    let etag = page.header("etag").unwrap().to_owned();
    assert_eq!(server.get_with("/portal/", &format!("If-None-Match: {etag}\r\n")).status, 304);
    assert_eq!(server.get("/portal/audit/some-page").body, page.body, "pages are one application");
    assert_eq!(server.get("/portal/assets/missing.js").status, 404);
    let script =
        page.text().split('"').find(|part| part.contains("/core-") && part.ends_with(".js")).unwrap().to_owned();
    let plain = server.get(&script);
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    for coding in ["br", "gzip"] {
        let coded = server.get_with(&script, &format!("Accept-Encoding: {coding}\r\n"));
        assert_eq!(coded.header("content-encoding"), Some(coding));
        assert!(coded.body.len() < plain.body.len() / 2, "{coding}");
        assert_ne!(coded.header("etag"), plain.header("etag"), "another representation");
    }
}

#[test]
fn other_verbs_and_a_portal_that_is_off_are_refused() {
    let server = Server::start(&anonymous(PORTAL));
    for method in ["POST", "DELETE", "PUT"] {
        assert_eq!(server.connect().request(method, "/portal/", "", b"").status, 405, "{method}");
    }
    assert_eq!(server.connect().request("HEAD", "/portal/", "", b"").status, 200);
    let off = Server::start(&anonymous(""));
    assert_eq!(off.get("/portal/").status, 404);
}

#[test]
fn pages_and_what_stands_behind_them_tell_browsers_what_not_to_do() {
    let server = Server::start(&anonymous(PORTAL));
    for (method, target, status) in [
        ("GET", "/portal/", 200),
        ("HEAD", "/portal/", 200),
        ("GET", "/portal/audit", 200),
        ("POST", "/portal/", 405),
        ("GET", "/portal/auth/login?return=https://evil.example", 302),
        ("GET", "/portal/auth/callback?code=a&state=b", 302),
        ("GET", "/portal/login?error=invalid_state", 200),
        ("GET", "/api/v1/portal/me", 401),
        ("GET", "/api/v1/portal/wellknown", 200),
        ("GET", "/docs", 200),
        ("GET", "/docs/assets/missing.js", 404),
    ] {
        let answer = server.connect().request(method, target, "", b"");
        assert_eq!(answer.status, status, "{method} {target}");
        let one = |name: &str| {
            let values: Vec<_> = answer.headers.iter().filter(|(known, _)| known == name).collect();
            assert_eq!(values.len(), 1, "{method} {target}: {name}");
            values[0].1.as_str()
        };
        assert_eq!(one("x-content-type-options"), "nosniff");
        assert_eq!(one("x-frame-options"), "DENY");
        assert_eq!(one("referrer-policy"), "same-origin");
        assert!(one("content-security-policy").contains("frame-ancestors 'none'"), "{method} {target}");
        assert_eq!(answer.header("strict-transport-security"), None, "only over TLS");
    }
}

#[test]
fn endpoints_have_none_of_it_and_stay_open_to_every_origin() {
    let server = Server::start(&anonymous(PORTAL));
    for target in ["/v1/fixed/hello", "/v1/status/404", "/v1/nothing"] {
        let answer = server.get_with(target, "Origin: https://app.example\r\n");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{target}");
        for name in PAGE_HEADERS {
            assert_eq!(answer.header(name), None, "{target}: {name}");
        }
    }
}
