-- The client that a token was given to. Rows that are there stay as they are, in all partitions; days to come take the
-- column over from the parent. It waits for whoever is writing, but not for long: writers of the other replicas would wait
-- behind it.
SET LOCAL lock_timeout = '10s';
ALTER TABLE audit_events ADD COLUMN client_id text;
