//! Events of all kinds, the same in each run.

use actors::audit::{Event, Fingerprints, JsonText, Masked, Payload, Record, Source, Wire};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use uuid::Uuid;

/// Returns a time ten minutes before midnight, so that the events lie in two days.
pub(super) fn start() -> DateTime<Utc> {
    "2026-03-01T23:50:00Z".parse().unwrap()
}

/// Time range of the events.
pub(super) const SPAN: TimeDelta = TimeDelta::minutes(20);

/// Paths that a filter could misinterpret or confuse.
pub(super) const PATHS: [&str; 10] = [
    "/v1/fixed/a%b",
    "/v1/fixed/a_b",
    "/v1/fixed/axb",
    "/v1/Fixed/AXB",
    r"/v1/echo/a\b",
    "/v1/echo/it's",
    "/v1/echo/\"quoted\"",
    "/v1/größe/日本",
    "/v1/echo/$1?2:x",
    "",
];
pub(super) const USERS: [Option<&str>; 5] = [None, Some("alice"), Some("bob@example.org"), Some("Zoë"), Some("")];
pub(super) const ROUTES: [Option<&str>; 4] = [None, Some("fixed"), Some("echo"), Some("Echo")];
pub(super) const GROUPS: [Option<&str>; 4] = [None, Some("data"), Some("it's"), Some("a_b")];
pub(super) const AUTH: [Option<&str>; 3] = [None, Some("api_key"), Some("bearer")];
pub(super) const METHODS: [&str; 3] = ["GET", "POST", "PROPFIND"];
pub(super) const STATUS: [u16; 8] = [200, 204, 301, 400, 404, 499, 500, 599];
pub(super) const ERRORS: [Option<&str>; 4] =
    [None, Some("100% of it's wrong"), Some("not_found"), Some("größer\n\"x\"")];
pub(super) const SESSIONS: [Option<&str>; 3] = [None, Some("s-1"), Some("s-2")];
pub(super) const HEADERS: [&str; 5] = ["Accept", "X-Trace", "X-Odd.Name", "Content-Type", "X%_"];
pub(super) const VALUES: [&str; 7] = ["a", "b", "*/*", "50%", "a\"b\\c", "größe", ""];
pub(super) const FINGERPRINTS: [u32; 4] = [0x3f9a_01bc, 7, 0xffff_ffff, 0x7000_0000];

pub(super) const ENDS: [&str; 4] = ["complete", "client_fin", "server_reset", ""];
pub(super) const RULES: [Option<&str>; 4] = [None, None, Some("bare-cr"), Some("bad_version")];
pub(super) const TRACES: [Option<&str>; 3] =
    [None, Some("0af7651916cd43dd8448eb211c80319c"), Some("00000000000000000000000000000001")];
pub(super) const RUNS: [Option<&str>; 5] = [None, Some("run-1"), Some("run_1"), Some("it's 100%"), Some("größe \u{1}")];
pub(super) const KEYS: [Option<&str>; 3] = [None, Some("k:1"), Some("")];
pub(super) const SCRIPTS: [Option<&str>; 3] = [None, Some("flaky"), Some("f%")];

/// Ids of connections.
pub(super) fn connection_id(number: usize) -> Uuid {
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + number as u128)
}

