//! Tokens of a real OpenID provider, and every way we know to forge one. Each attack has one test and one outcome.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{
    Server,
    oidc::{Provider, now, token, whoami},
};

const INVALID: &str = r#"Bearer realm="api-test", error="invalid_token""#;

/// Provider, and a server that accepts its tokens.
struct Setting {
    provider: Provider,
    server: Server,
}

impl Setting {
    fn new() -> Self {
        Self::with("")
    }

    fn with(oidc: &str) -> Self {
        let provider = Provider::start();
        let server = Server::start(&provider.config(oidc));
        Self { provider, server }
    }

    /// Checks that the token is accepted as `subject`.
    fn admits(&self, token: &str, subject: &str) {
        let answer = whoami(&mut self.server.connect(), token);
        assert_eq!(answer.status, 200, "{}\n{}", answer.text(), self.server.log().join("\n"));
        let who = answer.json();
        assert_eq!((who["subject"].as_str(), who["auth_type"].as_str()), (Some(subject), Some("oauth2")));
    }

    /// Checks that the token is refused, with one log line that has `reason` and nothing of the token.
    fn refuses(&self, token: &str, reason: &str) {
        let count = |log: &[String]| log.iter().filter(|line| line.contains("oidc: token refused")).count();
        let before = count(&self.server.log());
        let mut connection = self.server.connect();
        let answer = whoami(&mut connection, token);
        assert_eq!(answer.status, 401, "{}", answer.text());
        assert_eq!(answer.text(), "{\"error\":\"invalid credential\"}\n");
        assert_eq!(answer.header("www-authenticate"), Some(INVALID));
        let wanted = format!("\"reason\":\"{reason}\"");
        let line = self.server.wait_for_line(|line| line.contains("oidc: token refused") && line.contains(&wanted));
        assert!(line.contains("WARN"), "{line}");
        self.server.wait_for_access(answer.header("x-request-id").unwrap());
        let log = self.server.log();
        assert_eq!(count(&log), before + 1, "one line a refusal");
        let leaked = token.split('.').filter(|part| part.len() > 20).any(|part| log.iter().any(|l| l.contains(part)));
        assert!(!leaked, "the token is in the log");
    }
}

fn parts(token: &str) -> (Value, Value, Vec<u8>) {
    let decoded: Vec<Vec<u8>> = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
    (json(&decoded[0]), json(&decoded[1]), decoded[2].clone())
}

#[test]
fn a_token_of_client_credentials_lets_its_subject_in() {
    let setting = Setting::with(", allowed_clients: [plexara-cc]");
    let token = setting.provider.token();
    setting.admits(&token, "plexara-cc");
    let who = whoami(&mut setting.server.connect(), &token).json();
    assert_eq!(who["scopes"], json!(["read"]));
    assert_eq!(who["claims"]["client_id"], "plexara-cc");
    assert_eq!(who.get("key_name"), None);
}

#[test]
fn every_accepted_algorithm_is_verified() {
    let setting = Setting::new();
    for alg in ["RS256", "PS256", "ES256", "ES384", "EdDSA"] {
        let good = setting.provider.signed_as(&json!({ "alg": alg }), &json!({ "sub": alg }));
        setting.admits(&good, alg);
        let (header, mut claims, signature) = parts(&good);
        claims["sub"] = json!("admin");
        setting.refuses(&token(&header, &claims, &signature), "signature");
    }
}

#[test]
fn alg_none_is_refused() {
    let setting = Setting::new();
    for alg in ["none", "None", "NONE"] {
        setting.refuses(&token(&json!({ "alg": alg }), &setting.provider.claims(&json!({})), b""), "alg");
    }
}

#[test]
fn hs256_with_the_public_key_as_secret_is_refused() {
    let setting = Setting::new();
    let key = setting.provider.public_key("RS256");
    let (header, claims) = (json!({"alg": "HS256", "kid": key["kid"]}), setting.provider.claims(&json!({})));
    let unsigned = token(&header, &claims, b"");
    let secret = jsonwebtoken::EncodingKey::from_secret(key["n"].as_str().unwrap().as_bytes());
    let signed = unsigned.trim_end_matches('.');
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256).unwrap();
    setting.refuses(&format!("{signed}.{signature}"), "alg");
}

