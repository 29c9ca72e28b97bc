-- Fingerprints of redacted values (eight hex digits each, one blank between two) and where a payload was masked (bits;
-- NULL in rows that are older). Rows that are there stay as they are. As in the migration before this one, it does not
-- wait long for writers: those of the other replicas would wait as well.
SET LOCAL lock_timeout = '10s';
ALTER TABLE audit_events ADD COLUMN fingerprints text;
ALTER TABLE audit_payloads ADD COLUMN masked smallint;

-- Secrets that the server makes for itself: the key of the fingerprints.
CREATE TABLE server_secrets (
    name  text  PRIMARY KEY,
    value bytea NOT NULL
);
