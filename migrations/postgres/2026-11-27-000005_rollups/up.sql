-- Counts by the minute, from which figures are answered without reading the events. Minutes and hours are counted from 1970.
-- A part is what one connection of a writer has counted of a minute; a minute is the sum of its parts.
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

-- Beside the row, and as it is: the row is read without it, and a part is replaced with each batch.
ALTER TABLE audit_rollups ALTER COLUMN cells SET STORAGE EXTERNAL;

-- Copies of hours: the sum of so many parts with so many events. Not used when there are others.
CREATE TABLE audit_rollup_hours (
    hour   bigint PRIMARY KEY,
    parts  bigint NOT NULL,
    events bigint NOT NULL,
    cells  bytea  NOT NULL
);

-- Minutes whose rollups are not to be trusted, until they are counted anew: their events are read instead.
CREATE TABLE audit_rollup_gaps (
    first_minute bigint NOT NULL,
    last_minute  bigint NOT NULL,
    version      bigint NOT NULL,
    PRIMARY KEY (first_minute, last_minute)
);

-- It waits for whoever is writing, but not for long: writers of the other replicas would wait behind it.
SET LOCAL lock_timeout = '10s';

-- The start of the id, as with paths: an entry of an index has at most 2704 bytes. Writers wait until it is built.
CREATE INDEX audit_events_request_id ON audit_events (left(request_id, 64), ts DESC);

-- What is there already is counted by the housekeeper, from the newest on.
INSERT INTO audit_rollup_gaps (first_minute, last_minute, version)
SELECT floor(extract(epoch FROM min(ts)) / 60)::bigint, floor(extract(epoch FROM max(ts)) / 60)::bigint, 1
FROM audit_events HAVING count(*) > 0;

-- Writers that know of rollups count in the slots from 64 on. A replica of the version before, which may go on for a while,
-- counts in those below: the figures of that day are read from its events then, and counted anew.
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
