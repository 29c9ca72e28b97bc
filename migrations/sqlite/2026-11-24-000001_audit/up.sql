-- Recorded requests and their payloads. Times are microseconds of the Unix epoch, ids 16 bytes.
CREATE TABLE audit_events (
    ts             INTEGER NOT NULL,
    id             BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    duration_ms    REAL    NOT NULL,
    first_byte_ms  REAL,
    request_id     TEXT    NOT NULL,
    session_id     TEXT,
    user_subject   TEXT,
    user_email     TEXT,
    auth_type      TEXT,
    api_key_name   TEXT,
    method         TEXT    NOT NULL,
    path           TEXT    NOT NULL,
    target         TEXT    NOT NULL,
    host           TEXT    NOT NULL,
    http_version   TEXT    NOT NULL,
    route_name     TEXT,
    endpoint_group TEXT,
    status         INTEGER NOT NULL,
    bytes_in       INTEGER NOT NULL,
    bytes_out      INTEGER NOT NULL,
    success        INTEGER NOT NULL,
    error_message  TEXT,
    error_category TEXT,
    remote_addr    TEXT    NOT NULL,
    user_agent     TEXT,
    source         TEXT    NOT NULL,
    instance       TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_events_ts ON audit_events (ts DESC, id DESC);
CREATE INDEX audit_events_route_name ON audit_events (route_name, ts DESC);
CREATE INDEX audit_events_path ON audit_events (path, ts DESC);
CREATE INDEX audit_events_user_subject ON audit_events (user_subject, ts DESC) WHERE user_subject IS NOT NULL;
CREATE INDEX audit_events_session_id ON audit_events (session_id, ts DESC) WHERE session_id IS NOT NULL;
CREATE INDEX audit_events_status ON audit_events (status, ts DESC);

-- captured_at is the event's ts. Headers and query are JSON: name -> values in their order.
CREATE TABLE audit_payloads (
    captured_at           INTEGER NOT NULL,
    event_id              BLOB    NOT NULL PRIMARY KEY REFERENCES audit_events (id) ON DELETE CASCADE,
    request_headers       TEXT,
    request_query         TEXT,
    request_content_type  TEXT,
    request_body          BLOB    NOT NULL,
    request_size          INTEGER NOT NULL,
    request_truncated     INTEGER NOT NULL,
    request_remote_addr   TEXT    NOT NULL,
    response_headers      TEXT,
    response_content_type TEXT,
    response_body         BLOB    NOT NULL,
    response_size         INTEGER NOT NULL,
    response_truncated    INTEGER NOT NULL,
    -- The event whose request was replayed. Not a foreign key: it may be removed while its replays stay.
    replayed_from         BLOB
) STRICT;

CREATE INDEX audit_payloads_replayed_from ON audit_payloads (replayed_from) WHERE replayed_from IS NOT NULL;
