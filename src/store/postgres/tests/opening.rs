//! Opening: migrations, two replicas at once, a newer database.

use std::sync::Arc;

use actors::audit::{AuditStore as _, Filter, Page};
use chrono::Utc;

use super::{
    cluster::{Cluster, Database},
    samples::{batch, config, open, record_at},
};
use crate::store::{self, OpenError};

const MIGRATIONS: &str = "SELECT count(*) FROM __diesel_schema_migrations";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");

/// Number of migrations.
fn migrations() -> String {
    std::fs::read_dir(FOLDER).unwrap().count().to_string()
}

#[actix_rt::test]
async fn replicas_that_start_at_once_migrate_once() {
    let database = Database::empty();
    let url = database.url();
    let stores = futures_util::future::join_all((0..4).map(|_| open(&url))).await;
    assert_eq!(database.sql(MIGRATIONS), migrations());
    for store in &stores {
        store.append(&batch(10), false).await.unwrap();
    }
    assert_eq!(stores[0].count(&Filter::default()).await.unwrap(), 40);
    // Again, over an existing schema.
    open(&url).await;
    assert_eq!(database.sql(MIGRATIONS), migrations());
}

#[actix_rt::test]
async fn a_database_that_is_newer_is_left_alone() {
    let database = Database::empty();
    open(&database.url()).await;
    database.sql("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
    let refused = store::open(&config(&database.url())).await.err().expect("refused");
    assert!(matches!(&refused, OpenError::Newer(version) if version == "29990101000000"), "{refused}");
    assert!(refused.to_string().contains("newer than this api-test (migration 29990101000000)"), "{refused}");
}

#[actix_rt::test]
async fn a_database_without_clients_is_upgraded_with_its_rows() {
    let database = Database::empty();
    database.sql(
        "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now());
         INSERT INTO __diesel_schema_migrations (version) VALUES ('20261124000001'), ('20261124000002')",
    );
    for step in ["2026-11-24-000001_audit", "2026-11-24-000002_identity"] {
        database.sql(&std::fs::read_to_string(format!("{FOLDER}/{step}/up.sql")).unwrap());
    }
    // On a day with existing partitions.
    let new = record_at(Utc::now());
    let old = "SELECT ts, id, 1.5, 'old', 'oauth2', 'GET', '/v1/a', '/v1/a', 'h', 'HTTP/1.1', 200, 0, 0, true, \
               '127.0.0.1:1', 'external', 'i' FROM of";
    database.sql(&format!(
        "SELECT audit_make_day('{}'); WITH of AS (SELECT '{}'::timestamptz AS ts, gen_random_uuid() AS id) \
         INSERT INTO audit_events (ts, id, duration_ms, request_id, auth_type, method, path, target, host, http_version, \
         status, bytes_in, bytes_out, success, remote_addr, source, instance) {old}",
        new.event.timestamp.date_naive(),
        new.event.timestamp.to_rfc3339()
    ));
    let store = open(&database.url()).await;
    assert_eq!(database.sql(MIGRATIONS), migrations());
    store.append(&[Arc::new(new.clone())], false).await.unwrap();
    let found = store.events(&Filter::default(), Page { after: None, offset: 0, limit: 10 }).await.unwrap();
    let old = &found.iter().find(|entry| entry.event.request_id == "old").unwrap().event;
    assert_eq!((found.len(), &old.client_id, old.auth_type.as_deref()), (2, &None, Some("oauth2")));
    assert!(old.fingerprints.is_empty());
    assert_eq!(store.get(new.event.id).await.unwrap().unwrap().event, new.event);
    assert_eq!(store.count(&Filter::default()).await.unwrap(), 2);
}

#[actix_rt::test]
async fn a_database_without_wire_is_upgraded_with_its_days() {
    let database = Database::empty();
    let store = open(&database.url()).await;
    let old = record_at(Utc::now());
    store.append(&[Arc::new(old.clone())], false).await.unwrap();
    drop(store);
    // As version 5 left it.
    database.sql(&std::fs::read_to_string(format!("{FOLDER}/2026-11-27-000006_wire/down.sql")).unwrap());
    database.sql("DELETE FROM __diesel_schema_migrations WHERE version = '20261127000006'");
    let store = open(&database.url()).await;
    assert_eq!(database.sql(MIGRATIONS), migrations());
    let found = store.get(old.event.id).await.unwrap().unwrap();
    assert_eq!((&found.event, &found.payload, &found.wire), (&old.event, &old.payload, &None));
    // The day had partitions before.
    let new = record_at(Utc::now());
    store.append(&[Arc::new(new.clone())], false).await.unwrap();
    assert_eq!(store.get(new.event.id).await.unwrap().unwrap().wire, new.wire);
    let parents =
        "SELECT count(DISTINCT inhparent) FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE relkind = 'r'";
    assert_eq!(database.sql(parents), "4");
}

#[actix_rt::test]
async fn each_migration_can_be_taken_back() {
    let database = Database::empty();
    open(&database.url()).await;
    let mut steps: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|step| step.unwrap().path()).collect();
    steps.sort();
    for step in steps.iter().rev() {
        database.sql(&std::fs::read_to_string(step.join("down.sql")).unwrap());
    }
    let left = database.sql(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_\\_diesel%' \
         UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    );
    assert_eq!(left, "");
}

#[actix_rt::test]
async fn a_password_is_in_no_error() {
    let cluster = Cluster::start();
    let port = cluster.port();
    for url in [
        format!("postgres://u:s3cret@127.0.0.1:{port}/x?sslmode=disable"),
        format!("postgres://postgres:s3cret@127.0.0.1:{port}/nowhere"),
        format!("host=127.0.0.1 port={port} user=postgres password=s3cret sslmode=require"),
        "postgres://u:s3cret@127.0.0.1:1/x".to_owned(),
        format!("postgres://u:s3cret@127.0.0.1:{port}/x?sslmode=verify-full&sslrootcert=/nowhere.pem"),
    ] {
        let refused = store::open(&config(&url)).await.err().expect("refused").to_string();
        assert!(refused.starts_with("database.url: ") && !refused.contains("s3cret"), "{refused}");
    }
}

/// Hosts named by certificates, and the certificates that the server shows.
#[actix_rt::test]
async fn certificates_are_trusted_as_far_as_sslmode_says() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap().cert;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (right, wrong) = (file("right.pem", cert.pem()), file("wrong.pem", other.pem()));
    let files = [("server.crt", &*cert.pem()), ("server.key", &*signing_key.serialize_pem())];
    let cluster = Cluster::start_with(&files, &["ssl=on"]);
    let port = cluster.port();
    for (host, mode, roots, fine) in [
        ("127.0.0.1", "disable", None, true),
        ("127.0.0.1", "prefer", None, true),
        ("127.0.0.1", "require", None, true),
        ("127.0.0.1", "require", Some(&wrong), false),
        ("127.0.0.1", "verify-ca", Some(&right), true),
        ("127.0.0.1", "verify-ca", Some(&wrong), false),
        ("127.0.0.1", "verify-full", Some(&right), false),
        ("localhost", "verify-full", Some(&right), true),
        ("localhost", "verify-full", Some(&wrong), false),
    ] {
        let roots = roots.map(|roots| format!("&sslrootcert={roots}")).unwrap_or_default();
        let url = format!("postgres://postgres@{host}:{port}/postgres?sslmode={mode}{roots}");
        let opened = store::open(&config(&url)).await;
        let reason = opened.as_ref().err().map(ToString::to_string);
        assert_eq!(opened.is_ok(), fine, "{url}: {reason:?}");
    }
    let plain = Cluster::start();
    let url = |mode: &str| format!("postgres://postgres@127.0.0.1:{}/postgres?sslmode={mode}", plain.port());
    assert!(store::open(&config(&url("prefer"))).await.is_ok());
    assert!(store::open(&config(&url("require"))).await.is_err());
}
