//! Faults of caches: which answer is reused for which request.

use crate::support::{between, expect, raw, send};

/// The upstream is asked once, and what it answered is given a second time, to the second request.
async fn reused(id: &str, first: &str, answer: &str, second: &str) {
    let mut b = between(id).await;
    b.ask(first).await;
    b.answer(answer).await;
    send(&mut b.client, second).await;
    expect(&mut b.client, &raw(answer)).await;
}

/// Both requests are asked.
async fn not_reused(id: &str, first: &str, answer: &str, second: &str) {
    let mut b = between(id).await;
    b.ask(first).await;
    b.answer(answer).await;
    b.ask(second).await;
    b.answer(answer).await;
}

fn get(target: &str, fields: &str) -> String {
    format!("GET {target} HTTP/1.1\nHost: a\n{fields}\n")
}

fn ok(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\n{fields}Content-Length: 2\n\nhi")
}

#[tokio::test]
async fn answers_are_reused_that_must_not_be() {
    let plain = get("/p", "");
    for (id, fields) in [
        ("cached-without-freshness", ""),
        ("cached-for-ever", "Cache-Control: max-age=1\n"),
        ("cached-expired", "Cache-Control: max-age=0\n"),
        ("cached-no-store", "Cache-Control: no-store\n"),
        ("cached-private", "Cache-Control: private, max-age=9\n"),
        ("cached-no-cache", "Cache-Control: no-cache\n"),
        ("vary-ignored", "Cache-Control: max-age=9\nVary: Accept-Language\n"),
        ("set-cookie-shared", "Set-Cookie: a=1\n"),
    ] {
        reused(id, &plain, &ok(fields), &plain).await;
        let other = if id == "cached-without-freshness" { "Cache-Control: no-store\n" } else { "" };
        not_reused(id, &plain, &ok(other), &plain).await;
    }
    let mine = get("/p", "Authorization: x\n");
    reused("authorized-shared", &mine, &ok("Cache-Control: max-age=9\n"), &plain).await;
    not_reused("authorized-shared", &plain, &ok("Cache-Control: max-age=9\n"), &plain).await;
}

#[tokio::test]
async fn keys_leave_things_out() {
    let fresh = ok("Cache-Control: max-age=9\n");
    reused("key-without-query", &get("/p?a", ""), &fresh, &get("/p?b", "")).await;
    not_reused("key-without-query", &get("/p?a", ""), &fresh, &get("/q?a", "")).await;
    reused("key-without-case", &get("/p", ""), &fresh, &get("/P", "")).await;
    not_reused("key-without-case", &get("/p", ""), &fresh, &get("/q", "")).await;
    reused("key-without-host", &get("/p", ""), &fresh, "GET /p HTTP/1.1\nHost: b\n\n").await;
    let forged = get("/p", "X-Forwarded-Host: evil\n");
    reused("poisoned-by-forwarded-host", &forged, &fresh, &get("/p", "")).await;
    not_reused("poisoned-by-forwarded-host", &forged, &fresh, &get("/q", "")).await;
}

#[tokio::test]
async fn tags_are_compared_by_the_proxy() {
    let mut b = between("not-modified-itself").await;
    b.ask(&get("/p", "")).await;
    b.answer(&ok("ETag: \"a\"\n")).await;
    send(&mut b.client, &get("/p", "If-None-Match: \"a\"\n")).await;
    expect(&mut b.client, &raw("HTTP/1.1 304 Not Modified\n\n")).await;
    b.ask(&get("/p", "If-None-Match: \"b\"\n")).await;
}

#[tokio::test]
async fn errors_are_replaced_by_stale_answers() {
    let mut b = between("stale-on-error").await;
    b.ask(&get("/p", "")).await;
    b.answer(&ok("")).await;
    b.ask(&get("/p", "")).await;
    send(&mut b.server, "HTTP/1.1 500 Oops\nContent-Length: 4\n\noops").await;
    expect(&mut b.client, &raw(&ok(""))).await;
    b.ask(&get("/q", "")).await;
    b.answer("HTTP/1.1 500 Oops\nContent-Length: 4\n\noops").await;
}

#[tokio::test]
async fn calls_are_joined() {
    let mut b = between("calls-joined").await;
    b.ask(&get("/p", "")).await;
    let mut other = b.connect().await;
    let mut unused = b.accept().await;
    send(&mut other, &get("/p", "")).await;
    crate::support::expect_nothing(&mut unused).await;
    b.answer(&ok("")).await;
    expect(&mut other, &raw(&ok(""))).await;
    b.ask(&get("/p", "")).await;
}
