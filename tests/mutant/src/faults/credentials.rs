//! Identity and credentials (group 8), CORS (group 21).

use crate::fault::{Answer, Commit, Fault};

pub(super) const FAULTS: &[Fault] = &[
    Fault::request("authorization-removed", &["8.1"], "Removes `Authorization`.", |head, _| {
        head.remove("Authorization");
    }),
    Fault::request("authorization-replaced", &["8.1"], "Replaces `Authorization` by a token of its own.", |head, _| {
        head.replace("Authorization", "Bearer mutant");
    }),
    Fault::request(
        "authorization-scheme-lower",
        &["8.1"],
        "Writes the scheme of `Authorization` in lower case.",
        |head, _| {
            head.edit("Authorization", |value| {
                let end = value.iter().position(|byte| *byte == b' ')?;
                let (scheme, rest) = value.split_at(end);
                Some([&scheme.to_ascii_lowercase(), rest].concat())
            });
        },
    ),
    Fault::request("key-removed", &["8.2"], "Removes `X-Api-Key`.", |head, _| head.remove("X-Api-Key")).also(&["3.14"]),
    Fault::request("key-swapped", &["8.2"], "Replaces the value of `X-Api-Key`.", |head, _| {
        head.replace("X-Api-Key", "mutant-upstream-key");
    })
    .also(&["3.14"]),
    Fault::request("cookie-removed", &["8.2", "20.2"], "Removes `Cookie`.", |head, _| head.remove("Cookie"))
        .also(&["20.1"]),
    Fault::request(
        "consumer-added",
        &["8.3"],
        "Adds `X-Consumer-Username` to requests with `Authorization`.",
        |head, _| {
            if head.has("Authorization") {
                head.add("X-Consumer-Username", "mutant");
            }
        },
    )
    .also(&["3.15"]),
    Fault::request("identity-removed", &["8.4", "3.24"], "Removes `X-User-Id` and `X-Consumer-*`.", |head, _| {
        head.keep(|line| !line.is("X-User-Id") && !line.name().to_ascii_lowercase().starts_with(b"x-consumer-"));
    })
    .also(&["3.14"]),
    Fault::request(
        "client-cert-removed",
        &["8.5"],
        "Removes `Client-Cert` and `X-Forwarded-Client-Cert`.",
        |head, _| {
            head.keep(|line| !line.is("Client-Cert") && !line.is("X-Forwarded-Client-Cert"));
        },
    )
    .also(&["3.14"]),
    Fault::response("challenge-replaced", &["8.7"], "Replaces `WWW-Authenticate` by its own challenge.", |head, _| {
        head.replace("WWW-Authenticate", "Bearer realm=\"gateway\"");
    }),
    Fault::response("challenges-joined", &["8.7", "11.3"], "Joins `WWW-Authenticate` lines.", |head, _| {
        head.join("WWW-Authenticate", ", ");
    }),
    Fault::new(
        "unauthorized",
        &["8.8"],
        "Answers 401 itself to requests with a Basic credential.",
        Commit::Answer(|head, _| {
            let basic = head.get("Authorization").is_some_and(|value| value.starts_with(b"Basic "));
            basic.then(|| Answer::new("401 Unauthorized", "WWW-Authenticate: Bearer\r\n", "no\n"))
        }),
    )
    .also(&["8.1"]),
    Fault::new(
        "preflight-answered",
        &["21.1"],
        "Answers preflights itself.",
        Commit::Answer(|head, _| {
            let preflight = head.method() == b"OPTIONS" && head.has("Access-Control-Request-Method");
            let fields = "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, POST\r\n";
            preflight.then(|| Answer::new("200 OK", fields, ""))
        }),
    )
    .also(&["7.3"]),
    Fault::response("cors-doubled", &["21.2"], "Adds a second `Access-Control-Allow-Origin`.", |head, asked| {
        if asked.has("Origin") {
            head.add("Access-Control-Allow-Origin", "*");
        }
    })
    .also(&["11.1"]),
    Fault::response("cors-overwritten", &["21.2"], "Overwrites `Access-Control-Allow-Origin` with `*`.", |head, _| {
        head.replace("Access-Control-Allow-Origin", "*");
    }),
    Fault::response("cors-removed", &["21.2"], "Removes the CORS fields of responses.", |head, _| {
        head.keep(|line| !line.name().to_ascii_lowercase().starts_with(b"access-control-"));
    })
    .also(&["11.2"]),
    Fault::new(
        "forbidden-without-cors",
        &["21.3", "30.4"],
        "Answers 403 itself, without CORS fields, to requests with `Origin: https://evil.example`.",
        Commit::Answer(|head, _| {
            let evil = head.get("Origin") == Some(b"https://evil.example");
            evil.then(|| Answer::new("403 Forbidden", "Content-Type: text/html\r\n", "<h1>403</h1>mutant 1.2.3\n"))
        }),
    )
    .also(&["8.8", "30.1", "30.2"]),
];
