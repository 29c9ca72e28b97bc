//! Responses that no recorded vector covers, as the text of the HTTP surface specifies them: one row per response.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::support::{Response, Server, anonymous};

/// Method, target and header lines of a request, and its status and body.
type Row<'r> = (&'r str, &'r str, &'r str, u16, &'r str);

const PROBLEM: &str = "Accept: application/problem+json\r\n";
const NO_SUCH: &str = "{\"error\":\"no such endpoint\"}\n";
const NOT_ALLOWED: &str = "{\"error\":\"method not allowed\"}\n";

fn check(rows: &[Row<'_>]) {
    let server = Server::start(&anonymous(""));
    for (method, target, headers, status, body) in rows {
        let response = server.connect().request(method, target, headers, b"");
        assert_eq!((response.status, response.text()), (*status, *body), "{method} {target} {headers}");
    }
}

/// Checks refusals of GET with 400; each row is a target and its message.
fn check_refusals(rows: &[(&str, &str)]) {
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for (target, message) in rows {
        let response = connection.get(target);
        assert_eq!((response.status, response.text()), (400, &*format!("{{\"error\":\"{message}\"}}\n")), "{target}");
    }
}

/// Items of the pagination routes, as JSON.
fn items(ids: std::ops::Range<u32>) -> String {
    let item = |id: u32| {
        let hash = Sha256::digest(id.to_string());
        let value = hash[..8].iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        format!("{{\"id\":{id},\"value\":\"{value}\"}}")
    };
    ids.map(item).collect::<Vec<_>>().join(",")
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.header(name).unwrap_or_default()
}

#[test]
fn paths_are_taken_as_they_arrived() {
    check(&[
        ("GET", "//v1/whoami", "", 404, NO_SUCH),
        ("GET", "/v1//whoami", "", 404, NO_SUCH),
        ("GET", "/v1/./whoami", "", 404, NO_SUCH),
        ("GET", "/v1/x/../whoami", "", 404, NO_SUCH),
        ("GET", "/V1/whoami", "", 404, NO_SUCH),
        ("GET", "/v1/whoami/", "", 404, NO_SUCH),
        ("GET", "/v1/who%61mi", "", 404, NO_SUCH),
        ("OPTIONS", "/nope", "", 404, NO_SUCH),
        ("OPTIONS", "/nope", "Access-Control-Request-Method: GET\r\n", 204, ""),
    ]);
}

#[test]
fn other_methods_are_told_what_is_allowed() {
    let server = Server::start(&anonymous(""));
    for (method, target, status, allow, body) in [
        ("OPTIONS", "/v1/whoami", 204, "GET, HEAD", ""),
        ("OPTIONS", "/v1/fixed/a", 204, "GET, HEAD", ""),
        ("OPTIONS", "/healthz", 204, "GET, HEAD", ""),
        ("OPTIONS", "/v1/echo", 204, "DELETE, GET, HEAD, PATCH, POST, PUT", ""),
        ("OPTIONS", "/v1/security/redirect-to", 204, "POST", ""),
        ("DELETE", "/v1/fixed/a", 405, "GET, HEAD", NOT_ALLOWED),
        ("PUT", "/v1/page/mixed", 405, "GET, HEAD", NOT_ALLOWED),
        ("LINK", "/v1/method/echo", 405, "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT", NOT_ALLOWED),
    ] {
        let response = server.connect().request(method, target, "", b"");
        assert_eq!((response.status, response.text()), (status, body), "{method} {target}");
        assert_eq!(header(&response, "allow"), allow, "{method} {target}");
    }
}

#[test]
fn errors_are_problem_details_for_clients_that_ask_for_them() {
    check(&[
        (
            "GET",
            "/nope",
            PROBLEM,
            404,
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"no such endpoint\",\
             \"instance\":\"/nope\"}\n",
        ),
        (
            "DELETE",
            "/v1/fixed/a",
            PROBLEM,
            405,
            "{\"type\":\"about:blank\",\"title\":\"Method Not Allowed\",\"status\":405,\"detail\":\"method not allowed\",\
             \"instance\":\"/v1/fixed/a\"}\n",
        ),
        (
            "GET",
            "/v1/sized?bytes=x",
            PROBLEM,
            400,
            "{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\
             \"detail\":\"bytes must be a non-negative integer\",\"instance\":\"/v1/sized\"}\n",
        ),
    ]);
}

#[test]
fn request_ids_are_taken_over_up_to_128_characters() {
    let server = Server::start(&anonymous(""));
    for (id, taken) in [("~".repeat(128), true), ("x".repeat(129), false), ("a b".to_owned(), false)] {
        let response = server.get_with("/healthz", &format!("X-Request-Id: {id}\r\n"));
        let answered = header(&response, "x-request-id");
        assert_eq!(answered == id, taken, "{id}");
        assert!(taken || uuid::Uuid::parse_str(answered).is_ok(), "{answered}");
    }
}

#[test]
fn data_and_failure() {
    check(&[
        ("GET", "/v1/lorem?words=1&seed=fixed", "", 200, "{\"words\":1,\"body\":\"Est.\"}\n"),
        ("GET", "/v1/status/205", "", 205, "{\"status\":205,\"message\":\"Reset Content\"}\n"),
        ("HEAD", "/v1/status/503", "", 503, ""),
        ("GET", "/v1/slow?ms=abc", "", 200, "{\"slept_ms\":0,\"requested_ms\":0}\n"),
        ("GET", "/v1/slow?ms=-99999999999999999999", "", 200, "{\"slept_ms\":0,\"requested_ms\":0}\n"),
        (
            "GET",
            "/v1/flaky?fail_rate=.5&seed=demo&call_id=1",
            "",
            200,
            "{\"failed\":false,\"roll\":0.6491098908758416,\"fail_rate\":0.5}\n",
        ),
        (
            "GET",
            "/v1/flaky?fail_rate=NaN&seed=demo&call_id=1",
            "",
            200,
            "{\"failed\":false,\"roll\":0.6491098908758416,\"fail_rate\":0}\n",
        ),
        (
            "GET",
            "/v1/flaky?fail_rate=-0&seed=demo&call_id=1",
            "",
            200,
            "{\"failed\":false,\"roll\":0.6491098908758416,\"fail_rate\":0}\n",
        ),
    ]);
    let server = Server::start(&anonymous(""));
    let longest = server.get("/v1/lorem?words=5000&seed=fixed").json();
    assert_eq!(longest["body"].as_str().unwrap().split(' ').count(), 5000);
    assert_eq!(server.get("/v1/lorem?words=-1&seed=a").text(), server.get("/v1/lorem?words=50&seed=a").text());
    assert_ne!(server.get("/v1/lorem").text(), server.get("/v1/lorem").text(), "without a seed it is random");
    assert_ne!(server.get("/v1/flaky").text(), server.get("/v1/flaky").text(), "without a seed it is random");
}

#[test]
fn echo_repeats_any_body() {
    let server = Server::start(&anonymous(""));
    let deepest = format!("{}{}", "[".repeat(128), "]".repeat(128));
    let deeper = format!("[{deepest}]");
    for (body, shown) in [
        (&b"\xff\xfe"[..], "\"body_base64\":\"//4=\"".to_owned()),
        (b"null", "\"body\":null".to_owned()),
        (b"\"<&>\"", "\"body\":\"\\u003c\\u0026\\u003e\"".to_owned()),
        (
            b"{\"n\":12345678901234567890.10,\"e\":1E+2,\"z\":-0}",
            "\"body\":{\"e\":1E+2,\"n\":12345678901234567890.10,\"z\":-0}".to_owned(),
        ),
        (deepest.as_bytes(), format!("\"body\":{deepest}")),
        (deeper.as_bytes(), format!("\"body_raw_text\":\"{deeper}\"")),
    ] {
        let response = server.connect().request("POST", "/v1/echo", "", body);
        let expected = format!("}},{shown},\"body_size\":{}}}\n", body.len());
        assert!(response.status == 200 && response.text().ends_with(&expected), "{}", response.text());
    }
    let query = server.get("/v1/echo?a;b=1&c=%zz&d=%").json()["query"].to_string();
    assert_eq!(query, r#"{"a;b":["1"],"c":["%zz"],"d":["%"]}"#);
}

#[test]
fn streams_name_their_type_and_may_be_empty() {
    let server = Server::start(&anonymous(""));
    for (kind, content_type, first) in [
        ("chunked", "text/plain; charset=utf-8", "chunk 0: uniform\n"),
        ("sse", "text/event-stream", "id: 0\ndata: {\"id\":0,\"word\":\"uniform\"}\n\n"),
        ("ndjson", "application/x-ndjson", "{\"index\":0,\"word\":\"uniform\"}\n"),
    ] {
        let target = format!("/v1/streaming/{kind}");
        let one = server.get(&format!("{target}?count=1&seed=fixed"));
        assert_eq!((one.status, one.text()), (200, first), "{kind}");
        assert_eq!(header(&one, "content-type"), content_type);
        assert_eq!(one.header("cache-control"), (kind == "sse").then_some("no-store"), "{kind}");
        assert_eq!(server.get(&format!("{target}?count=0")).text(), "", "{kind}");
        let head = server.connect().request("HEAD", &target, "", b"");
        assert_eq!((head.status, head.text(), header(&head, "content-type")), (200, "", content_type));
        for (query, message) in [
            ("count=1001", "count 1001 exceeds max 1000"),
            ("count=99999999999999999999", "count must be a non-negative integer"),
            ("count=x&delay_ms=x", "count must be a non-negative integer"),
            ("count=1&delay_ms=5001", "delay_ms 5001 exceeds max 5000"),
        ] {
            let refused = server.get(&format!("{target}?{query}"));
            assert_eq!((refused.status, &refused.json()["error"]), (400, &message.into()), "{kind} {query}");
        }
    }
}

#[test]
fn pages_in_every_dialect() {
    let (first, last) = (items(0..2), items(2..3));
    let server = Server::start(&anonymous(""));
    let mut connection = server.connect();
    for (dialect, signal) in [
        ("cursor", ",\"next_cursor\":\"Mg\""),
        ("cursor-camel", ",\"nextCursor\":\"Mg\""),
        ("google", ",\"next_page_token\":\"Mg\""),
        ("google-camel", ",\"nextPageToken\":\"Mg\""),
        ("generic", ",\"next\":\"Mg\""),
        ("none", ""),
        ("mixed", ",\"next_cursor\":\"Mg\""),
    ] {
        let page = connection.get(&format!("/v1/page/{dialect}?total=3&limit=2"));
        assert_eq!((page.status, page.text()), (200, &*format!("{{\"items\":[{first}]{signal}}}\n")), "{dialect}");
        let link = page.header("link").map(str::to_owned);
        let end = connection.get(&format!("/v1/page/{dialect}?total=3&limit=2&cursor=Mg"));
        assert_eq!((end.status, end.text()), (200, &*format!("{{\"items\":[{last}]}}\n")), "{dialect}");
        assert_eq!(end.header("link"), None, "{dialect}");
        match (dialect, link) {
            ("mixed", Some(link)) => {
                let next = link.strip_prefix("<http://").and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
                let target = &next[next.find('/').unwrap()..];
                assert_eq!(connection.get(target).text(), end.text(), "both signals lead to the same page");
            }
            (_, link) => assert_eq!(link, None, "{dialect}"),
        }
    }
    for alias in ["link?page=2&per_page=2&total=3", "odata?$top=2&total=3", "cursor?limit=2&total=3"] {
        let [short, long] = ["page", "pagination"].map(|root| connection.get(&format!("/v1/{root}/{alias}")));
        let renamed = |text: &str| text.replace("/v1/pagination/", "/v1/page/");
        assert_eq!(short.text(), renamed(long.text()), "{alias}");
        assert_eq!(header(&short, "link"), renamed(header(&long, "link")), "{alias}");
    }
}

#[test]
fn values_that_no_route_accepts() {
    check_refusals(&[
        ("/v1/sized?bytes=-1", "bytes must be a non-negative integer"),
        ("/v1/sized?bytes=99999999999999999999", "bytes must be a non-negative integer"),
        ("/v1/slow?ms=99999999999999999999", "ms 9223372036854775807 exceeds max 60000"),
        ("/v1/pagination/odata?$skip=-1", "$skip must be a non-negative integer"),
        ("/v1/pagination/odata?$top=x", "$top must be a positive integer"),
        ("/v1/pagination/odata?$top=-1", "$top must be a positive integer"),
        ("/v1/pagination/odata?total=0", "total must be a positive integer"),
        ("/v1/pagination/cursor?limit=x", "limit must be a positive integer"),
        ("/v1/pagination/cursor?limit=-1", "limit must be a positive integer"),
        ("/v1/pagination/cursor?total=x", "total must be a positive integer"),
        ("/v1/pagination/link?per_page=x", "per_page must be a positive integer"),
        ("/v1/page/google?limit=1001", "limit 1001 exceeds max 1000"),
        ("/v1/page/generic?total=10001", "total 10001 exceeds max 10000"),
        ("/v1/page/none?cursor=!", "cursor is malformed"),
        ("/v1/export/big-body?size_kb=x", "size_kb must be a positive integer"),
        ("/v1/export/big-body?size_kb=10241", "size_kb 10241 exceeds max 10240"),
        ("/v1/export/csv?rows=x", "rows must be a positive integer"),
        ("/v1/export/csv?rows=-1", "rows must be a positive integer"),
        ("/v1/export/csv?rows=99999999999999999999", "rows must be a positive integer"),
        ("/v1/export/long-running?duration_ms=0", "duration_ms must be a positive integer"),
    ]);
}

#[test]
fn methods_probes_and_exports() {
    check(&[
        ("DELETE", "/v1/method/echo", "", 200, "{\"method\":\"DELETE\",\"path\":\"/v1/method/echo\"}\n"),
        (
            "PATCH",
            "/v1/method/echo?a=1",
            "",
            200,
            "{\"method\":\"PATCH\",\"path\":\"/v1/method/echo\",\"query\":{\"a\":[\"1\"]}}\n",
        ),
        ("HEAD", "/v1/security/admin/secret", "", 200, ""),
        ("GET", "/v1/security/fetch?url=%FF", "", 200, "{\"asked_for\":\"\\ufffd\",\"would_have_fetched\":false}\n"),
        ("GET", "/v1/security/big-headers", "", 200, "{\"header_count\":64,\"header_bytes\":33910}\n"),
        ("GET", "/v1/security/control-chars?q=", "", 200, "{\"q\":\"\",\"byte_count\":0,\"has_control\":false}\n"),
        ("GET", "/v1/export/long-running?duration_ms=1", "", 200, "{\"slept_ms\":1}\n"),
        ("GET", "/v1/export/long-running", "", 200, "{\"slept_ms\":1000}\n"),
        ("HEAD", "/v1/export/csv?rows=1", "", 200, ""),
        ("HEAD", "/readyz", "", 200, ""),
    ]);
    let server = Server::start(&anonymous(""));
    assert_eq!(server.get("/v1/security/fetch?url=").status, 400);
    let probe = |url: &str| server.connect().request("POST", &format!("/v1/security/redirect-to?url={url}"), "", b"");
    for control in ["%0d", "%0a", "%00", "%01", "%1b", "%7f"] {
        let refused = probe(&format!("a{control}b"));
        assert_eq!((refused.status, refused.header("x-would-redirect-to")), (400, None), "{control}");
    }
    let answered = probe("https://evil.example/%3Cx%3E");
    assert_eq!(answered.text(), "{\"would_redirect_to\":\"https://evil.example/\\u003cx\\u003e\"}\n");
    assert_eq!(answered.header("x-would-redirect-to"), Some("https://evil.example/<x>"));
    assert_eq!(answered.header("location"), None);
    let shown = server.get_with("/v1/headers", "X-Secret-Thing: s\r\nX-Odd: 1\r\nX-Odd: 2\r\n");
    assert_eq!(shown.json()["headers"]["X-Secret-Thing"], serde_json::json!(["[redacted]"]));
    assert_eq!(shown.json()["headers"]["X-Odd"], serde_json::json!(["1", "2"]));
}

#[test]
fn documents_of_a_server_without_oidc() {
    let server = Server::start(&anonymous(""));
    assert_eq!(header(&server.get("/openapi.yaml"), "content-type"), "application/yaml");
    let resource = server.get("/.well-known/oauth-protected-resource");
    assert_eq!((resource.status, &resource.json()["resource"]), (200, &"http://localhost:8080".into()));
    assert_eq!(resource.json().get("authorization_servers"), None);
    for document in ["openid-configuration", "oauth-authorization-server"] {
        let response = server.get(&format!("/.well-known/{document}"));
        assert_eq!((response.status, response.text()), (404, NO_SUCH), "{document}");
    }
}
