DROP INDEX audit_events_request_id;
DROP TRIGGER audit_rollup_gap;
DROP TABLE audit_rollup_gaps;
DROP TABLE audit_rollup_hours;
DROP TABLE audit_rollups;
