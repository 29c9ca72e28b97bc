-- API keys: the handle that finds a key, and the hash that verifies it. Times are microseconds of the Unix epoch.
CREATE TABLE api_keys (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    name         TEXT    NOT NULL UNIQUE,
    description  TEXT    NOT NULL,
    handle       BLOB    NOT NULL UNIQUE,
    hash         TEXT    NOT NULL,
    created_by   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    last_used_at INTEGER
) STRICT;

-- Portal sessions. Only the browser knows the id itself.
CREATE TABLE portal_sessions (
    id_hash    BLOB    NOT NULL PRIMARY KEY,
    data       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX portal_sessions_expires_at ON portal_sessions (expires_at);
