//! Filters as SQL conditions, equivalent to [`Filter::matches`].

use actors::audit::{Cursor, Filter, Fingerprints, PeerFilter, StatusFilter};
use chrono::{DateTime, Utc};
use serde_json::json;
use uuid::Uuid;

use super::statement::{Bind, Draft};
use crate::config::Dialect;

/// Condition that is always false.
const NOTHING: &str = "1 = 0";

impl Draft {
    /// Returns the conditions of `filter` on `e` (the event) and, if necessary, on `p` (its payload) and `w` (its record
    /// below HTTP).
    pub(super) fn conditions(&mut self, filter: &Filter) -> Vec<String> {
        let mut all: Vec<String> = self.dialect.unless_abandoned("e").into_iter().collect();
        // PostgreSQL skips days by conditions on the table itself, not by those on a joined one.
        let tables: &[&str] = if filter.needs_wire() { &["e", "w"] } else { &["e"] };
        if let Some(from) = filter.from {
            let from = self.hold(Bind::Time(micros_up(from)));
            all.extend(tables.iter().map(|table| format!("{table}.ts >= {from}")));
        }
        if let Some(to) = filter.to {
            let to = self.hold(Bind::Time(micros_up(to)));
            all.extend(tables.iter().map(|table| format!("{table}.ts < {to}")));
        }
        let equal = [
            ("e.method", filter.method.as_deref()),
            ("e.route_name", filter.route_name.as_deref()),
            ("e.endpoint_group", filter.endpoint_group.as_deref()),
            ("e.auth_type", filter.auth_type.as_deref()),
            ("e.session_id", filter.session.as_deref()),
            ("e.http_version", filter.http_version.as_deref()),
            ("w.rule", filter.rule.as_deref()),
            ("w.ended_by", filter.ended_by.as_deref()),
            ("w.script", filter.script.as_deref()),
            ("e.source", filter.source.map(|source| source.as_str())),
        ];
        for (column, wanted) in equal {
            let Some(wanted) = wanted else { continue };
            all.push(self.with_text(wanted, |_, text| format!("{column} = {text}")));
        }
        let long = [
            ("e.request_id", filter.request_id.as_deref()),
            ("w.trace_id", filter.trace_id.as_deref()),
            ("w.test_run", filter.test_run.as_deref()),
            ("w.call_key", filter.call_key.as_deref()),
        ];
        for (column, wanted) in long {
            let Some(wanted) = wanted else { continue };
            all.push(self.with_text(wanted, |draft, text| draft.dialect.is_long(column, text)));
        }
        if let Some(connection) = filter.connection {
            all.push(format!("w.connection_id = {}", self.hold(Bind::Id(connection))));
        }
        if let Some(attempt) = filter.attempt {
            all.push(format!("w.attempt = {}", self.hold(Bind::Int(attempt.into()))));
        }
        if let Some(peer) = &filter.remote_addr {
            all.push(self.peer("e.remote_addr", peer));
        }
        if let Some(path) = &filter.path {
            all.push(self.with_text(path, |draft, text| draft.dialect.holds("e.path", text)));
        }
        if let Some(q) = &filter.q {
            all.push(self.with_text(q, |draft, text| {
                let holds = |column| draft.dialect.holds(column, text);
                format!("({} OR {} OR {})", holds("e.path"), holds("e.request_id"), holds("e.error_message"))
            }));
        }
        if let Some(user) = &filter.user {
            all.push(self.with_text(user, |_, text| format!("(e.user_subject = {text} OR e.user_email = {text})")));
        }
        if let Some(status) = filter.status {
            let (from, to) = status.range();
            let from = self.hold(Bind::Int(from.into()));
            all.push(match status {
                // With equality, the index provides the order too.
                StatusFilter::Exactly(_) => format!("e.status = {from}"),
                StatusFilter::Class(_) => {
                    format!("(e.status >= {from} AND e.status < {})", self.hold(Bind::Int(to.into())))
                }
            });
        }
        if let Some(success) = filter.success {
            all.push(format!("e.success = {}", self.hold(Bind::Bool(success))));
        }
        if let Some(least) = filter.min_duration_ms {
            // NaN matches nothing; the databases compare it in their own ways.
            all.push(if least.is_nan() {
                NOTHING.to_owned()
            } else {
                format!("e.duration_ms >= {}", self.hold(Bind::Float(least)))
            });
        }
        if let Some(fingerprint) = &filter.fingerprint {
            // All have the same length, so a match never spans two.
            all.push(if is_fingerprint(fingerprint) {
                self.with_text(fingerprint, |draft, text| draft.dialect.holds("e.fingerprints", text))
            } else {
                NOTHING.to_owned()
            });
        }
        self.headers(filter, &mut all);
        all
    }

    /// Returns the conditions of a filter on headers and times alone, on `p`.
    pub(super) fn header_conditions(&mut self, filter: &Filter) -> Vec<String> {
        let mut all: Vec<String> = self.dialect.unless_abandoned("p").into_iter().collect();
        if let Some(from) = filter.from.map(micros_up) {
            all.push(format!("p.captured_at >= {}", self.hold(Bind::Time(from))));
            if self.dialect.walks_ids() {
                all.push(format!("p.event_id >= {}", self.hold(Bind::Id(first_id(millis(from))))));
            }
        }
        if let Some(to) = filter.to.map(micros_up) {
            all.push(format!("p.captured_at < {}", self.hold(Bind::Time(to))));
            if self.dialect.walks_ids() {
                all.push(format!("p.event_id < {}", self.hold(Bind::Id(first_id(millis(to - 1) + 1)))));
            }
        }
        self.headers(filter, &mut all);
        all
    }