#[test]
fn a_wrong_key_id_is_refused() {
    let setting = Setting::new();
    let key = setting.provider.public_key("ES256");
    for kid in [json!("unknown"), json!(""), key["kid"].clone()] {
        setting.refuses(&setting.provider.signed_as(&json!({"alg": "RS256", "kid": kid}), &json!({})), "kid");
    }
}

#[test]
fn a_key_id_with_a_path_or_sql_is_but_an_unknown_id() {
    let setting = Setting::new();
    for kid in ["../../../../dev/null", "file:///etc/passwd", "x' UNION SELECT 'secret' --", "a\r\nb\u{1b}[31m"] {
        setting.refuses(&setting.provider.signed_as(&json!({"alg": "RS256", "kid": kid}), &json!({})), "kid");
    }
    assert!(setting.provider.count("/jwks") <= 2, "one fetch at boot, one for all unknown ids");
    let log = setting.server.log().join("\n");
    assert!(!log.contains('\u{1b}') && !log.contains("a\r\nb"), "control characters are escaped");
}

#[test]
fn an_embedded_key_is_not_looked_at() {
    let setting = Setting::new();
    let stranger = Provider::start();
    let url = format!("{}/jwks", stranger.issuer);
    let own = stranger.public_key("ES256");
    for (name, value) in [("jwk", own.clone()), ("jku", json!(url)), ("x5u", json!(url)), ("x5c", json!(["MIIB"]))] {
        let kid = setting.provider.public_key("ES256")["kid"].clone();
        let header = json!({"alg": "ES256", "kid": kid, name: value});
        let claims = setting.provider.claims(&json!({}));
        let forged = stranger.signed_as(&header, &claims);
        setting.refuses(&forged, "signature");
    }
    assert_eq!(stranger.count("/jwks"), 0, "nothing is fetched for a token");
}

#[test]
fn an_expired_token_is_refused_beyond_the_leeway_only() {
    let setting = Setting::new();
    setting.admits(&setting.provider.signed(&json!({"exp": now() - 20, "sub": "late"})), "late");
    setting.refuses(&setting.provider.signed(&json!({"exp": now() - 31})), "exp");
    setting.refuses(&setting.provider.signed(&json!({"exp": null})), "exp");
}

#[test]
fn a_token_that_is_not_yet_valid_is_refused_beyond_the_leeway_only() {
    let setting = Setting::new();
    setting.admits(&setting.provider.signed(&json!({"nbf": now() + 25, "sub": "early"})), "early");
    setting.refuses(&setting.provider.signed(&json!({"nbf": now() + 40})), "nbf");
}

