-- The record below HTTP, one row per event that has one. ts is the event's; ids are 16 bytes.
CREATE TABLE audit_wire (
    ts                    INTEGER NOT NULL,
    event_id              BLOB    NOT NULL PRIMARY KEY REFERENCES audit_events (id) ON DELETE CASCADE,
    connection_id         BLOB,
    request_on_connection INTEGER,
    ended_by              TEXT    NOT NULL,
    rule                  TEXT,
    trace_id              TEXT,
    test_run              TEXT,
    call_key              TEXT,
    script                TEXT,
    attempt               INTEGER,
    request_head          BLOB    NOT NULL,
    response_head         BLOB    NOT NULL,
    -- JSON: objects request, response and connection.
    document              TEXT
) STRICT;

CREATE INDEX audit_wire_connection_id ON audit_wire (connection_id) WHERE connection_id IS NOT NULL;
CREATE INDEX audit_wire_rule ON audit_wire (rule, ts DESC) WHERE rule IS NOT NULL;
CREATE INDEX audit_wire_trace_id ON audit_wire (trace_id) WHERE trace_id IS NOT NULL;
CREATE INDEX audit_wire_test_run ON audit_wire (test_run, ts DESC) WHERE test_run IS NOT NULL;
CREATE INDEX audit_wire_call_key ON audit_wire (call_key) WHERE call_key IS NOT NULL;

-- Connections that have ended, also those without a request. Times are microseconds of the Unix epoch.
CREATE TABLE audit_connections (
    id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    opened        INTEGER NOT NULL,
    closed        INTEGER NOT NULL,
    remote_addr   TEXT    NOT NULL,
    local_port    INTEGER NOT NULL,
    protocol      TEXT    NOT NULL,
    -- JSON.
    tls           TEXT,
    proxy         TEXT,
    bytes_in      INTEGER NOT NULL,
    bytes_out     INTEGER NOT NULL,
    requests      INTEGER NOT NULL,
    first_bytes   BLOB    NOT NULL,
    ended_by      TEXT    NOT NULL,
    error_message TEXT,
    instance      TEXT    NOT NULL
) STRICT;

CREATE INDEX audit_connections_opened ON audit_connections (opened DESC, id DESC);
