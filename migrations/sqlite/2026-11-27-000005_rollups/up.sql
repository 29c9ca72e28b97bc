-- Counts by the minute, from which figures are answered without reading the events. Minutes and hours are counted from 1970.
-- A part is what one life of the writer has counted of a minute; a minute is the sum of its parts.
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

-- Copies of hours: the sum of so many parts with so many events. Not used when there are others.
CREATE TABLE audit_rollup_hours (
    hour   INTEGER PRIMARY KEY,
    parts  INTEGER NOT NULL,
    events INTEGER NOT NULL,
    cells  BLOB    NOT NULL
) STRICT;

-- Minutes whose rollups are not to be trusted, until they are counted anew: their events are read instead.
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

-- What is there already is counted by the housekeeper, from the newest on.
INSERT INTO audit_rollup_gaps (first_minute, last_minute, version)
SELECT (SELECT min(ts) FROM audit_events) / 60000000 - 1, (SELECT max(ts) FROM audit_events) / 60000000, 1
WHERE EXISTS (SELECT 1 FROM audit_events);

CREATE INDEX audit_events_request_id ON audit_events (request_id, ts DESC);
