-- The audit trail: one row per request in audit_events, and its payload in audit_payloads. Both are partitioned by UTC day,
-- so that retention drops whole days and a query reads only the days it needs.

CREATE TABLE audit_events (
    ts              timestamptz      NOT NULL,
    -- UUID version 7 with the millisecond of ts.
    id              uuid             NOT NULL,
    duration_ms     double precision NOT NULL,
    first_byte_ms   double precision,
    request_id      text             NOT NULL,
    session_id      text,
    user_subject    text,
    user_email      text,
    auth_type       text,
    api_key_name    text,
    method          text             NOT NULL,
    path            text             NOT NULL,
    target          text             NOT NULL,
    host            text             NOT NULL,
    http_version    text             NOT NULL,
    route_name      text,
    endpoint_group  text,
    status          smallint         NOT NULL,
    bytes_in        bigint           NOT NULL,
    bytes_out       bigint           NOT NULL,
    success         boolean          NOT NULL,
    error_message   text,
    error_category  text,
    remote_addr     text             NOT NULL,
    user_agent      text,
    source          text             NOT NULL,
    instance        text             NOT NULL,
    PRIMARY KEY (ts, id)
) PARTITION BY RANGE (ts);

CREATE INDEX audit_events_route_name ON audit_events (route_name, ts DESC);
-- The start of the path: an index entry has at most 2704 bytes, a path up to 8 KiB.
CREATE INDEX audit_events_path ON audit_events (left(path, 256), ts DESC);
CREATE INDEX audit_events_user_subject ON audit_events (user_subject, ts DESC) WHERE user_subject IS NOT NULL;
CREATE INDEX audit_events_session_id ON audit_events (session_id, ts DESC) WHERE session_id IS NOT NULL;
CREATE INDEX audit_events_status ON audit_events (status, ts DESC);

CREATE TABLE audit_payloads (
    event_id              uuid        NOT NULL,
    -- ts of the event.
    captured_at           timestamptz NOT NULL,
    request_headers       jsonb,
    request_query         jsonb,
    request_content_type  text,
    request_body          bytea       NOT NULL,
    request_size          bigint      NOT NULL,
    request_truncated     boolean     NOT NULL,
    request_remote_addr   text        NOT NULL,
    response_headers      jsonb,
    response_content_type text,
    response_body         bytea       NOT NULL,
    response_size         bigint      NOT NULL,
    response_truncated    boolean     NOT NULL,
    replayed_from         uuid,
    PRIMARY KEY (captured_at, event_id)
) PARTITION BY RANGE (captured_at);

CREATE INDEX audit_payloads_request_headers ON audit_payloads USING gin (request_headers jsonb_path_ops);
CREATE INDEX audit_payloads_response_headers ON audit_payloads USING gin (response_headers jsonb_path_ops);
CREATE INDEX audit_payloads_replayed_from ON audit_payloads (replayed_from) WHERE replayed_from IS NOT NULL;

-- Number of events of each day: sum(events) is the exact total without reading them. Writers use different slots, so that
-- they don't wait for each other. The server writes directly into a day's partition, where the triggers below don't fire,
-- and counts its rows itself; the triggers count rows that others insert into or delete from audit_events.
CREATE TABLE audit_counts (
    day    date     NOT NULL,
    slot   smallint NOT NULL,
    events bigint   NOT NULL,
    PRIMARY KEY (day, slot)
) WITH (fillfactor = 50);

CREATE FUNCTION audit_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_counts AS counts (day, slot, events)
    SELECT (ts AT TIME ZONE 'UTC')::date, pg_backend_pid() % 64, count(*) FROM inserted GROUP BY 1
    ON CONFLICT (day, slot) DO UPDATE SET events = counts.events + excluded.events;
    RETURN NULL;
END $$;

CREATE TRIGGER audit_count_inserted AFTER INSERT ON audit_events
    REFERENCING NEW TABLE AS inserted FOR EACH STATEMENT EXECUTE FUNCTION audit_count_inserted();

-- Deletes the payload with its event. Planned by key only, so that a day's payloads are never scanned.
CREATE FUNCTION audit_forget_deleted() RETURNS trigger LANGUAGE plpgsql
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
    INSERT INTO audit_counts AS counts (day, slot, events)
    SELECT (ts AT TIME ZONE 'UTC')::date, pg_backend_pid() % 64, -count(*) FROM deleted GROUP BY 1
    ON CONFLICT (day, slot) DO UPDATE SET events = counts.events + excluded.events;
    RETURN NULL;
END $$;

CREATE TRIGGER audit_forget_deleted AFTER DELETE ON audit_events
    REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION audit_forget_deleted();

CREATE FUNCTION audit_forget_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE audit_payloads, audit_counts;
    RETURN NULL;
END $$;

CREATE TRIGGER audit_forget_all AFTER TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_forget_all();

-- True when the table has a partition of that name. It is a query with its own snapshot, because to_regclass may return the
-- state from before the lock below was taken.
CREATE FUNCTION audit_has_partition(parent regclass, partition text) RETURNS boolean LANGUAGE sql AS $$
    SELECT EXISTS (SELECT FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
                   WHERE inhparent = parent AND relname = partition)
$$;

-- Creates the two partitions of a UTC day unless they exist; returns whether it did. Attaching a separately created table
-- takes a lock that does not block readers and writers. The advisory lock admits one replica at a time (the key before it
-- is the lock of migrations, the one after it that of retention).
CREATE FUNCTION audit_make_day(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    suffix text := to_char(day, 'YYYYMMDD');
    lower  text := to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00';
    upper  text := to_char(day + 1, 'YYYY-MM-DD') || ' 00:00:00+00';
    parent text;
    made   boolean := false;
BEGIN
    IF audit_has_partition('audit_events', 'audit_events_' || suffix)
        AND audit_has_partition('audit_payloads', 'audit_payloads_' || suffix)
    THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(7382054461237091);
    FOREACH parent IN ARRAY ARRAY['audit_events', 'audit_payloads'] LOOP
        CONTINUE WHEN audit_has_partition(parent::regclass, parent || '_' || suffix);
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING STORAGE INCLUDING COMPRESSION)',
            parent || '_' || suffix, parent);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, parent || '_' || suffix, lower, upper);
        made := true;
    END LOOP;
    RETURN made;
END $$;