#[test]
fn the_leeway_is_configurable_and_a_remembered_token_ends_with_it() {
    let setting = Setting::with(", clock_skew_seconds: 0");
    setting.refuses(&setting.provider.signed(&json!({"exp": now() - 1})), "exp");
    // A busy machine may not send the token twice before it expires; then try one with a longer life.
    let remembered = [2, 4, 8, 16, 32].into_iter().any(|seconds| {
        let end = now() + seconds;
        let token = setting.provider.signed(&json!({ "exp": end }));
        let mut connection = setting.server.connect();
        let mut admitted = 0;
        let refused = loop {
            let answer = whoami(&mut connection, &token);
            if answer.status != 200 {
                break answer;
            }
            admitted += 1;
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        assert!(now() >= end, "refused before its end");
        setting.server.wait_for_access(refused.header("x-request-id").unwrap());
        setting.refuses(&token, "exp");
        admitted > 1
    });
    assert!(remembered, "never shown twice in time");
}

#[test]
fn another_issuer_is_refused_a_trailing_slash_included() {
    let setting = Setting::new();
    let issuer = setting.provider.issuer.clone();
    for other in [format!("{issuer}/"), issuer.to_uppercase(), "https://other.example.test".to_owned()] {
        setting.refuses(&setting.provider.signed(&json!({ "iss": other })), "iss");
    }
    setting.refuses(&setting.provider.signed(&json!({"iss": null})), "iss");
}

#[test]
fn the_audience_may_be_a_text_or_a_list_but_must_be_there() {
    let setting = Setting::new();
    setting.admits(&setting.provider.signed(&json!({"aud": "urn:api-test", "sub": "text"})), "text");
    setting.admits(&setting.provider.signed(&json!({"aud": ["urn:x", "urn:api-test"], "sub": "list"})), "list");
    for aud in [json!("urn:other"), json!(["urn:x", "urn:y"]), json!([]), json!({"urn:api-test": 1}), Value::Null] {
        setting.refuses(&setting.provider.signed(&json!({ "aud": aud })), "aud");
    }
}

#[test]
fn a_client_that_is_not_allowed_is_refused() {
    let setting = Setting::with(", allowed_clients: [plexara-cc]");
    for claim in ["azp", "client_id", "appid"] {
        let change = |client: &str| {
            let mut change = json!({"client_id": null, "sub": claim});
            change[claim] = json!(client);
            change
        };
        setting.admits(&setting.provider.signed(&change("plexara-cc")), claim);
        setting.refuses(&setting.provider.signed(&change("plexara-ac")), "client");
    }
    setting.refuses(&setting.provider.signed(&json!({"client_id": null})), "client");
}

#[test]
fn a_token_for_the_portal_client_opens_nothing() {
    let provider = Provider::start();
    let config = provider.config(", client_id: api-test-portal").replace("audience: 'urn:api-test', ", "");
    let setting = Setting { server: Server::start(&config), provider };
    setting.admits(&setting.provider.signed(&json!({"sub": "any-audience"})), "any-audience");
    let id_token = json!({"aud": "api-test-portal", "azp": null, "client_id": null, "nonce": "n"});
    setting.refuses(&setting.provider.signed(&id_token), "aud");
    let mut doubled = id_token;
    doubled["aud"] = json!(["api-test-portal", "api-test-portal"]);
    setting.refuses(&setting.provider.signed(&doubled), "aud");
}

#[test]
fn a_token_of_one_mebibyte_is_refused_by_the_limit_of_the_head() {
    let setting = Setting::new();
    let huge = token(&json!({"alg": "RS256"}), &json!({"a": "x".repeat(1024 * 1024)}), b"s");
    let answer = whoami(&mut setting.server.connect(), &huge);
    assert_eq!(answer.status, 431, "{}", answer.text());
    let large = token(&json!({"alg": "RS256"}), &json!({"a": "x".repeat(20 * 1024)}), b"s");
    setting.refuses(&large, "size");
}

#[test]
fn a_jwt_is_never_taken_for_a_static_token() {
    let provider = Provider::start();
    let long = format!(r#"{{"alg":"RS256","x":"{}"}}"#, "x".repeat(6000));
    let huge = format!(r#"{{"alg":"RS256","x":"{}"}}"#, "x".repeat(40_000));
    let headers = [
        (long.as_str(), "signature"),
        (huge.as_str(), "size"),
        (r#"{"alg":"RS256","alg":"RS256"}"#, "malformed"),
        (r#"{"alg":"RS256","kid":"a","kid":"b"}"#, "malformed"),
        (r#"{"alg":"RS256","crit":null}"#, "crit"),
        (r#"{"alg":["RS256"]}"#, "alg"),
    ];
    let claims = provider.claims(&json!({})).to_string();
    let token = |header: &str| format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(&claims));
    let entries: Vec<String> = headers
        .iter()
        .enumerate()
        .map(|(n, (header, _))| format!("{{name: t{n}, token: '{}'}}", token(header)))
        .collect();
    let config = format!("bearer: {{tokens: [{}]}}\n{}", entries.join(", "), provider.config(""));
    let setting = Setting { server: Server::start(&config), provider };
    for (header, reason) in headers {
        setting.refuses(&token(header), reason);
    }
}

#[test]
fn a_subject_that_is_no_text_is_refused_whatever_the_user_name() {
    let setting = Setting::new();
    for sub in [json!(12345), json!(""), json!(["dev"]), json!({"a": 1})] {
        setting.refuses(&setting.provider.signed(&json!({"sub": sub, "preferred_username": "admin"})), "sub");
    }
    setting.admits(&setting.provider.signed(&json!({"sub": null, "preferred_username": "fallback"})), "fallback");
}

#[test]
fn a_nested_json_bomb_is_refused() {
    let setting = Setting::new();
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#);
    let claims = URL_SAFE_NO_PAD.encode(format!("{{\"a\":{}{}}}", "[".repeat(4000), "]".repeat(4000)));
    setting.refuses(&format!("{header}.{claims}.c2ln"), "malformed");
}

#[test]
fn es256_signatures_can_be_mirrored_but_not_made_up() {
    // ECDSA accepts (r, n − s) as well as (r, s), and signers don't normalise, so the mirrored signature is valid for
    // the same claims.
    let setting = Setting::new();
    let good = setting.provider.signed_as(&json!({"alg": "ES256"}), &json!({"sub": "mirror"}));
    let (header, claims, signature) = parts(&good);
    let mut mirrored = signature[..32].to_vec();
    mirrored.extend(order_minus(&signature[32..]));
    let signed = good.rsplit_once('.').unwrap().0;
    setting.admits(&format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mirrored)), "mirror");
    for made_up in [vec![0; 64], vec![], vec![0; 63], vec![0xff; 64], [signature.as_slice(), b"\0"].concat()] {
        setting.refuses(&token(&header, &claims, &made_up), "signature");
    }
}

/// Returns the order of P-256 minus a number, both big-endian.
fn order_minus(number: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad,
        0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let mut borrow = 0_i16;
    let mut difference = vec![0; 32];
    for at in (0..32).rev() {
        let digit = i16::from(ORDER[at]) - i16::from(number[at]) - borrow;
        borrow = i16::from(digit < 0);
        difference[at] = u8::try_from(digit + 256 * borrow).unwrap();
    }
    difference
}

#[test]
fn a_static_bearer_token_and_a_key_stand_beside_tokens_of_the_provider() {
    let provider = Provider::start();
    let config = format!(
        "{}bearer: {{tokens: [{{name: static, token: tok.with.dots}}]}}\napi_keys: {{file: [{{name: k, key: key-1}}]}}\n\
         auth: {{allow_anonymous: true}}\n",
        provider.config("")
    );
    let setting = Setting { server: Server::start(&config), provider };
    let mut connection = setting.server.connect();
    assert_eq!(whoami(&mut connection, "tok.with.dots").json()["auth_type"], "bearer");
    assert_eq!(whoami(&mut connection, "not.the.one").status, 401);
    assert_eq!(connection.get("/v1/whoami").json()["auth_type"], "anonymous");
    let good = setting.provider.token();
    setting.admits(&good, "plexara-cc");
    let both = format!("X-API-Key: wrong\r\nAuthorization: Bearer {good}\r\n");
    assert_eq!(connection.request("GET", "/v1/whoami", &both, b"").status, 401, "the key is judged first");
    setting.refuses(&setting.provider.signed(&json!({"exp": 1})), "exp");
}

#[test]
fn skipping_signatures_still_checks_claims() {
    let provider = Provider::start();
    let config = provider.config(", skip_signature_verification: true");
    let setting = Setting { server: Server::start_with(&config, &[("APITEST_INSECURE", "1")]), provider };
    setting.server.wait_for_line(|line| line.contains("WARN") && line.contains("skip_signature_verification"));
    let claims = setting.provider.claims(&json!({"sub": "forged"}));
    setting.admits(&token(&json!({"alg": "RS256"}), &claims, b"x"), "forged");
    setting.refuses(&token(&json!({"alg": "none"}), &claims, b""), "alg");
    let expired = setting.provider.claims(&json!({"exp": 1}));
    setting.refuses(&token(&json!({"alg": "RS256"}), &expired, b"x"), "exp");
}
