-- The client that a token was issued to. Existing rows stay unchanged.
ALTER TABLE audit_events ADD COLUMN client_id TEXT;
