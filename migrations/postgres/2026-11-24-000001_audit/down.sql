DROP TABLE audit_payloads;
DROP TABLE audit_events;
DROP TABLE audit_counts;
DROP FUNCTION audit_count_inserted();
DROP FUNCTION audit_forget_deleted();
DROP FUNCTION audit_forget_all();
DROP FUNCTION audit_make_day(date);
DROP FUNCTION audit_has_partition(regclass, text);