    /// The condition that a payload's event comes after the cursor's, newest first.
    pub(super) fn payload_after(&mut self, after: Cursor) -> String {
        let (ts, id) = (self.hold(Bind::Time(after.micros)), self.hold(Bind::Id(after.id)));
        let condition = format!("(p.captured_at, p.event_id) < ({ts}, {id})");
        if !self.dialect.walks_ids() {
            return condition;
        }
        let behind = self.hold(Bind::Id(first_id(millis(after.micros).saturating_add(1))));
        format!("{condition} AND p.event_id < {behind}")
    }

    fn headers(&mut self, filter: &Filter, all: &mut Vec<String>) {
        for (name, value) in &filter.headers {
            all.push(self.header(name, value));
        }
        for name in &filter.has_headers {
            all.push(self.has_header(name));
        }
    }

    /// Returns a condition on text. Stored text contains no NUL, and PostgreSQL rejects it even in a comparison.
    pub(super) fn with_text(&mut self, text: &str, condition: impl FnOnce(&Self, &str) -> String) -> String {
        if text.contains('\0') {
            return NOTHING.to_owned();
        }
        let held = self.hold(Bind::Text(text.to_owned()));
        condition(self, &held)
    }

    /// Returns the condition that `column`, an address with port, is that of the peer.
    pub(super) fn peer(&mut self, column: &str, peer: &PeerFilter) -> String {
        match (peer, peer.prefix()) {
            (PeerFilter::Exactly(text), _) => self.with_text(text, |_, text| format!("{column} = {text}")),
            (PeerFilter::Address(_), prefix) => {
                let prefix = prefix.unwrap_or_default();
                let length = prefix.len();
                self.with_text(&prefix, |_, text| format!("substr({column}, 1, {length}) = {text}"))
            }
        }
    }

    fn header(&mut self, name: &str, value: &str) -> String {
        if name.contains('\0') || value.contains('\0') {
            return NOTHING.to_owned();
        }
        match self.dialect {
            // Containment of one document, which the index on headers supports.
            Dialect::Postgres => {
                let document = self.hold(Bind::Json(json!({ name: [value] })));
                either_side(|side| format!("{side} @> {document}"))
            }
            Dialect::Sqlite => {
                let mentions = [self.mention(name), self.mention(value)];
                let (name, value) = (self.hold(Bind::Text(name.to_owned())), self.hold(Bind::Text(value.to_owned())));
                either_side(|side| {
                    let [name_there, value_there] =
                        mentions.each_ref().map(|mention| mentioned(mention.as_deref(), side));
                    format!(
                        "({name_there}{value_there}EXISTS (SELECT 1 FROM json_each({side}) h, json_each(h.value) v \
                         WHERE h.key = {name} AND v.value = {value}))"
                    )
                })
            }
        }
    }

    fn has_header(&mut self, name: &str) -> String {
        if name.contains('\0') {
            return NOTHING.to_owned();
        }
        match self.dialect {
            Dialect::Postgres => {
                let name = self.hold(Bind::Text(name.to_owned()));
                either_side(|side| format!("jsonb_exists({side}, {name})"))
            }
            Dialect::Sqlite => {
                let mention = self.mention(name);
                let name = self.hold(Bind::Text(name.to_owned()));
                either_side(|side| {
                    let there = mentioned(mention.as_deref(), side);
                    format!("({there}EXISTS (SELECT 1 FROM json_each({side}) h WHERE h.key = {name}))")
                })
            }
        }
    }

    /// Returns text as it appears in JSON, if every writer escapes it in the same way.
    fn mention(&mut self, text: &str) -> Option<String> {
        let plain = |byte: u8| (b' '..=b'~').contains(&byte) && !b"\"\\/<>&'".contains(&byte);
        text.bytes().all(plain).then(|| self.hold(Bind::Text(format!("\"{text}\""))))
    }
}

/// Returns a condition that text occurs in the JSON, to precede a condition that parses the JSON: SQLite has no index
/// on headers, and most rows already fail here.
fn mentioned(mention: Option<&str>, side: &str) -> String {
    mention.map_or_else(String::new, |mention| format!("instr({side}, {mention}) > 0 AND "))
}

/// Returns a condition on the request or response headers.
fn either_side(condition: impl Fn(&str) -> String) -> String {
    format!("({} OR {})", condition("p.request_headers"), condition("p.response_headers"))
}

/// Returns true for text with the form of a fingerprint.
fn is_fingerprint(text: &str) -> bool {
    text.len() == Fingerprints::DIGITS
        && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

fn millis(micros: i64) -> i64 {
    micros.div_euclid(1000)
}

/// Returns the lower bound of ids of that millisecond and of later ones. Ids have 48 bits of it, from 1970 on.
fn first_id(millis: i64) -> Uuid {
    const LAST: u128 = (1 << 48) - 1;
    Uuid::from_u128(u128::try_from(millis).unwrap_or_default().min(LAST) << 80)
}

/// Returns the first whole microsecond not before `time`; events have whole ones.
pub(in crate::store) fn micros_up(time: DateTime<Utc>) -> i64 {
    time.timestamp_micros() + i64::from(!time.timestamp_subsec_nanos().is_multiple_of(1000))
}
