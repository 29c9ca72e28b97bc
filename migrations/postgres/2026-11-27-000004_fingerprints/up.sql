-- Fingerprints of redacted values (eight hex digits each, separated by spaces), and the parts of a payload that were masked
-- (bits; NULL in older rows). Existing rows stay unchanged. As in the previous migration, the lock does not wait long for
-- current writers, because writers of other replicas queue behind it.
SET LOCAL lock_timeout = '10s';
ALTER TABLE audit_events ADD COLUMN fingerprints text;
ALTER TABLE audit_payloads ADD COLUMN masked smallint;

-- Secrets that the server generates: the key of the fingerprints.
CREATE TABLE server_secrets (
    name  text  PRIMARY KEY,
    value bytea NOT NULL
);
