-- Counts per minute, from which statistics are computed without reading the events. Minutes and hours are counted from 1970.
-- A part is the count of one run of the writer for a minute; a minute is the sum of its parts.
CREATE TABLE audit_rollups (
    minute   INTEGER NOT NULL,
    part     INTEGER NOT NULL,
    -- Earliest and latest ts of the events.
    first_ts INTEGER NOT NULL,
    last_ts  INTEGER NOT NULL,
    events   INTEGER NOT NULL,
    -- Counts, sums and histograms by route, group, status, success, auth type and source; src/store/rollup/cells.rs.
    cells    BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX audit_rollups_part ON audit_rollups (minute, part);
CREATE INDEX audit_rollups_events ON audit_rollups (minute, events);

-- Copies of hours: the sum of this many parts with this many events. A copy is used only while these numbers match.
CREATE TABLE audit_rollup_hours (
    hour   INTEGER PRIMARY KEY,
    parts  INTEGER NOT NULL,
    events INTEGER NOT NULL,
    cells  BLOB    NOT NULL
) STRICT;

-- Minutes whose rollups can't be trusted until they are recounted: their events are read instead.
CREATE TABLE audit_rollup_gaps (
    first_minute INTEGER NOT NULL,
    last_minute  INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    PRIMARY KEY (first_minute, last_minute)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_rollup_gap AFTER DELETE ON audit_events BEGIN
    INSERT INTO audit_rollup_gaps (first_minute, last_minute, version)
    VALUES (OLD.ts / 60000000 - (OLD.ts % 60000000 < 0), OLD.ts / 60000000 - (OLD.ts % 60000000 < 0), 1)
    ON CONFLICT (first_minute, last_minute) DO UPDATE SET version = version + 1;
END;

-- The housekeeper counts existing events, newest first.
INSERT INTO audit_rollup_gaps (first_minute, last_minute, version)
SELECT (SELECT min(ts) FROM audit_events) / 60000000 - 1, (SELECT max(ts) FROM audit_events) / 60000000, 1
WHERE EXISTS (SELECT 1 FROM audit_events);

CREATE INDEX audit_events_request_id ON audit_events (request_id, ts DESC);
