-- Fills a migrated database with audit events, to see how questions do at that size:
--
--     psql "$URL" -v events=10000000 -v last_hour=200000 -f tests/sql/generate_events.sql
--
-- `events` spread over the 7 days before now, of which `last_hour` lie in the last hour. With `-v payloads=1` each gets a
-- payload too (about 1.5 KB a row).

\set ON_ERROR_STOP on
\timing on
\if :{?events} \else \set events 10000000 \endif
\if :{?last_hour} \else \set last_hour 200000 \endif
\if :{?payloads} \else \set payloads 0 \endif

SET TIME ZONE 'UTC';
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';

SELECT count(*) FILTER (WHERE audit_make_day(day::date)) AS days_made
FROM generate_series(current_date - 7, current_date + 1, interval '1 day') AS day;

-- A UUID of version 7 for a time.
CREATE OR REPLACE FUNCTION pg_temp.uuid_v7(ts timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM date_trunc('milliseconds', ts)) * 1000)::bigint), 12, '0')
        || '7' || substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid
$$;

CREATE TEMP TABLE made AS
SELECT now() - CASE WHEN n <= :last_hour THEN random() * interval '1 hour'
               ELSE interval '1 hour' + random() * (interval '7 days' - interval '1 hour') END AS ts, random() AS dice,
       random() AS other
FROM generate_series(1, :events) AS n;

-- Day by day: what the counting trigger sees of one statement has to fit somewhere.
DO $$
DECLARE
    day date;
BEGIN
    FOR day IN SELECT generate_series(current_date - 7, current_date, interval '1 day') LOOP
        INSERT INTO audit_events (ts, id, duration_ms, first_byte_ms, request_id, session_id, user_subject, user_email,
            auth_type, api_key_name, method, path, target, host, http_version, route_name, endpoint_group, status, bytes_in,
            bytes_out, success, error_message, error_category, remote_addr, user_agent, source, instance, client_id)
        SELECT ts, pg_temp.uuid_v7(ts), -ln(1 - other) * 12, -ln(1 - other) * 4, 'req-' || md5(other::text),
               CASE WHEN dice < 0.02 THEN 'session-' || (dice * 5000)::int END,
               CASE WHEN dice < 0.7 THEN 'user-' || (other * 200)::int END,
               CASE WHEN dice < 0.3 THEN 'user-' || (other * 200)::int || '@example.org' END,
               CASE WHEN dice < 0.6 THEN 'api_key' WHEN dice < 0.65 THEN 'bearer' WHEN dice < 0.7 THEN 'oauth2'
                    ELSE 'anonymous' END,
               CASE WHEN dice < 0.6 THEN 'key-' || (other * 20)::int END,
               CASE WHEN other < 0.8 THEN 'GET' ELSE 'POST' END,
               '/v1/fixed/' || (other * 5000)::int, '/v1/fixed/' || (other * 5000)::int || '?n=' || (dice * 100)::int,
               'gateway.example.org', 'HTTP/1.1', 'route-' || (other * 30)::int,
               CASE (other * 5)::int WHEN 0 THEN 'data' WHEN 1 THEN 'echo' WHEN 2 THEN 'failure' ELSE 'identity' END,
               CASE WHEN dice < 0.9 THEN 200 WHEN dice < 0.94 THEN 404 WHEN dice < 0.97 THEN 401 WHEN dice < 0.99 THEN 503
                    ELSE 500 END,
               (other * 2000)::int, (dice * 4000)::int, dice < 0.9, CASE WHEN dice >= 0.9 THEN 'something went wrong' END,
               CASE WHEN dice >= 0.9 THEN 'upstream' END, '10.0.0.' || (other * 250)::int || ':40000', 'gateway/1.0', 'external',
               'replica-' || (other * 2)::int,
               CASE WHEN dice >= 0.65 AND dice < 0.7 THEN 'client-' || (other * 10)::int END
        FROM made WHERE ts >= day AND ts < day + 1 ORDER BY ts;
    END LOOP;
END $$;
DROP TABLE made;

\if :payloads
INSERT INTO audit_payloads
SELECT id, ts,
       jsonb_build_object('Host', ARRAY[host], 'User-Agent', ARRAY[user_agent], 'Accept', ARRAY['*/*'],
           'X-Request-Id', ARRAY[request_id], 'X-Trace', ARRAY[md5(id::text)], 'X-Forwarded-For', ARRAY[remote_addr]),
       '{"n":["1"]}', 'application/json', convert_to(repeat(md5(id::text), 8), 'UTF8'), 256, false, remote_addr,
       jsonb_build_object('Content-Type', ARRAY['application/json'], 'X-Request-Id', ARRAY[request_id]),
       'application/json', convert_to(repeat(md5(path), 16), 'UTF8'), 512, false, NULL
FROM audit_events;
\endif

VACUUM ANALYZE audit_events, audit_payloads;
SELECT sum(events) AS counted, (SELECT count(*) FROM audit_events WHERE ts > now() - interval '1 hour') AS last_hour
FROM audit_counts;
