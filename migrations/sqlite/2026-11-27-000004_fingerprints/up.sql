-- Fingerprints of redacted values (eight hex digits each, separated by spaces), and the parts of a payload that were masked
-- (bits; NULL in older rows). Existing rows stay unchanged.
ALTER TABLE audit_events ADD COLUMN fingerprints TEXT;
ALTER TABLE audit_payloads ADD COLUMN masked INTEGER;

-- Secrets that the server generates: the key of the fingerprints.
CREATE TABLE server_secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;
