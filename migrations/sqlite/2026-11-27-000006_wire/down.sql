DROP TABLE audit_connections;
DROP TABLE audit_wire;
