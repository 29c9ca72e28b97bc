-- The record below HTTP, one row per event that has one, and the connections that have ended, also those without a request.
-- Both are partitioned by UTC day, as the events are.

CREATE TABLE audit_wire (
    -- ts of the event.
    ts                    timestamptz NOT NULL,
    event_id              uuid        NOT NULL,
    connection_id         uuid,
    request_on_connection integer,
    ended_by              text        NOT NULL,
    rule                  text,
    trace_id              text,
    test_run              text,
    call_key              text,
    script                text,
    attempt               integer,
    request_head          bytea       NOT NULL,
    response_head         bytea       NOT NULL,
    -- Objects request, response and connection. Type json keeps the text, accepts \u0000, and is written faster than jsonb.
    document              json,
    PRIMARY KEY (ts, event_id)
) PARTITION BY RANGE (ts);

CREATE INDEX audit_wire_connection_id ON audit_wire (connection_id) WHERE connection_id IS NOT NULL;
-- The start of texts from outside: an index entry has at most 2704 bytes.
CREATE INDEX audit_wire_rule ON audit_wire (rule, ts DESC) WHERE rule IS NOT NULL;
CREATE INDEX audit_wire_trace_id ON audit_wire (left(trace_id, 64)) WHERE trace_id IS NOT NULL;
CREATE INDEX audit_wire_test_run ON audit_wire (left(test_run, 64), ts DESC) WHERE test_run IS NOT NULL;
CREATE INDEX audit_wire_call_key ON audit_wire (left(call_key, 64)) WHERE call_key IS NOT NULL;

CREATE TABLE audit_connections (
    -- UUID version 7 with the millisecond of opened.
    id            uuid        NOT NULL,
    opened        timestamptz NOT NULL,
    closed        timestamptz NOT NULL,
    remote_addr   text        NOT NULL,
    local_port    integer     NOT NULL,
    protocol      text        NOT NULL,
    tls           json,
    proxy         json,
    bytes_in      bigint      NOT NULL,
    bytes_out     bigint      NOT NULL,
    requests      bigint      NOT NULL,
    first_bytes   bytea       NOT NULL,
    ended_by      text        NOT NULL,
    error_message text,
    instance      text        NOT NULL,
    PRIMARY KEY (opened, id)
) PARTITION BY RANGE (opened);

CREATE OR REPLACE FUNCTION audit_make_day(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    suffix text := to_char(day, 'YYYYMMDD');
    lower  text := to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00';
    upper  text := to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00';
    tables text[] := ARRAY['audit_events', 'audit_payloads', 'audit_wire', 'audit_connections'];
    parent text;
    made   boolean := false;
BEGIN
    IF (SELECT bool_and(audit_has_partition(one::regclass, one || '_' || suffix)) FROM unnest(tables) AS one) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(7382054461237091);
    FOREACH parent IN ARRAY tables LOOP
        CONTINUE WHEN audit_has_partition(parent::regclass, parent || '_' || suffix);
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMPRESSION)',
            parent || '_' || suffix, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, parent || '_' || suffix, lower, upper);
        made := true;
    END LOOP;
    RETURN made;
END $$;

CREATE OR REPLACE FUNCTION audit_forget_deleted() RETURNS trigger LANGUAGE plpgsql
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    first timestamptz;
    last  timestamptz;
BEGIN
    SELECT min(ts), max(ts) INTO first, last FROM deleted;
    IF first IS NULL THEN
        RETURN NULL;
    END IF;
    DELETE FROM audit_payloads AS payload USING deleted
    WHERE payload.captured_at = deleted.ts AND payload.event_id = deleted.id
      AND payload.captured_at BETWEEN first AND last;
    DELETE FROM audit_wire AS wire USING deleted
    WHERE wire.ts = deleted.ts AND wire.event_id = deleted.id AND wire.ts BETWEEN first AND last;
    INSERT INTO audit_counts AS counts (day, slot, events)
    SELECT (ts AT TIME ZONE 'UTC')::date, 64 + pg_backend_pid() % 64, -count(*) FROM deleted GROUP BY 1
    ON CONFLICT (day, slot) DO UPDATE SET events = counts.events + excluded.events;
    INSERT INTO audit_rollup_gaps AS gaps (first_minute, last_minute, version)
    SELECT DISTINCT floor(extract(epoch FROM ts) / 60)::bigint, floor(extract(epoch FROM ts) / 60)::bigint, 1
    FROM deleted ORDER BY 1
    ON CONFLICT (first_minute, last_minute) DO UPDATE SET version = gaps.version + 1;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION audit_forget_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE audit_payloads, audit_wire, audit_counts, audit_rollups, audit_rollup_hours, audit_rollup_gaps;
    RETURN NULL;
END $$;

-- Partitions for the days that exist.
SELECT audit_make_day(to_date(right(relname, 8), 'YYYYMMDD'))
FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
WHERE inhparent = 'audit_events'::regclass AND relname ~ '^audit_events_[0-9]{8}$';
