CREATE OR REPLACE FUNCTION audit_make_day(day date) RETURNS boolean LANGUAGE plpgsql AS $$
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
    TRUNCATE audit_payloads, audit_counts, audit_rollups, audit_rollup_hours, audit_rollup_gaps;
    RETURN NULL;
END $$;

DROP TABLE audit_connections;
DROP TABLE audit_wire;
