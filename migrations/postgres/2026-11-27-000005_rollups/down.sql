DROP TRIGGER audit_rollup_gap_of_day ON audit_counts;
DROP FUNCTION audit_rollup_gap_of_day();

CREATE OR REPLACE FUNCTION audit_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_counts AS counts (day, slot, events)
    SELECT (ts AT TIME ZONE 'UTC')::date, pg_backend_pid() % 64, count(*) FROM inserted GROUP BY 1
    ON CONFLICT (day, slot) DO UPDATE SET events = counts.events + excluded.events;
    RETURN NULL;
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
    SELECT (ts AT TIME ZONE 'UTC')::date, pg_backend_pid() % 64, -count(*) FROM deleted GROUP BY 1
    ON CONFLICT (day, slot) DO UPDATE SET events = counts.events + excluded.events;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION audit_forget_all() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE audit_payloads, audit_counts;
    RETURN NULL;
END $$;

DROP INDEX audit_events_request_id;
DROP TABLE audit_rollup_gaps;
DROP TABLE audit_rollup_hours;
DROP TABLE audit_rollups;
