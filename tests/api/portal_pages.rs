//! The portal's files, or the banner in their place.

use crate::support::{Server, anonymous};

const PORTAL: &str = "portal: {enabled: true, cookie_secret: '0123456789abcdef'}\n";

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
    let script = page.text().split('"').find(|part| part.ends_with(".js")).unwrap().to_owned();
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
