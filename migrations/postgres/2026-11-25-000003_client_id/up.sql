-- The client that a token was issued to. Existing rows stay unchanged in all partitions; partitions of coming days inherit
-- the column from the parent. The lock waits for current writers, but not for long, because writers of other replicas queue
-- behind it.
SET LOCAL lock_timeout = '10s';
ALTER TABLE audit_events ADD COLUMN client_id text;
