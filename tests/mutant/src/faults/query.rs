//! Query (group 2).

use super::edit::{escape, escapes, name, pairs, replace, unescape};
use crate::fault::Fault;
use crate::http1::Head;

pub(super) const FAULTS: &[Fault] = &[
    Fault::request("query-sorted", &["2.1"], "Sorts the parameters by name.", |head, _| {
        each(head, |mut pairs| {
            pairs.sort_by(|one, other| name(one).cmp(name(other)));
            pairs
        });
    }),
    Fault::request("query-last-wins", &["2.2"], "Keeps the last of parameters with one name.", |head, _| {
        each(head, |pairs| {
            let later = |at: usize| pairs.iter().skip(at + 1);
            let kept =
                |(at, pair): &(usize, &&[u8])| !later(*at).any(|other| name(other) == name(pair) && !pair.is_empty());
            pairs.iter().enumerate().filter(kept).map(|(_, pair)| *pair).collect()
        });
    }),
    Fault::request("query-equals-added", &["2.3"], "Writes `a` as `a=`.", |head, _| {
        edit(head, |query| {
            let full = |pair: &&[u8]| match *pair {
                b"" => Vec::new(),
                pair if pair.contains(&b'=') => pair.to_vec(),
                pair => [pair, b"="].concat(),
            };
            pairs(query).iter().map(full).collect::<Vec<_>>().join(&b'&')
        });
    }),
    Fault::request("query-equals-dropped", &["2.3"], "Writes `a=` as `a`.", |head, _| {
        each(head, |pairs| pairs.iter().map(|pair| pair.strip_suffix(b"=").unwrap_or(pair)).collect());
    }),
    Fault::request("query-mark-dropped", &["2.4"], "Drops a `?` that nothing follows.", |head, _| {
        if head.query() == Some(b"") {
            head.set_query(None);
        }
    }),
    Fault::request("query-plus-escaped", &["2.5"], "Writes `+` as `%20`.", |head, _| {
        edit(head, |query| replace(query, b"+", b"%20"));
    }),
    Fault::request("query-space-plus", &["2.5"], "Writes `%20` as `+`.", |head, _| {
        edit(head, |query| replace(query, b"%20", b"+"));
    }),
    Fault::request("query-plus-decoded", &["2.6"], "Decodes `%2B` in the query.", |head, _| {
        edit(head, |query| unescape(query, "%2b", b"+"));
    }),
    Fault::request("query-delimiters-decoded", &["2.7"], "Decodes `%26` and `%3D`.", |head, _| {
        edit(head, |query| unescape(&unescape(query, "%26", b"&"), "%3d", b"="));
    }),
    Fault::request("query-semicolon-split", &["2.8"], "Turns `;` into `&`.", |head, _| {
        edit(head, |query| replace(query, b";", b"&"));
    }),
    Fault::request("query-semicolon-cut", &["2.8"], "Cuts the query at `;`.", |head, _| {
        edit(head, |query| query.split(|byte| *byte == b';').next().unwrap_or_default().to_vec());
    }),
    Fault::request("query-utf8-forced", &["2.9"], "Replaces escapes that are not UTF-8 by U+FFFD.", |head, _| {
        edit(head, |query| {
            let raw = escapes(query, |byte| (byte >= 0x80).then(|| vec![byte]));
            if std::str::from_utf8(&raw).is_ok() {
                return query.to_vec();
            }
            escape(String::from_utf8_lossy(&raw).as_bytes(), |byte| byte >= 0x80)
        });
    }),
    Fault::request("query-brackets-escaped", &["2.10"], "Escapes brackets, quotes and `|`.", |head, _| {
        edit(head, |query| escape(query, |byte| b"[]\"|{}".contains(&byte)));
    }),
    Fault::request("query-empty-dropped", &["2.11"], "Drops empty pairs.", |head, _| {
        each(head, |pairs| pairs.into_iter().filter(|pair| !pair.is_empty()).collect());
    }),
    Fault::request("query-parameter-added", &["2.12"], "Adds `gw=1` to the query.", |head, _| {
        let query = head.query().map_or_else(|| b"gw=1".to_vec(), |query| [query, b"&gw=1"].concat());
        head.set_query(Some(query));
    }),
    Fault::request("query-key-removed", &["2.13", "8.2"], "Removes `api_key` and `access_token`.", |head, _| {
        each(head, |pairs| {
            pairs.into_iter().filter(|pair| !matches!(name(pair), b"api_key" | b"access_token")).collect()
        });
    }),
    Fault::request("query-second-mark", &["2.14"], "Escapes a `?` inside the query.", |head, _| {
        edit(head, |query| replace(query, b"?", b"%3F"));
    }),
    Fault::request("query-dropped", &["2.1", "2.2", "2.3"], "Drops the query.", |head, _| head.set_query(None)),
];

fn edit(head: &mut Head, with: impl FnOnce(&[u8]) -> Vec<u8>) {
    if let Some(query) = head.query().map(with) {
        head.set_query(Some(query));
    }
}

fn each(head: &mut Head, with: impl for<'q> FnOnce(Vec<&'q [u8]>) -> Vec<&'q [u8]>) {
    edit(head, |query| with(pairs(query)).join(&b'&'));
}
