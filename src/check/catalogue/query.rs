//! Group 2: query.

use crate::check::{declaration::Check, probe::Probe};

pub(super) const CHECKS: &[Check] = &[
    Check::request("2.1", "order of parameters", "RFC 3986, section 3.4", || vec![get("unsorted", "b=2&a=1&c=3&b=1")]),
    Check::request("2.2", "repeated parameters collapsed", "RFC 3986, section 3.4", || {
        vec![get("repeated", "a=1&a=2&a=1")]
    }),
    Check::request("2.3", "a against a=", "WHATWG URL, section 5.2", || {
        vec![get("without", "a&b=1"), get("with", "a=&b=1")]
    }),
    Check::request("2.4", "lone ? dropped", "RFC 3986, section 6.2.3", || vec![get("lone question mark", "")]),
    Check::request("2.5", "+ against %20", "WHATWG URL, section 5.1", || {
        vec![get("plus", "q=a+b"), get("escape", "q=a%20b")]
    }),
    Check::request("2.6", "%2B decoded to +", "RFC 3986, section 2.2", || vec![get("escaped plus", "q=c%2B%2B")]),
    Check::request("2.7", "%26, %3D, %23 decoded", "RFC 3986, section 2.2", || {
        vec![get("ampersand", "q=k%26r"), get("equals", "q=k%3Dr"), get("number sign", "q=k%23r")]
    }),
    Check::request("2.8", "; replaced, escaped or cut", "WHATWG URL, section 5.1", || {
        vec![get("semicolon between", "a=1;b=2"), get("semicolon at the end", "a=1&b=2;c")]
    }),
    Check::request("2.9", "escapes that are not UTF-8", "RFC 3986, section 2.5", || vec![get("Latin-1", "s=%E9%FF")]),
    Check::request("2.10", "brackets, quotes, pipes", "RFC 3986, section 3.4", || {
        vec![
            get("brackets", "f[a]=1"),
            get("pipe", "a=x|y"),
            get("quotes", "a=\"x\""),
            get("escaped", "f%5Ba%5D=%7B%7D%7C"),
            get("braces", "a={x}"),
        ]
    }),
    Check::request("2.11", "empty pairs", "WHATWG URL, section 5.1", || {
        vec![get("two ampersands", "a=1&&b=2"), get("at the end", "a=1&"), get("at the begin", "&a=1")]
    }),
    Check::request("2.12", "parameters added by the gateway", "RFC 9110, section 7.7", || {
        vec![get("one parameter", "a=1"), Probe::get("no query", "/a").into()]
    }),
    Check::request("2.13", "credential parameters removed", "RFC 6750, section 2.3", || {
        vec![
            get("api_key", "a=1&api_key=marked"),
            get("access_token", "access_token=marked&a=1"),
            get("apikey", "apikey=marked"),
            get("token", "token=marked&a=1"),
        ]
    }),
    Check::request("2.14", "second ? inside the query", "RFC 3986, section 3.4", || {
        vec![get("second question mark", "a=b?c=d")]
    }),
];

fn get(name: &'static str, query: &str) -> Probe {
    Probe::get(name, &format!("/a?{query}")).into()
}