/// Random number generator, good enough for tests (splitmix64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    /// Returns true once in `times` calls on average.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(super) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Returns a time within the span. Many are equal to the microsecond.
    pub(super) fn moment(&mut self) -> DateTime<Utc> {
        self.moment_within(SPAN)
    }

    /// Returns a time between the start and `span` later.
    pub(super) fn moment_within(&mut self, span: TimeDelta) -> DateTime<Utc> {
        let micros = span.num_microseconds().unwrap() as usize;
        let grain = self.pick(&[1, 1_000, 10_000_000]);
        start() + TimeDelta::microseconds((self.below(micros / grain) * grain) as i64)
    }

    fn headers(&mut self) -> Option<JsonText> {
        if self.once_in(4) {
            return None;
        }
        let mut all = serde_json::Map::new();
        for name in HEADERS {
            if self.once_in(3) {
                let values: Vec<&str> = (0..=self.below(3)).map(|_| self.pick(&VALUES)).collect();
                all.insert(name.to_owned(), json!(values));
            }
        }
        Some(JsonText::new(json!(all).to_string()))
    }

    fn body(&mut self) -> Bytes {
        (0..self.below(40)).map(|_| self.next() as u8).collect()
    }

    /// Returns a record below HTTP of any kind. Heads are empty, text, or any bytes.
    pub(super) fn wire(&mut self) -> Wire {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Wire {
            connection_id: (!self.once_in(4)).then(|| connection_id(self.below(9))),
            request_on_connection: self.pick(&[None, Some(1), Some(2), Some(i32::MAX as u32)]),
            ended_by: self.pick(&ENDS).into(),
            rule: self.pick(&RULES).map(Into::into),
            trace_id: owned(self.pick(&TRACES)),
            test_run: owned(self.pick(&RUNS)),
            call_key: owned(self.pick(&KEYS)),
            script: owned(self.pick(&SCRIPTS)),
            attempt: self.pick(&[None, Some(1), Some(2)]),
            request_head: if self.once_in(3) { self.body() } else { "GET / HTTP/1.1\r\nHost: a\r\n\r\n".into() },
            response_head: if self.once_in(3) { self.body() } else { Bytes::new() },
            document: (!self.once_in(3)).then(|| {
                let odd = self.pick(&VALUES);
                JsonText::new(json!({"request": {"framing": odd, "nul": "\0"}, "connection": null}).to_string())
            }),
        }
    }

    pub(super) fn record(&mut self) -> Record {
        let at = self.moment();
        self.record_at(at)
    }

    /// Returns a record of any kind with that time.
    pub(super) fn record_at(&mut self, at: DateTime<Utc>) -> Record {
        let mut record = record_at(at, self);
        let event = &mut record.event;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        // Eighths of a millisecond: sums are exact in any order.
        event.duration_ms = self.below(8 * 600_000) as f64 / 8.0;
        event.first_byte_ms = (!self.once_in(3)).then_some(event.duration_ms / 2.0);
        event.request_id = format!("req_{}%", self.below(200));
        event.session_id = owned(self.pick(&SESSIONS));
        event.user_subject = owned(self.pick(&USERS));
        event.user_email = owned(self.pick(&USERS));
        event.auth_type = self.pick(&AUTH).map(Into::into);
        event.method = self.pick(&METHODS).into();
        event.path = self.pick(&PATHS).to_owned();
        if self.once_in(4) {
            event.target = "/v1/\u{FFFD}".to_owned();
        }
        event.route_name = self.pick(&ROUTES).map(Into::into);
        event.endpoint_group = self.pick(&GROUPS).map(Into::into);
        event.status = self.pick(&STATUS);
        event.success = (200..400).contains(&event.status);
        event.error_message = self.pick(&ERRORS).map(Into::into);
        event.source = self.pick(&Source::ALL);
        let fingerprints: Vec<u32> = (0..self.below(4)).map(|_| self.pick(&FINGERPRINTS)).collect();
        event.fingerprints = Fingerprints::of(&fingerprints);
        if !self.once_in(5) {
            record.payload = Some(Payload {
                request_headers: self.headers(),
                response_headers: self.headers(),
                request_body: self.body(),
                response_body: self.body(),
                masked: Masked::from_bits(self.next() as u8),
                ..payload()
            });
        }
        if !self.once_in(5) {
            record.wire = Some(self.wire());
        }
        record
    }

    pub(super) fn records(&mut self, count: usize) -> Vec<Record> {
        (0..count).map(|_| self.record()).collect()
    }
}

/// Returns a plain event with that time, and an id to match.
pub(super) fn record_at(at: DateTime<Utc>, dice: &mut Dice) -> Record {
    let mut random = [0; 10];
    random.fill_with(|| dice.next() as u8);
    let millis = u64::try_from(at.timestamp_millis()).unwrap();
    let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    Record { event: event(id, at), payload: None, wire: None }
}

fn event(id: Uuid, timestamp: DateTime<Utc>) -> Event {
    Event {
        duration_ms: 1.25,
        request_id: "req".to_owned(),
        method: "GET".into(),
        path: "/v1/whoami".to_owned(),
        target: "/v1/whoami".to_owned(),
        host: "localhost:8080".to_owned(),
        http_version: "HTTP/1.1".into(),
        status: 200,
        success: true,
        remote_addr: "127.0.0.1:5000".to_owned(),
        instance: "test".into(),
        ..Event::new(id, timestamp)
    }
}

/// Returns an empty payload.
pub(super) fn payload() -> Payload {
    Payload::default()
}
