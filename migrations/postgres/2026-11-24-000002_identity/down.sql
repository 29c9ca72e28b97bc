DROP TABLE portal_sessions;
DROP TABLE api_keys;
