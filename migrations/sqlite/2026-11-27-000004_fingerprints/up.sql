-- Fingerprints of redacted values (eight hex digits each, one blank between two) and where a payload was masked (bits;
-- NULL in rows that are older). Rows that are there stay as they are.
ALTER TABLE audit_events ADD COLUMN fingerprints TEXT;
ALTER TABLE audit_payloads ADD COLUMN masked INTEGER;

-- Secrets that the server makes for itself: the key of the fingerprints.
CREATE TABLE server_secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
