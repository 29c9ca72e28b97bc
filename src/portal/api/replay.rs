//! Replay: sends a recorded request again through the same chain, with the caller's identity.

use std::sync::Arc;

use actix_web::http::{
    Method, StatusCode,
    header::{HeaderName, HeaderValue},
};
use actors::audit::{Masked, Payload, Record, Source};
use bytes::Bytes;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    PortalApi, PortalCell,
    dispatch::{SHOWN_MAX, Shown, is_sent_on},
    events::{id_of, no_such_event},
    har::named,
    on,
    params::ParsedQuery,
    render, shapes,
};
use crate::{
    audit::{holds_mark, is_recorded},
    endpoints::{Answer, Call, Fault, InnerRequest, Outcome, Route, Text, answer::JSON},
    request::TargetForm,
};

const ID: Text = Text::path("id", "Id of the event.", "019a8d10-0000-7000-8000-000000000001");

/// Header that names the replayed event. A client can't forge it: from outside, it is a header like any other.
const X_PLEXARA_REPLAY_FROM: HeaderName = HeaderName::from_static("x-plexara-replay-from");

/// Declares the route.
pub(super) fn route(api: &Arc<PortalCell>) -> Route {
    on(api, Method::POST, "audit_replay", "/api/v1/portal/audit/replay/{id}", send)
        .about(
            "Sends a recorded request again: method, path, query, headers and body, without credentials and redacted \
             values. It is recorded as a replay of that event.",
        )
        .takes(&ID)
        .answers::<Replayed>(
            "200",
            "The response to the replay, whatever its status.",
            json!({
                "replayed_from": "019a8d10-0000-7000-8000-000000000001", "status": 200,
                "headers": {"Content-Type": ["application/json"]}, "body": "{\"key\":\"hello\"}\n",
                "body_truncated": false, "event_id": "019a8d10-0000-7000-8000-000000000002"
            }),
        )
        .answers::<shapes::Refusal>(
            "404",
            "Event not found.",
            json!({"error": "no such event", "code": "event_not_found"}),
        )
}

/// Result of a replay.
#[derive(Serialize, ToSchema)]
struct Replayed {
    #[schema(value_type = String)]
    replayed_from: Uuid,
    #[serde(flatten)]
    answer: Shown,
}

async fn send(api: Arc<PortalApi>, call: Call, _: ParsedQuery) -> Outcome {
    let reader = api.audit()?;
    let id = id_of(&call)?;
    let record = reader.ask("replay", move |store| async move { store.get(id).await }).await?;
    let record = record.ok_or_else(no_such_event)?;
    let recorded = Recorded::of(record, &api.settings.api_key_header)?;
    let mut headers = recorded.headers;
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        headers.push((X_PLEXARA_REPLAY_FROM, value));
    }
    let inner = InnerRequest {
        method: recorded.method,
        target: recorded.target,
        host: recorded.host.unwrap_or_else(|| call.host().to_owned()),
        headers,
        body: recorded.body,
        identity: Arc::clone(&call.identity),
        source: Source::Replay,
        session_id: call.session_tag.clone(),
        replayed_from: Some(id),
        keep: SHOWN_MAX,
    };
    let answer = call.surroundings.loopback.send(inner).await?;
    let replayed = Replayed { replayed_from: id, answer: Shown::of(&answer) };
    Ok(Answer::bytes(StatusCode::OK, JSON, render::line(&replayed)))
}

/// Recorded request that can be sent again.
#[derive(Debug)]
struct Recorded {
    method: Method,
    target: String,
    /// `None` when the request named none.
    host: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Recorded {
    /// Restores the request from a record.
    ///
    /// # Errors
    /// 400 with the reason why it can't be sent again.
    fn of(record: Record, api_key_header: &str) -> Result<Self, Fault> {
        let Record { event, payload, .. } = record;
        let original = payload.as_ref().and_then(|payload| payload.replayed_from);
        match original {
            Some(original) => {
                return Err(cannot(&format!("the event is itself a replay; the original is {original}")));
            }
            None if event.source == Source::Replay => return Err(cannot("the event is itself a replay")),
            None => {}
        }
        if !is_recorded(&event.path) {
            return Err(cannot("its path is outside /v1/"));
        }
        let payload = payload.ok_or_else(|| cannot("its payload was not captured (audit.capture_payloads)"))?;
        let Payload { request_headers, request_body, request_truncated, request_size, masked, .. } = payload;
        if masked.has(Masked::REQUEST_PATH) {
            return Err(cannot("its path contains a redacted value"));
        }
        let recorded =
            request_headers.ok_or_else(|| cannot("its headers were not captured (audit.capture_headers)"))?;
        if request_truncated {
            return Err(cannot("its body is longer than what was captured (audit.max_payload_bytes)"));
        }
        if masked.has(Masked::REQUEST_BODY) {
            return Err(cannot("its body contains a redacted value"));
        }
        let recorded = named(&recorded);
        let announced =
            recorded.iter().find(|(name, _)| name == "Content-Length").and_then(|(_, values)| values.first());
        if announced.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > request_size) {
            return Err(cannot("its body did not arrive in full"));
        }
        let method = Method::from_bytes(event.method.as_bytes()).map_err(|_| cannot("its method is malformed"))?;
        Ok(Self {
            method,
            target: target(event.method.as_bytes(), &event.target, masked.has(Masked::REQUEST_QUERY))?,
            host: Some(event.host).filter(|host| !host.is_empty()),
            headers: headers(recorded, api_key_header, masked.has(Masked::REQUEST_HEADERS)),
            body: request_body,
        })
    }
}

fn cannot(why: &str) -> Fault {
    Fault::bad_request(format!("the request can't be replayed: {why}")).code("not_replayable")
}

/// Returns path and query without the parameters whose values were redacted.
fn target(method: &[u8], recorded: &str, masked: bool) -> Result<String, Fault> {
    // Recorded in place of each byte that is not text.
    if recorded.contains(char::REPLACEMENT_CHARACTER) {
        return Err(cannot(
            "its target contains bytes that are not text, so the record does not show them as they were",
        ));
    }
    let (path, query) = TargetForm::split(method, recorded.as_bytes());
    let text = |part| std::str::from_utf8(part).ok();
    let Some(path) = text(path).filter(|path| path.starts_with('/')) else {
        return Err(cannot("its target is malformed"));
    };
    let mut target = path.to_owned();
    let query = query.and_then(text);
    let kept: Option<Vec<&str>> =
        query.map(|query| query.split('&').filter(|pair| !(masked && holds_mark(pair))).collect());
    if let Some(kept) = kept.filter(|kept| !kept.is_empty()) {
        target.push('?');
        target.push_str(&kept.join("&"));
    }
    Ok(target)
}

/// Returns the headers to send, without those that contain a redacted value.
fn headers(recorded: Vec<(String, Vec<String>)>, api_key_header: &str, masked: bool) -> Vec<(HeaderName, HeaderValue)> {
    let named = recorded.into_iter().filter_map(|(name, values)| {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let again = is_sent_on(&name) && name.as_str() != api_key_header && name != X_PLEXARA_REPLAY_FROM;
        again.then_some((name, values))
    });
    named
        .flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)))
        .filter(|(_, value)| !(masked && holds_mark(value)))
        .filter_map(|(name, value)| Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?)))
        .collect()
}
