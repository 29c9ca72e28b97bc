DROP TABLE server_secrets;
ALTER TABLE audit_payloads DROP COLUMN masked;
ALTER TABLE audit_events DROP COLUMN fingerprints;
