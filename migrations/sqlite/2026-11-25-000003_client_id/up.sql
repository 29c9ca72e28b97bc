-- The client that a token was given to. Rows that are there stay as they are.
ALTER TABLE audit_events ADD COLUMN client_id TEXT;
