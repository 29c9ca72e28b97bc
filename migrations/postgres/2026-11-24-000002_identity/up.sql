-- API keys of the database, and sessions of the portal.

CREATE TABLE api_keys (
    id           uuid        PRIMARY KEY,
    name         text        NOT NULL UNIQUE,
    description  text        NOT NULL,
    handle       bytea       NOT NULL UNIQUE,
    hash         text        NOT NULL,
    created_by   text        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz,
    last_used_at timestamptz
);

CREATE TABLE portal_sessions (
    id_hash    bytea       PRIMARY KEY,
    data       jsonb       NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX portal_sessions_expires_at ON portal_sessions (expires_at);
