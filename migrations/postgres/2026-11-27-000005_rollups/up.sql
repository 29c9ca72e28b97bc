-- Counts per minute, from which statistics are computed without reading the events. Minutes and hours are counted from 1970.
-- A part is the count of one writer connection for a minute; a minute is the sum of its parts.
CREATE TABLE audit_rollups (
    minute   bigint NOT NULL,
    part     bigint NOT NULL,
    -- Earliest and latest ts of the events, in microseconds of the Unix epoch.
    first_ts bigint NOT NULL,
    last_ts  bigint NOT NULL,
    events   bigint NOT NULL,
    -- Counts, sums and histograms by route, group, status, success, auth type and source; src/store/rollup/cells.rs.
    cells    bytea  NOT NULL,
    PRIMARY KEY (minute, part)
) WITH (fillfactor = 50, toast_tuple_target = 128);

-- Stored outside the row and uncompressed: rows are read without it, and a part is replaced with each batch.
ALTER TABLE audit_rollups ALTER COLUMN cells SET STORAGE EXTERNAL;

-- Copies of hours: the sum of this many parts with this many events. A copy is used only while these numbers match.
CREATE TABLE audit_rollup_hours (
    hour   bigint PRIMARY KEY,
    parts  bigint NOT NULL,
    events bigint NOT NULL,
    cells  bytea  NOT NULL
);

-- Minutes whose rollups can't be trusted until they are recounted: their events are read instead.
CREATE TABLE audit_rollup_gaps (
    first_minute bigint NOT NULL,
    last_minute  bigint NOT NULL,
    version      bigint NOT NULL,
    PRIMARY KEY (first_minute, last_minute)
);

-- The lock waits for current writers, but not for long, because writers of other replicas queue behind it.
SET LOCAL lock_timeout = '10s';

-- The start of the id, as with paths: an index entry has at most 2704 bytes. Writers wait until the index is built.
CREATE INDEX audit_events_request_id ON audit_events (left(request_id, 64), ts DESC);

-- The housekeeper counts existing events, newest first.
INSERT INTO audit_rollup_gaps (first_minute, last_minute, version)
SELECT floor(extract(epoch FROM min(ts)) / 60)::bigint, floor(extract(epoch FROM max(ts)) / 60)::bigint, 1
FROM audit_events HAVING count(*) > 0;

-- Writers with rollups count in the slots from 64 on. A replica of the previous version, which may run for a while longer,
-- counts in the slots below: statistics of such a day are then read from its events, and its minutes recounted.
CREATE FUNCTION audit_rollup_gap_of_day() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first bigint := (NEW.day - date '1970-01-01')::bigint * 1440;
BEGIN
    INSERT INTO audit_rollup_gaps AS gaps (first_minute, last_minute, version) VALUES (first, first + 1439, 1)
    ON CONFLICT (first_minute, last_minute) DO UPDATE SET version = gaps.version + 1;
    RETURN NULL;
END $$;

CREATE TRIGGER audit_rollup_gap_of_day AFTER INSERT OR UPDATE ON audit_counts
    FOR EACH ROW WHEN (NEW.slot < 64) EXECUTE FUNCTION audit_rollup_gap_of_day();

CREATE OR REPLACE FUNCTION audit_count_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_counts AS counts (day, slot, events)
    SELECT (ts AT TIME ZONE 'UTC')::date, 64 + pg_backend_pid() % 64, count(*) FROM inserted GROUP BY 1
    ON CONFLICT (day, slot) DO UPDATE SET events = counts.events + excluded.events;
    INSERT INTO audit_rollup_gaps AS gaps (first_minute, last_minute, version)
    SELECT DISTINCT floor(extract(epoch FROM ts) / 60)::bigint, floor(extract(epoch FROM ts) / 60)::bigint, 1
    FROM inserted ORDER BY 1
    ON CONFLICT (first_minute, last_minute) DO UPDATE SET version = gaps.version + 1;
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
